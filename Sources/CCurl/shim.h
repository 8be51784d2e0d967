#ifndef PLANTWRIGHT_CCurl_SHIM_H
#define PLANTWRIGHT_CCurl_SHIM_H

#include <curl/curl.h>

#endif
