#ifndef PLANTWRIGHT_CZstd_SHIM_H
#define PLANTWRIGHT_CZstd_SHIM_H

#include <zstd.h>
#include <zstd_errors.h>

#endif
