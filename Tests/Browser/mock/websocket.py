"""The server's side of a WebSocket, as little of it as a test needs."""

import base64
import hashlib
import json
import queue
import struct
import threading


class LiveSession:
    """One connection: a thread that reads, a queue that is written."""

    def __init__(self, handler, on_message):
        self._handler, self._on_message = handler, on_message
        self._queue: queue.Queue = queue.Queue()
        self.subscriptions: dict[int, dict] = {}

    def send(self, message: dict) -> None:
        self._queue.put(_frame(1, json.dumps(message).encode()))

    def close(self, code: int) -> None:
        self._queue.put(_frame(8, struct.pack(">H", code)))
        self._queue.put(None)

    def run(self) -> None:
        """Answers the upgrade and serves until either side goes away."""
        key = self._handler.headers["Sec-WebSocket-Key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        accept = base64.b64encode(hashlib.sha1(key.encode()).digest()).decode()
        self._handler.wfile.write(
            ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
             f"Sec-WebSocket-Accept: {accept}\r\n\r\n").encode())
        reader = threading.Thread(target=self._read, daemon=True)
        reader.start()
        try:
            while (data := self._queue.get()) is not None:
                self._handler.wfile.write(data)
        except OSError:
            pass

    def _read(self) -> None:
        try:
            while True:
                first, second = self._exactly(2)
                size = second & 127
                if size == 126:
                    size = struct.unpack(">H", self._exactly(2))[0]
                elif size == 127:
                    size = struct.unpack(">Q", self._exactly(8))[0]
                mask, payload = self._exactly(4), self._exactly(size)
                data = bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))
                if first & 15 == 8:
                    break
                if first & 15 == 1:
                    self._on_message(self, json.loads(data))
        except (OSError, ValueError):
            pass
        self._queue.put(None)

    def _exactly(self, count: int) -> bytes:
        data = self._handler.rfile.read(count)
        if len(data) < count:
            raise OSError("closed")
        return data


def _frame(opcode: int, payload: bytes) -> bytes:
    size = len(payload)
    head = bytes([0x80 | opcode])
    if size < 126:
        head += bytes([size])
    elif size < 65536:
        head += b"\x7e" + struct.pack(">H", size)
    else:
        head += b"\x7f" + struct.pack(">Q", size)
    return head + payload
