"""WebSockets against independent clients: `websockets` as a whole client, `wsproto` for frames nobody should send."""

from __future__ import annotations

import base64
import os
import random
import socket
import struct
import threading
import time
import zlib
from collections.abc import Callable, Iterator

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory
from websockets.sync.client import ClientConnection, connect
from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, BytesMessage, CloseConnection, Pong, Request, TextMessage
from wsproto.extensions import PerMessageDeflate

MEBIBYTE = 1024 * 1024
TEXTS = ["", "x", "hällo 𝄞", "0123456789" * 60, "reading," * 10_000, "é" * 100_000]


def address(probe, path: str = "/websocket/echo") -> str:
    return f"ws://{probe.host}:{probe.port}{path}"


@pytest.fixture(params=["deflate", None])
def client(probe, request) -> Iterator[ClientConnection]:
    """A `websockets` client, with and without compression."""
    with connect(address(probe), compression=request.param, max_size=None) as client:
        client.compressed = request.param is not None
        yield client


# Whole messages


def test_messages_come_back(client):
    for text in TEXTS:
        client.send(text)
        assert client.recv() == text
    for data in (b"", b"\0\xff", os.urandom(100_000), b"\0" * 300_000):
        client.send(data)
        assert client.recv() == data


def test_compression_is_agreed_only_when_offered(client):
    answer = client.response.headers.get("Sec-WebSocket-Extensions")
    agreed = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
    assert answer == (agreed if client.compressed else None)


def test_fragments_are_put_together(client):
    client.send(["frag", "ment", "ed ", "text"])
    assert client.recv() == "fragmented text"
    client.send([bytes([number]) * 10_000 for number in range(50)])
    assert client.recv() == b"".join(bytes([number]) * 10_000 for number in range(50))


def test_pings_are_answered(client):
    assert client.ping(b"payload").wait(10)

    def fragments():
        yield "a"
        # Between two fragments.
        assert client.ping().wait(10)
        yield "b"

    client.send(fragments())
    assert client.recv() == "ab"


