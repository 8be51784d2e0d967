/* A load generator that costs next to nothing: MQTT 3.1.1 PUBLISH packets of quality of service 1, written by hand into
 * large buffers, with a bounded number unacknowledged.
 *
 *   publisher HOST PORT PREFIX DEVICES METRICS MESSAGES WINDOW RATE FIRST_TS
 *
 * Topics are PREFIX/bench-000001/telemetry and so on, round-robin; payloads {"ts":T,"m1":…,…} with T in Unix
 * milliseconds, FIRST_TS for each device's first message and one more for each further one; with FIRST_TS 0 it is the
 * time of publication in microseconds. RATE is messages/s in all,
 * 0 for as many as possible. Prints one JSON object when all are acknowledged. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BUFFER = 1 << 16, LARGEST_PACKET = 8192 };

static int connection;

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void fail(const char *what) {
    fprintf(stderr, "publisher: %s: %s\n", what, errno ? strerror(errno) : "unexpected answer");
    exit(1);
}

static void connect_to(const char *host, int port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    if (inet_pton(AF_INET, host, &address.sin_addr) != 1) fail("an IPv4 address is expected");
    connection = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(connection, (struct sockaddr *)&address, sizeof address) != 0) fail("connect");
    int yes = 1;
    setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    /* CONNECT: 27 bytes follow, MQTT level 4, clean session, no keep-alive, a client identifier of 15 bytes. */
    static const char hello[] = "\x10\x1b\0\x04MQTT\x04\x02\0\0\0\x0f" "bench-publisher";
    if (write(connection, hello, sizeof hello - 1) != (ssize_t)sizeof hello - 1) fail("CONNECT");
    unsigned char answer[4];
    errno = 0;
    if (recv(connection, answer, 4, MSG_WAITALL) != 4 || answer[0] != 0x20 || answer[3] != 0) fail("CONNACK");
}

/* Appends one PUBLISH; returns its end. */
static unsigned char *append(unsigned char *at, const char *topic, int topic_length, uint16_t identifier,
                             const char *payload, int payload_length) {
    uint32_t rest = 2u + (uint32_t)topic_length + 2u + (uint32_t)payload_length;
    *at++ = 0x32;
    do {
        *at++ = (unsigned char)((rest & 127) | (rest > 127 ? 128 : 0));
        rest >>= 7;
    } while (rest);
    *at++ = (unsigned char)(topic_length >> 8);
    *at++ = (unsigned char)topic_length;
    memcpy(at, topic, (size_t)topic_length);
    at += topic_length;
    *at++ = (unsigned char)(identifier >> 8);
    *at++ = (unsigned char)identifier;
    memcpy(at, payload, (size_t)payload_length);
    return at + payload_length;
}

static int make_time(char *text, long long ts) {
    if (ts > 0) return sprintf(text, "{\"ts\":%lld", ts);
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    return sprintf(text, "{\"ts\":%lld.%03ld", (long long)time.tv_sec * 1000 + time.tv_nsec / 1000000,
                   time.tv_nsec / 1000 % 1000);
}

static int make_payload(char *text, int metrics, long long ts, long sequence) {
    int length = make_time(text, ts);
    for (int metric = 1; metric <= metrics; metric++) {
        long value = (sequence * 37 + metric * 1013) % 9000;
        length += sprintf(text + length, ",\"m%d\":%ld.%02ld", metric, 10 + value / 100, value % 100);
    }
    text[length++] = '}';
    return length;
}

int main(int argc, char **argv) {
    if (argc != 10) {
        fprintf(stderr, "usage: publisher HOST PORT PREFIX DEVICES METRICS MESSAGES WINDOW RATE FIRST_TS\n");
        return 2;
    }
    const char *prefix = argv[3];
    const long devices = atol(argv[4]), messages = atol(argv[6]), window = atol(argv[7]);
    const int metrics = atoi(argv[5]);
    const double rate = atof(argv[8]);
    const long long first_ts = atoll(argv[9]);
    if (window > 60000 || metrics > 400 || strlen(prefix) > 200) fail("too much");
    connect_to(argv[1], atoi(argv[2]));
    static unsigned char output[BUFFER + LARGEST_PACKET], input[BUFFER];
    static char payload[LARGEST_PACKET];
    char topic[256];
    long made = 0, bytes_acknowledged = 0;
    size_t pending = 0, written = 0;
    const double start = now();
    while (bytes_acknowledged / 4 < messages) {
        long allowed = messages;
        if (rate > 0) {
            double due = (now() - start) * rate;
            if (due < (double)messages) allowed = (long)due + 1;
        }
        if (pending == written) pending = written = 0;
        while (made < allowed && made - bytes_acknowledged / 4 < window && pending < BUFFER) {
            int topic_length = sprintf(topic, "%s/bench-%06ld/telemetry", prefix, made % devices + 1);
            int length = make_payload(payload, metrics, first_ts > 0 ? first_ts + made / devices : 0, made);
            uint16_t identifier = (uint16_t)(made % 65535 + 1);
            unsigned char *end = append(output + pending, topic, topic_length, identifier, payload, length);
            pending = (size_t)(end - output);
            made++;
        }
        struct pollfd event = {.fd = connection, .events = (short)(POLLIN | (pending > written ? POLLOUT : 0))};
        int patience = rate > 0 && made < messages ? 1 : 30000;
        int found = poll(&event, 1, patience);
        if (found == 0 && patience > 1) fail("no acknowledgement for 30 s");
        if (event.revents & POLLOUT) {
            ssize_t count = send(connection, output + written, pending - written, MSG_DONTWAIT | MSG_NOSIGNAL);
            if (count < 0 && errno != EAGAIN) fail("send");
            if (count > 0) written += (size_t)count;
        }
        if (event.revents & (POLLIN | POLLHUP | POLLERR)) {
            ssize_t count = recv(connection, input, sizeof input, MSG_DONTWAIT);
            errno = count == 0 ? 0 : errno;
            if (count == 0 || (count < 0 && errno != EAGAIN)) fail("recv");
            if (count > 0) bytes_acknowledged += count; /* a PUBACK of MQTT 3.1.1 always has four bytes */
        }
    }
    printf("{\"messages\": %ld, \"seconds\": %.6f}\n", messages, now() - start);
    close(connection);
    return 0;
}
