#ifndef PLANTWRIGHT_CPostgreSQL_SHIM_H
#define PLANTWRIGHT_CPostgreSQL_SHIM_H

#include <libpq-fe.h>
#include <sys/eventfd.h>
#include <unistd.h>

// Glibc's Swift module leaves <sys/eventfd.h> out: the three calls that wake a connection's thread from poll().

static inline int plantwright_wake_open(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

static inline void plantwright_wake(int descriptor) { (void)eventfd_write(descriptor, 1); }

static inline void plantwright_wake_drain(int descriptor) {
    eventfd_t count;
    (void)eventfd_read(descriptor, &count);
}

#endif
