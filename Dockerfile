# Build stage: the same set-up script as on any Debian 12 machine.
FROM swift:6.3-bookworm AS build
WORKDIR /src
COPY Scripts ./Scripts
RUN Scripts/set-up run
COPY . .
RUN swift build --configuration release --product plantwright --static-swift-stdlib

# Run stage: the executable, the browser files and migrations, and the servers that it can run itself.
FROM debian:bookworm-slim
RUN printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d && chmod 755 /usr/sbin/policy-rc.d \
    && mkdir -p /etc/postgresql-common/createcluster.d \
    && echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.d/90-plantwright.conf \
    && apt-get update -q \
    && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
        ca-certificates curl libcurl4 libmosquitto1 libpq5 libzstd1 mosquitto postgresql-15 tzdata zlib1g \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /var/lib/plantwright --create-home plantwright
COPY --from=build /src/.build/release/plantwright /usr/bin/plantwright
COPY --from=build /src/Public /usr/share/plantwright/Public
COPY --from=build /src/Migrations /usr/share/plantwright/Migrations

USER plantwright
ENV PLANTWRIGHT_LISTEN=0.0.0.0:8080 \
    PLANTWRIGHT_MQTT_LISTEN=0.0.0.0:1883 \
    PLANTWRIGHT_DATA_DIR=/var/lib/plantwright
VOLUME /var/lib/plantwright
EXPOSE 8080 1883
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s \
    CMD curl --fail --silent --show-error http://127.0.0.1:8080/healthz || exit 1
ENTRYPOINT ["/usr/bin/plantwright"]
CMD ["serve"]
