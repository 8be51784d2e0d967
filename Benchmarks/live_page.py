"""Live sessions as the overview page of the browser keeps them, for measurements with a page open."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import socket
import struct
import threading
import time
import urllib.request

OVERVIEW_EVERY = 10


class LivePage:
    """One open overview: a WebSocket on `/live` with compression offered, subscribed to the topic `overview`, and the
    figures fetched every 10 s; connects again when the server went away."""

    def __init__(self, port: int, token: str):
        self.port, self.token = port, token
        self.bytes = self.messages = 0
        self.ended = threading.Event()
        self.connection: socket.socket | None = None
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def close(self):
        self.ended.set()
        if self.connection:
            with contextlib.suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)
        self.thread.join(10)

    def _run(self):
        while not self.ended.is_set():
            with contextlib.suppress(OSError, ConnectionError, ValueError):
                self._serve()
            self.ended.wait(0.2)

    def _serve(self):
        with socket.create_connection(("127.0.0.1", self.port), 10) as connection:
            self.connection = connection
            key = base64.b64encode(os.urandom(16)).decode()
            connection.sendall((
                f"GET /live HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
                "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"
                f"Authorization: Bearer {self.token}\r\n\r\n").encode())
            connection.settimeout(60)
            buffer = bytearray()
            while b"\r\n\r\n" not in buffer:
                buffer += self._receive(connection)
            head, _, rest = bytes(buffer).partition(b"\r\n\r\n")
            if b" 101 " not in head.splitlines()[0]:
                raise ConnectionError(head.decode(errors="replace"))
            self._send(connection, 1, json.dumps({"type": "subscribe", "id": 1, "topic": "overview"}).encode())
            buffer, due = bytearray(rest), 0.0
            while True:
                self._take_frames(connection, buffer)
                if time.monotonic() >= due:
                    due = time.monotonic() + OVERVIEW_EVERY
                    self._fetch_overview()
                buffer += self._receive(connection)

    @staticmethod
    def _receive(connection: socket.socket) -> bytes:
        data = connection.recv(1 << 18)
        if not data:
            raise ConnectionError("closed")
        return data

    def _take_frames(self, connection: socket.socket, buffer: bytearray):
        """Counts whole frames and answers pings (RFC 6455, section 5.2)."""
        position = 0
        while len(buffer) - position >= 2:
            opcode, length, start = buffer[position] & 0x0F, buffer[position + 1] & 0x7F, position + 2
            if length == 126:
                if len(buffer) < start + 2:
                    break
                length, start = struct.unpack_from(">H", buffer, start)[0], start + 2
            elif length == 127:
                if len(buffer) < start + 8:
                    break
                length, start = struct.unpack_from(">Q", buffer, start)[0], start + 8
            if len(buffer) < start + length:
                break
            if opcode == 9:
                self._send(connection, 10, bytes(buffer[start:start + length]))
            elif opcode in (1, 2):
                self.messages += 1
            position = start + length
        self.bytes += position
        del buffer[:position]

    @staticmethod
    def _send(connection: socket.socket, opcode: int, payload: bytes):
        mask = os.urandom(4)
        masked = bytes(byte ^ mask[index & 3] for index, byte in enumerate(payload))
        connection.sendall(bytes([0x80 | opcode, 0x80 | len(payload)]) + mask + masked)

    def _fetch_overview(self):
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/api/v1/overview", headers={"Authorization": "Bearer " + self.token})
        with urllib.request.urlopen(request, timeout=30) as answer:
            answer.read()
