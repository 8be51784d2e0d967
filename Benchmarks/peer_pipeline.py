#!/usr/bin/env python3
"""The pipeline that a user would otherwise write: paho-mqtt in, batches by COPY into PostgreSQL.

    peer_pipeline.py usual|careful PORT DATABASE_URL

`usual` acknowledges when a message has arrived, as paho does unless told otherwise; `careful` acknowledges by hand after
COMMIT and stages its batches, so that a repeated message does not end in an error. Both keep a durable session, write at
most 2,000 rows at once or what came within 50 ms, and evaluate no rules.
"""

import json
import queue
import sys
import threading
import time
from datetime import datetime, timezone

import paho.mqtt.client as mqtt
import psycopg

BATCH, PAUSE = 2_000, 0.05
COLUMNS = "(device, ts, values)"


def write(connection: psycopg.Connection, rows: list[tuple], is_careful: bool):
    with connection.cursor() as cursor:
        if is_careful:
            cursor.execute("CREATE TEMPORARY TABLE IF NOT EXISTS stage (LIKE peer_reading) ON COMMIT DELETE ROWS")
        with cursor.copy(f"COPY {'stage' if is_careful else 'peer_reading'} {COLUMNS} FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        if is_careful:
            cursor.execute(f"INSERT INTO peer_reading {COLUMNS} SELECT device, ts, values FROM stage "
                           "ON CONFLICT DO NOTHING")
    connection.commit()


def main():
    kind, port, url = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    is_careful = kind == "careful"
    arrived: queue.SimpleQueue = queue.SimpleQueue()
    connection = psycopg.connect(url)
    connection.execute("SET synchronous_commit = on")
    # The usual one has no key: COPY would end with an error at the first repeated message.
    connection.execute("CREATE TABLE IF NOT EXISTS peer_reading (device text, ts timestamptz, values float8[]"
                       + (", PRIMARY KEY (device, ts))" if is_careful else ")"))
    connection.commit()

    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="peer-" + kind, protocol=mqtt.MQTTv5,
                         manual_ack=is_careful)
    properties = mqtt.Properties(mqtt.PacketTypes.CONNECT)
    properties.SessionExpiryInterval, properties.ReceiveMaximum = 3600, 65_535

    def received(_client, _context, message):
        document = json.loads(message.payload)
        ts = document.pop("ts")
        time_of_reading = datetime.fromtimestamp(ts / 1000, timezone.utc)
        arrived.put((message.topic.split("/")[2], time_of_reading, list(document.values()), message.mid))

    def connected(*_):
        client.subscribe("bench/peer/+/telemetry", qos=1)
        print("ready", flush=True)

    client.on_message, client.on_connect = received, connected
    client.connect("127.0.0.1", port, clean_start=False, properties=properties)
    threading.Thread(target=client.loop_forever, daemon=True).start()
    while True:
        batch = [arrived.get()]
        deadline = time.monotonic() + PAUSE
        while len(batch) < BATCH:
            try:
                batch.append(arrived.get(timeout=max(0, deadline - time.monotonic())))
            except queue.Empty:
                break
        write(connection, [message[:3] for message in batch], is_careful)
        if is_careful:
            for *_, mid in batch:
                client.ack(mid, 1)


if __name__ == "__main__":
    main()