def test_large_messages(client):
    text = "0123456789abcdef" * (MEBIBYTE // 16)
    client.send(text)
    assert client.recv() == text
    data = random.Random(9).randbytes(MEBIBYTE)
    client.send(data)
    assert client.recv() == data


@pytest.mark.parametrize("kind", ["text", "incompressible", "fragments"])
def test_messages_beyond_the_limit_close_with_1009(client, kind):
    message = {
        "text": "a" * (MEBIBYTE + 1),
        "incompressible": random.Random(1).randbytes(MEBIBYTE + 1),
        "fragments": ["a" * 400_000] * 3,
    }[kind]
    with pytest.raises(ConnectionClosed) as closed:
        client.send(message)
        client.recv()
    assert closed.value.rcvd.code == 1009


@pytest.mark.parametrize("code", [1000, 1001, 3000, 4999])
def test_the_close_code_is_returned(client, code):
    client.close(code, "bye")
    assert client.protocol.close_rcvd.code == code


def test_many_messages_in_both_directions(client):
    texts = [f"message {number} " * (number % 100) for number in range(1_000)]
    sender = threading.Thread(target=lambda: [client.send(text) for text in texts])
    sender.start()
    assert [client.recv() for _ in texts] == texts
    sender.join()


@pytest.mark.parametrize("compression", ["deflate", None])
def test_a_limit_of_the_servers_own(start_probe, compression):
    probe = start_probe("--websocket-limit", "1000")
    with connect(address(probe), compression=compression) as client:
        client.send("a" * 1000)
        assert client.recv() == "a" * 1000
        with pytest.raises(ConnectionClosed) as closed:
            client.send("a" * 1001)
            client.recv()
        assert closed.value.rcvd.code == 1009


def test_compression_can_be_switched_off(start_probe):
    probe = start_probe("--websocket-compression", "off")
    with connect(address(probe)) as client:
        assert "Sec-WebSocket-Extensions" not in client.response.headers
        client.send("reading," * 1_000)
        assert client.recv() == "reading," * 1_000


@pytest.mark.parametrize("bits", range(8, 16))
@pytest.mark.parametrize("takeover", [False, True])
def test_windows_of_all_sizes(probe, bits, takeover):
    offer = ClientPerMessageDeflateFactory(
        server_no_context_takeover=takeover, server_max_window_bits=bits, client_max_window_bits=max(9, bits))
    with connect(address(probe), extensions=[offer], compression=None) as client:
        assert f"server_max_window_bits={bits}" in client.response.headers["Sec-WebSocket-Extensions"]
        for length in (100, 256, 600, 1_500, 40_000):
            text = ("reading %d," % bits) * (length // 10)
            client.send(text)
            assert client.recv() == text


def test_a_message_for_all_is_the_same_with_and_without_compression(probe):
    for size in (60, 6_000, 300_000):
        for compression in ("deflate", None):
            path = f"/websocket/burst?size={size}&count=3"
            with connect(address(probe, path), compression=compression, max_size=None) as client:
                assert [client.recv() for _ in range(3)] == ["burst " * (size // 6)] * 3
                with pytest.raises(ConnectionClosed):
                    client.recv()
                assert client.protocol.close_rcvd.code == 1000


# Handshakes


def test_a_malformed_list_of_extensions_is_refused(probe):
    for value in ("permessage-deflate;", "a b", 'x; y="'):
        with pytest.raises(InvalidStatus) as refused:
            connect(address(probe), compression=None, additional_headers={"Sec-WebSocket-Extensions": value})
        assert refused.value.response.status_code == 400


@pytest.mark.parametrize("offer", [
    "permessage-deflate; server_max_window_bits=7", "permessage-deflate; unknown", "permessage-bzip2",
    "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
])
def test_offers_that_cannot_be_accepted_are_declined(probe, offer):
    headers = {"Sec-WebSocket-Extensions": offer}
    with connect(address(probe), compression=None, additional_headers=headers) as client:
        assert "Sec-WebSocket-Extensions" not in client.response.headers
        client.send("plain")
        assert client.recv() == "plain"


# Frames


class FrameClient:
    """A raw connection whose handshake and answers wsproto understands; frames are written by hand."""

    def __init__(self, probe, compressed: bool) -> None:
        self.socket = socket.create_connection((probe.host, probe.port), timeout=30)
        self.protocol = WSConnection(ConnectionType.CLIENT)
        extensions = [PerMessageDeflate()] if compressed else []
        self.socket.sendall(self.protocol.send(Request(host="probe", target="/websocket/echo", extensions=extensions)))
        accepted = self.next()
        assert isinstance(accepted, AcceptConnection)
        assert len(accepted.extensions) == len(extensions)

    def next(self):
        """The next event; None at the end of the connection."""
        while True:
            for event in self.protocol.events():
                return event
            data = self.socket.recv(65_536)
            self.protocol.receive_data(data or None)
            if not data:
                return next(iter(self.protocol.events()), None)

    def frame(self, first: int, payload: bytes = b"", key: bytes = b"\x01\x02\x03\x04") -> None:
        length = len(payload)
        if length < 126:
            head = struct.pack("!BB", first, 0x80 | length)
        else:
            head = struct.pack("!BBH", first, 0x80 | 126, length)
        masked = bytes(byte ^ key[index % 4] for index, byte in enumerate(payload))
        self.socket.sendall(head + key + masked)

    def closed_with(self) -> int:
        event = self.next()
        assert isinstance(event, CloseConnection), event
        return event.code


@pytest.fixture
def frames(probe) -> Iterator[Callable[[bool], FrameClient]]:
    """Opens raw connections; all are closed after the test."""
    clients: list[FrameClient] = []

    def open_client(compressed: bool = False) -> FrameClient:
        clients.append(FrameClient(probe, compressed))
        return clients[-1]

    yield open_client
    for client in clients:
        client.socket.close()


def deflated(data: bytes) -> bytes:
    """What permessage-deflate sends for a message."""
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    return (compressor.compress(data) + compressor.flush(zlib.Z_SYNC_FLUSH))[:-4]


@pytest.mark.parametrize(("compressed", "first", "payload", "code"), [
    (False, 0xC1, b"x", 1002),  # RSV1 without an agreement
    (True, 0xA1, b"x", 1002),  # RSV2
    (True, 0x91, b"x", 1002),  # RSV3
    (True, 0xC9, b"", 1002),  # a compressed ping
    (True, 0xC8, b"", 1002),  # a compressed close
    (True, 0xC0, b"", 1002),  # a compressed continuation
    (False, 0x83, b"", 1002),  # an opcode without meaning
    (False, 0x8B, b"", 1002),
    (False, 0x80, b"x", 1002),  # nothing to continue
    (False, 0x09, b"x", 1002),  # a fragmented ping
    (False, 0x89, b"x" * 126, 1002),  # a long ping
    (False, 0x88, b"x", 1002),  # half a code
    (False, 0x88, b"\x03\xed", 1002),  # 1005
    (False, 0x88, b"\x13\x88", 1002),  # 5000
    (False, 0x88, b"\x03\xe8\xff", 1007),  # a reason that is no UTF-8
    (False, 0x81, b"\xed\xa0\x80", 1007),
    (False, 0x01, b"\xf4\x90", 1007),  # in a fragment
    (True, 0xC1, b"\xff\xff", 1007),  # no DEFLATE
    (True, 0xC1, deflated(b"unfinished, unfinished")[:5], 1007),
    (True, 0xC1, deflated(b"\xc3\x28"), 1007),  # text that is none after inflation
    (True, 0xC2, deflated(b"\0" * 20 * MEBIBYTE), 1009),  # a bomb
])
def test_bad_frames_close_with_the_right_code(frames, compressed, first, payload, code):
    client = frames(compressed)
    client.frame(0x81, b"before")
    assert client.next().data == "before"
    client.frame(first, payload)
    assert client.closed_with() == code
    assert client.socket.recv(1) == b""


def test_unmasked_and_overlong_frames(frames):
    for data in (b"\x81\x01x", b"\x82\xfe\x00\x7d" + b"\0" * 4, b"\x82\xff" + b"\0" * 6 + b"\xff\xff" + b"\0" * 4):
        client = frames()
        client.socket.sendall(data)
        assert client.closed_with() == 1002


def test_a_header_that_announces_too_much_is_refused_at_once(frames):
    for compressed in (False, True):
        client = frames(compressed)
        client.socket.sendall(bytes([0xC2 if compressed else 0x82, 0xFF]) + struct.pack("!Q", 2**40))
        assert client.closed_with() == 1009


def test_text_fails_at_its_first_impossible_byte(frames):
    client = frames()
    # The frame has 1,000 bytes; five have come.
    client.socket.sendall(b"\x81\xfe\x03\xe8" + b"\0\0\0\0" + b"ab\xf4\x90")
    assert client.closed_with() == 1007


def test_compressed_messages_in_fragments_with_pings_between(frames):
    client = frames(True)
    payload = deflated("reading äöü, ".encode() * 100)
    client.frame(0x41, payload[:3])
    client.frame(0x89, b"p")
    client.frame(0x00, payload[3:10])
    client.frame(0x80, payload[10:])
    assert client.next() == Pong(payload=b"p")
    event = client.next()
    assert isinstance(event, TextMessage)
    assert event.data == "reading äöü, " * 100


def test_plain_and_final_blocks_and_empty_messages(frames):
    client = frames(True)
    for payload, data in (
        (b"\x00\x05\x00\xfa\xffHello\x00", b"Hello"),  # RFC 7692 section 7.2.3.3
        (b"\xf3\x48\xcd\xc9\xc9\x07\x00\x00", b"Hello"),  # section 7.2.3.4
        (b"\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00", b"Hello"),  # section 7.2.3.5
        (b"\x00", b""), (b"", b""),
    ):
        client.frame(0xC2, payload)
        event = client.next()
        assert isinstance(event, BytesMessage)
        assert event.data == data
    # RFC 7692 section 7.1.1.2: the client was told to forget its context.
    client.frame(0xC1, b"\xf2\x48\xcd\xc9\xc9\x07\x00")
    assert client.next().data == "Hello"
    client.frame(0xC1, b"\xf2\x00\x11\x00\x00")
    assert client.closed_with() == 1007


# Fan-out


def test_fan_out_drops_a_client_that_stops_reading_and_delays_nobody(start_probe):
    probe = start_probe()
    size, count = 100_000, 150
    path = f"/websocket/fan-out?rate=100&size={size}"
    stalled = socket.socket()
    stalled.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    stalled.connect((probe.host, probe.port))
    key = base64.b64encode(os.urandom(16)).decode()
    stalled.sendall(
        f"GET {path} HTTP/1.1\r\nHost: probe\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode())
    with connect(address(probe, path), close_timeout=0.1) as client:
        for _ in range(count):
            message = client.recv(timeout=30)
            assert len(message) == size
            # The stamp is the uptime, which Python's monotonic clock is too.
            assert 0 <= time.monotonic_ns() - int(message.split()[0]) < 60e9
    # The other was dropped long before: it gets what the kernel's buffers held, and the end.
    stalled.settimeout(60)
    received = 0
    while data := stalled.recv(MEBIBYTE):
        received += len(data)
    stalled.close()
    assert 0 < received < size * count * 2 // 3
