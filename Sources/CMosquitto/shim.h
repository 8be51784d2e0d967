#ifndef PLANTWRIGHT_CMosquitto_SHIM_H
#define PLANTWRIGHT_CMosquitto_SHIM_H

#include <errno.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/eventfd.h>

/* Reads one packet and tells whether the socket had no more bytes: libmosquitto answers MOSQ_ERR_SUCCESS in both cases
 * and leaves the difference in errno, which must be looked at before anything else runs. */
static inline int plantwright_mosquitto_read(struct mosquitto *client, bool *would_block) {
    errno = 0;
    int code = mosquitto_loop_read(client, 1);
    *would_block = errno == EAGAIN || errno == EWOULDBLOCK;
    return code;
}

/* An event that wakes a poll loop; Swift's Glibc module has no eventfd. */
static inline int plantwright_event_make(void) {
    return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
}

static inline void plantwright_event_signal(int descriptor) {
    (void)eventfd_write(descriptor, 1);
}

static inline void plantwright_event_clear(int descriptor) {
    eventfd_t count;
    (void)eventfd_read(descriptor, &count);
}

/* POLLRDHUP, which poll.h shows to GNU sources only: the peer has shut down its sending side. */
static const int plantwright_poll_peer_closed = 0x2000;

/* Keeps CONNECT properties in the client without touching the network: the asynchronous connect takes none, while the
 * blocking one stores them before it refuses the port. */
static inline int plantwright_mosquitto_keep_properties(
    struct mosquitto *client, const char *host, const mosquitto_property *properties) {
    int code = mosquitto_connect_bind_v5(client, host, -1, 60, NULL, properties);
    return code == MOSQ_ERR_INVAL ? MOSQ_ERR_SUCCESS : code;
}

#endif
