#ifndef PLANTWRIGHT_CPostgreSQL_SHIM_H
#define PLANTWRIGHT_CPostgreSQL_SHIM_H

#include <libpq-fe.h>

#endif
