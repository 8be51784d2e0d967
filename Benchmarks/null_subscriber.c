/* A subscriber that does nothing: the yardstick beside the server. Same library, protocol, quality of service and
 * receive window as the server's consumer; every message is acknowledged at once and forgotten.
 *
 *   null_subscriber HOST PORT FILTER MESSAGES
 *
 * Prints "ready" after SUBACK and, after MESSAGES messages, one JSON object: seconds from the first to the last message
 * and processor microseconds per message. */
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

static long wanted;
static long received;
static struct timespec first, last;
static double cpu_at_first;

static double cpu_seconds(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void on_message(struct mosquitto *client, void *context, const struct mosquitto_message *message) {
    (void)client;
    (void)context;
    (void)message;
    if (received == 0) {
        clock_gettime(CLOCK_MONOTONIC, &first);
        cpu_at_first = cpu_seconds();
    }
    if (++received == wanted) clock_gettime(CLOCK_MONOTONIC, &last);
}

static void on_subscribe(struct mosquitto *client, void *context, int identifier, int count, const int *granted) {
    (void)client;
    (void)context;
    (void)identifier;
    if (count != 1 || granted[0] != 1) {
        fprintf(stderr, "null_subscriber: the subscription was not granted\n");
        exit(1);
    }
    puts("ready");
    fflush(stdout);
}

static void check(int code, const char *what) {
    if (code == MOSQ_ERR_SUCCESS) return;
    fprintf(stderr, "null_subscriber: %s: %s\n", what, mosquitto_strerror(code));
    exit(1);
}

int main(int argc, char **argv) {
    if (argc != 5) {
        fprintf(stderr, "usage: null_subscriber HOST PORT FILTER MESSAGES\n");
        return 2;
    }
    wanted = atol(argv[4]);
    mosquitto_lib_init();
    struct mosquitto *client = mosquitto_new("bench-null-subscriber", true, NULL);
    if (!client) return 1;
    check(mosquitto_int_option(client, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5), "protocol version");
    check(mosquitto_int_option(client, MOSQ_OPT_RECEIVE_MAXIMUM, 65535), "receive maximum");
    mosquitto_message_callback_set(client, on_message);
    mosquitto_subscribe_callback_set(client, on_subscribe);
    check(mosquitto_connect(client, argv[1], atoi(argv[2]), 60), "connect");
    check(mosquitto_subscribe(client, NULL, argv[3], 1), "subscribe");
    while (received < wanted) check(mosquitto_loop(client, -1, 1), "loop");
    double cpu = cpu_seconds() - cpu_at_first;
    double seconds = (double)(last.tv_sec - first.tv_sec) + (double)(last.tv_nsec - first.tv_nsec) / 1e9;
    printf("{\"messages\": %ld, \"seconds\": %.6f, \"cpuMicrosecondsPerMessage\": %.3f}\n", received, seconds,
           cpu * 1e6 / (double)received);
    mosquitto_disconnect(client);
    mosquitto_destroy(client);
    return 0;
}
