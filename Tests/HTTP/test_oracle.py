"""h11 as the oracle: what the server answers, h11 must have read as the same requests; only refusing more is allowed."""

from __future__ import annotations

import random
import re
import socket
from dataclasses import dataclass

import h11
import pytest

SEEDS = [
    b"GET /plain HTTP/1.1\r\nHost: h\r\nAccept: */*\r\n\r\n",
    b"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhelloGET /plain HTTP/1.1\r\nHost: h\r\n\r\n",
    b"POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n6\r\n world\r\n0\r\nX-T: 1\r\n\r\n"
    b"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nok",
    b"GET /plain HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /plain HTTP/1.0\r\n\r\n",
    b"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nConnection: close\r\n\r\n\r\n\r\nGET /plain HTTP/1.1\r\nHost: h\r\n\r\n",
]
PIECES = [b"\r\n", b"\n", b"\r", b" ", b"\t", b":", b"0", b"\x00", b"chunked", b"Content-Length: 3\r\n", b"Host: x\r\n",
          b"Transfer-Encoding: chunked\r\n", b",", b";", b"\x80", b"1", b"f", b"-", b"+", b"HTTP/1.1"]
# What h11 reads though RFC 9112 lets a server refuse it, or what is no question of framing.
ALLOWED_REFUSALS = {400, 404, 405, 408, 411, 413, 414, 417, 431, 501, 505}


@dataclass(frozen=True)
class Read:
    """One request as h11 read it."""

    method: bytes
    target: bytes
    body: bytes


def keeps_alive(head: h11.Request) -> bool:
    """RFC 9112 section 9.3; h11 itself always closes after HTTP/1.0."""
    options = [option.strip().lower() for name, value in head.headers if name == b"connection"
               for option in bytes(value).split(b",")]
    return b"close" not in options and (head.http_version >= b"1.1" or b"keep-alive" in options)


def oracle(data: bytes) -> tuple[list[Read], bool]:
    """The complete requests that h11 reads, and whether it then refused something."""
    found: list[Read] = []
    while data:
        connection = h11.Connection(h11.SERVER)
        connection.receive_data(data)
        connection.receive_data(b"")
        try:
            head, body = connection.next_event(), b""
            if not isinstance(head, h11.Request):
                return found, False
            while isinstance(event := connection.next_event(), h11.Data):
                body += event.data
        except h11.RemoteProtocolError:
            return found, True
        if not isinstance(event, h11.EndOfMessage):
            return found, False
        found.append(Read(bytes(head.method), bytes(head.target), body))
        if not keeps_alive(head):
            break
        data = connection.trailing_data[0]
        # RFC 9112 section 2.2: empty lines before a request are passed over; h11 refuses them.
        for _ in range(2):
            data = data.removeprefix(b"\r\n")
    return found, False


def answers(port: int, data: bytes) -> list[tuple[int, bytes]]:
    """Status and body of everything that the server answers before it closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        try:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # Closed already: the answer is there to be read.
        received = b""
        try:
            while piece := connection.recv(65536):
                received += piece
        except ConnectionResetError:
            pass
    found = []
    while received:
        head, _, received = received.partition(b"\r\n\r\n")
        status = int(head.split(b" ", 2)[1])
        if status == 100:
            continue
        if length := re.search(rb"(?i)\r\ncontent-length: (\d+)", head):
            body, received = received[:int(length[1])], received[int(length[1]):]
        elif re.search(rb"(?i)\r\ntransfer-encoding: chunked", head):
            body = b""
            while True:
                size, _, received = received.partition(b"\r\n")
                if int(size, 16) == 0:
                    received = received[2:]
                    break
                body, received = body + received[:int(size, 16)], received[int(size, 16) + 2:]
        else:
            body, received = received, b""
        found.append((status, body))
    return found


def mutated(seed: bytes, choose: random.Random) -> bytes:
    data = bytearray(seed)
    for _ in range(choose.randint(1, 3)):
        at = choose.randrange(len(data))
        match choose.randrange(4):
            case 0: data[at] = choose.randrange(256)
            case 1: del data[at:at + choose.randint(1, 4)]
            case 2: data[at:at] = choose.choice(PIECES)
            case _: data[at:at + 1] = choose.choice(PIECES)
        if not data:
            return seed
    return bytes(data)


def difference(port: int, data: bytes) -> str | None:
    """What the server took for a request and h11 did not, or read in another way."""
    requests, _ = oracle(data)
    for number, (status, body) in enumerate(answers(port, data)):
        if status in ALLOWED_REFUSALS:
            return None
        if number >= len(requests):
            return f"answered {status} to something that h11 does not read as a request"
        if requests[number].target == b"/echo" and requests[number].method == b"POST" and body != requests[number].body:
            return f"read the body {body!r}, h11 {requests[number].body!r}"
    return None


@pytest.mark.parametrize("seed", SEEDS)
def test_seeds_are_read_alike(probe, seed):
    requests, refused = oracle(seed)
    got = answers(probe.port, seed)
    assert not refused
    assert [status for status, _ in got] == [200] * len(requests)
    assert difference(probe.port, seed) is None


def test_mutations_are_read_alike(probe):
    choose = random.Random(20261122)
    different, answered = [], 0
    for number in range(1500):
        data = mutated(SEEDS[number % len(SEEDS)], choose)
        if found := difference(probe.port, data):
            different.append(f"{data!r}: {found}")
        answered += 1
    assert different == []
    assert answered == 1500
