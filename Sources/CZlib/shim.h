#ifndef PLANTWRIGHT_CZlib_SHIM_H
#define PLANTWRIGHT_CZlib_SHIM_H

#include <zlib.h>

#endif
