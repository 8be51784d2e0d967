#ifndef PLANTWRIGHT_CZlib_SHIM_H
#define PLANTWRIGHT_CZlib_SHIM_H

#include <zlib.h>

/* deflateInit2 and inflateInit2 are macros, which Swift does not import. Window bits of 15 + 16 mean the gzip format. */

static inline int plantwright_deflate_init_gzip(z_stream *stream, int level) {
    return deflateInit2(stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
}

static inline int plantwright_inflate_init_gzip(z_stream *stream) {
    return inflateInit2(stream, 15 + 16);
}

#endif
