#ifndef PLANTWRIGHT_CZlib_SHIM_H
#define PLANTWRIGHT_CZlib_SHIM_H

#include <zlib.h>

/* deflateInit2 and inflateInit2 are macros, which Swift does not import. The window bits also choose the format:
   9 to 15 zlib, 16 more gzip, negative raw. */

static inline int plantwright_deflate_init(z_stream *stream, int level, int window_bits, int memory_level) {
    return deflateInit2(stream, level, Z_DEFLATED, window_bits, memory_level, Z_DEFAULT_STRATEGY);
}

static inline int plantwright_inflate_init(z_stream *stream, int window_bits) {
    return inflateInit2(stream, window_bits);
}

#endif
