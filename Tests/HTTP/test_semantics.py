"""Conditions, ranges, forms, cookies and refusals, as curl, http.client, urllib3 and h11 see them."""

from __future__ import annotations

import email.parser
import http.client
import json
import random
import socket
import subprocess
from collections.abc import Callable, Iterator

import h11
import pytest
import urllib3
from conftest import Probe

CONTENT = "".join(f"line {number}\n" for number in range(1_000)).encode()


@pytest.fixture(scope="module")
def semantics() -> Iterator[Probe]:
    """A probe with the middleware that this file is about."""
    probe = Probe(["--middleware", "semantics", "--cors-origin", "https://dash.example", "--trusted-proxies", "127.0.0.1"])
    yield probe
    probe.stop()


def curl(probe: Probe, path: str, *arguments: str) -> tuple[int, dict[str, str], bytes]:
    """Status, fields and body of the last answer."""
    command = ["curl", "--silent", "--show-error", "--include", "--max-time", "30", *arguments, probe.url + path]
    output = subprocess.run(command, check=True, capture_output=True).stdout
    while True:
        head, _, output = output.partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        status = int(lines[0].split()[1])
        if status >= 200:
            break
    fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
    return status, fields, output


def raw(probe: Probe, request: bytes) -> bytes:
    """Sends bytes and reads until the server closes."""
    with socket.create_connection((probe.host, probe.port), timeout=30) as connection:
        connection.sendall(request)
        answer = b""
        while piece := connection.recv(65_536):
            answer += piece
        return answer


# Ranges


@pytest.mark.parametrize(
    ("value", "expected", "content_range"),
    [
        ("0-3", CONTENT[:4], f"bytes 0-3/{len(CONTENT)}"),
        ("-5", CONTENT[-5:], f"bytes {len(CONTENT) - 5}-{len(CONTENT) - 1}/{len(CONTENT)}"),
        ("8000-", CONTENT[8000:], f"bytes 8000-{len(CONTENT) - 1}/{len(CONTENT)}"),
    ],
)
def test_single_ranges(semantics: Probe, value: str, expected: bytes, content_range: str) -> None:
    status, fields, body = curl(semantics, "/document", "--range", value)
    assert (status, body, fields["content-range"]) == (206, expected, content_range)
    assert fields["accept-ranges"] == "bytes"


def test_curl_resumes_a_download(semantics: Probe, tmp_path) -> None:
    target = tmp_path / "document"
    target.write_bytes(CONTENT[:1234])
    subprocess.run(["curl", "--silent", "--fail", "-C", "-", "-o", target, semantics.url + "/document"], check=True)
    assert target.read_bytes() == CONTENT


def test_several_ranges_are_mime_that_python_reads(semantics: Probe) -> None:
    status, fields, body = curl(semantics, "/document", "--range", "0-9,5000-5009,-3")
    assert status == 206
    assert int(fields["content-length"]) == len(body)
    message = email.parser.BytesParser().parsebytes(b"Content-Type: " + fields["content-type"].encode() + b"\r\n\r\n" + body)
    parts = message.get_payload()
    assert [part["Content-Range"] for part in parts] == [
        f"bytes {first}-{last}/{len(CONTENT)}" for first, last in [(0, 9), (5000, 5009), (len(CONTENT) - 3, len(CONTENT) - 1)]
    ]
    assert [part.get_payload(decode=True) for part in parts] == [CONTENT[:10], CONTENT[5000:5010], CONTENT[-3:]]


def test_random_ranges_against_slices(semantics: Probe) -> None:
    generator = random.Random(1)
    connection = http.client.HTTPConnection(semantics.host, semantics.port, timeout=30)
    for _ in range(200):
        first = generator.randrange(0, len(CONTENT) + 100)
        last = generator.randrange(first, len(CONTENT) + 200)
        connection.request("GET", "/document", headers={"Range": f"bytes={first}-{last}"})
        answer = connection.getresponse()
        body = answer.read()
        if first < len(CONTENT):
            assert (answer.status, body) == (206, CONTENT[first : last + 1])
        else:
            assert (answer.status, answer.headers["Content-Range"]) == (416, f"bytes */{len(CONTENT)}")


def test_range_attacks_cost_no_more_than_the_document(semantics: Probe) -> None:
    many = ",".join(f"{number}-" for number in range(1_000))
    status, _, body = curl(semantics, "/document", "-H", "Range: bytes=" + many)
    assert (status, body) == (200, CONTENT)
    status, _, body = curl(semantics, "/document", "-H", "Range: bytes=" + ",".join(["0-"] * 16))
    assert (status, body) == (206, CONTENT)


def test_head_ignores_ranges(semantics: Probe) -> None:
    status, fields, _ = curl(semantics, "/document", "--head", "--range", "0-3")
    assert (status, fields["content-length"]) == (200, str(len(CONTENT)))


# Conditions


def test_conditional_reads(semantics: Probe) -> None:
    _, fields, _ = curl(semantics, "/document")
    tag, date = fields["etag"], fields["last-modified"]
    assert curl(semantics, "/document", "-H", f"If-None-Match: {tag}")[0] == 304
    assert curl(semantics, "/document", "-H", f'If-None-Match: "x", W/{tag}')[0] == 304
    assert curl(semantics, "/document", "-H", f"If-Modified-Since: {date}")[0] == 304
    assert curl(semantics, "/document", "-z", "1 Jan 1995")[0] == 304
    assert curl(semantics, "/document", "-H", 'If-Match: "x"')[0] == 412
    assert curl(semantics, "/document", "-H", "If-None-Match: *")[2] == b""
    status, _, body = curl(semantics, "/document", "--range", "0-3", "-H", 'If-Range: "other"')
    assert (status, body) == (200, CONTENT)


def test_of_two_writers_with_the_same_tag_one_wins(start_probe: Callable[..., Probe]) -> None:
    probe = start_probe("--middleware", "semantics")
    _, fields, _ = curl(probe, "/document")
    connections = [http.client.HTTPConnection(probe.host, probe.port, timeout=30) for _ in range(8)]
    for number, connection in enumerate(connections):
        connection.request("PUT", "/document", body=str(number), headers={"If-Match": fields["etag"]})
    statuses = [connection.getresponse().status for connection in connections]
    assert sorted(statuses) == [204] + [412] * 7
    assert curl(probe, "/document")[2] == str(statuses.index(204)).encode()


# Forms


def fnv(content: bytes) -> int:
    total = 0x811C9DC5
    for byte in content:
        total = ((total ^ byte) * 0x01000193) & 0xFFFFFFFF
    return total


def test_multipart_of_an_independent_encoder(semantics: Probe) -> None:
    generator = random.Random(2)
    for size in [0, 1, 100, 65_536, 300_000]:
        content = generator.randbytes(size)
        fields = [
            ("text", "grüße\r\n--x"),
            ("file", ("naïve \"name\".bin", content, "application/x-firmware")),
            ("empty", ""),
        ]
        body, content_type = urllib3.encode_multipart_formdata(fields)
        answer = urllib3.request("POST", semantics.url + "/upload", body=body, headers={"Content-Type": content_type})
        document = answer.json()
        assert answer.status == 200, document
        assert document["fields"] == [["text", "grüße\r\n--x"], ["empty", ""]]
        (file,) = document["files"]
        assert (file["name"], file["type"], file["size"], file["sum"]) == (
            "file", "application/x-firmware", size, fnv(content),
        )
        assert file["fileName"] == "naïve %22name%22.bin"


def test_curl_uploads(semantics: Probe, tmp_path) -> None:
    content = random.Random(3).randbytes(2_000_000)
    (tmp_path / "firmware.bin").write_bytes(content)
    status, _, body = curl(semantics, "/upload", "-F", "a=1", "-F", f"f=@{tmp_path}/firmware.bin", "-H", "Transfer-Encoding: chunked")
    assert status == 200
    document = json.loads(body)
    assert document["fields"] == [["a", "1"]]
    assert document["files"][0]["sum"] == fnv(content)


def test_multipart_that_is_no_form_is_refused(semantics: Probe) -> None:
    def post(body: bytes, content_type: str = "multipart/form-data; boundary=x") -> tuple[int, str]:
        answer = urllib3.request("POST", semantics.url + "/upload", body=body, headers={"Content-Type": content_type})
        return answer.status, answer.json()["code"]

    part = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'
    assert post(part) == (400, "multipart-truncated")
    assert post(part.replace(b"\r\n", b"\n") + b"--x--") == (400, "invalid-delimiter")
    assert post(part * 500 + b"--x--") == (413, "too-many-parts")
    assert post(part + b"--x--", "multipart/form-data") == (400, "invalid-boundary")
    assert post(part + b"--x--", "text/plain") == (415, "unsupported-media-type")


def test_urlencoded_forms_and_cookies(semantics: Probe) -> None:
    status, _, body = curl(semantics, "/form", "--data-urlencode", "a=x y&ü", "--data", "b=2")
    assert (status, json.loads(body)) == (200, [["a", "x y&ü"], ["b", "2"]])
    status, fields, body = curl(semantics, "/cookies/s", "--cookie", "o=1; s=hello")
    assert (json.loads(body), fields["set-cookie"]) == ("hello", "s=set; Path=/; HttpOnly; SameSite=Strict")


# Methods, 100-continue, trailers, keep-alive


def test_head_options_and_405(semantics: Probe) -> None:
    status, fields, _ = curl(semantics, "/plain", "--head")
    assert (status, fields["content-length"]) == (200, "13")
    status, fields, body = curl(semantics, "/document", "-X", "OPTIONS")
    assert (status, fields["allow"], body) == (204, "GET, HEAD, OPTIONS, PUT", b"")
    status, fields, body = curl(semantics, "/document", "-X", "DELETE")
    assert (status, fields["allow"], json.loads(body)["code"]) == (405, "GET, HEAD, OPTIONS, PUT", "method-not-allowed")
    status, fields, _ = curl(semantics, "", "-X", "OPTIONS", "--request-target", "*")
    assert status == 204 and "GET" in fields["allow"]


def test_expect_continue(semantics: Probe) -> None:
    body = "x" * 100_000
    command = ["curl", "-sv", "-H", "Expect: 100-continue", "--data-binary", "@-", semantics.url + "/count"]
    result = subprocess.run(command, input=body, check=True, capture_output=True, text=True)
    assert "< HTTP/1.1 100 Continue" in result.stderr
    assert result.stdout == "100000"


def h11_exchange(connection: socket.socket, client: h11.Connection) -> tuple[h11.Response, bytes]:
    body = b""
    response = None
    while True:
        event = client.next_event()
        if event is h11.NEED_DATA:
            client.receive_data(connection.recv(65_536))
        elif isinstance(event, h11.Response):
            response = event
        elif isinstance(event, h11.Data):
            body += bytes(event.data)
        elif isinstance(event, h11.EndOfMessage):
            assert response is not None
            return response, body


def test_h11_keeps_the_connection_and_sends_trailers(semantics: Probe) -> None:
    client = h11.Connection(h11.CLIENT)
    host = f"{semantics.host}:{semantics.port}"
    with socket.create_connection((semantics.host, semantics.port), timeout=30) as connection:
        for number in range(5):
            request = h11.Request(
                method="POST", target="/count", headers=[("Host", host), ("Transfer-Encoding", "chunked")]
            )
            connection.sendall(client.send(request) + client.send(h11.Data(data=b"x" * 10 * number)))
            connection.sendall(client.send(h11.EndOfMessage(headers=[("Checksum", "abc")])))
            response, body = h11_exchange(connection, client)
            assert (response.status_code, body) == (200, str(10 * number).encode())
            client.start_next_cycle()
        connection.sendall(client.send(h11.Request(method="GET", target="/stream/3", headers=[("Host", host)])))
        connection.sendall(client.send(h11.EndOfMessage()))
        assert h11_exchange(connection, client)[1] == b"0\n1\n2\n"


def test_pipelined_answers_come_in_order(semantics: Probe) -> None:
    text = b"".join(b"GET /devices/%d HTTP/1.1\r\nHost: h\r\n\r\n" % number for number in range(50))
    answer = raw(semantics, text + b"GET /devices/last HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
    bodies = [piece.rpartition(b"\r\n\r\n")[2] for piece in answer.split(b"HTTP/1.1 200 OK")[1:]]
    assert bodies == [str(number).encode() for number in range(50)] + [b"last"]


# Who asks


def test_proxies_cross_origin_and_traces(semantics: Probe) -> None:
    forwarded = ["-H", "X-Forwarded-For: 1.1.1.1, 198.51.100.7", "-H", "X-Forwarded-Proto: https", "-H", "X-Forwarded-Host: p.example"]
    trace = "0af7651916cd43dd8448eb211c80319c"
    status, fields, body = curl(semantics, "/who", *forwarded, "-H", f"traceparent: 00-{trace}-b7ad6b7169203331-01")
    assert json.loads(body) == {"address": "198.51.100.7", "secure": True, "authority": "p.example", "trace": trace}
    assert fields["x-request-id"]
    preflight = ["-X", "OPTIONS", "-H", "Origin: https://dash.example", "-H", "Access-Control-Request-Method: PUT"]
    status, fields, _ = curl(semantics, "/document", *preflight)
    assert (status, fields["access-control-allow-origin"]) == (204, "https://dash.example")
    assert fields["access-control-allow-methods"] == "GET, HEAD, OPTIONS, PUT"


# Refusals


@pytest.mark.parametrize(
    ("request_text", "status", "code"),
    [
        (b"POST /json HTTP/1.1\r\nHost: h\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}", 415, "unsupported-media-type"),
        (b"POST /json HTTP/1.1\r\nHost: h\r\nContent-Type: application/jsonx\r\nContent-Length: 2\r\n\r\n{}", 415, "unsupported-media-type"),
        (b"POST /json HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}", 415, "unsupported-content-coding"),
        (b"POST /json HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n\r\n", 411, "length-required"),
        (b"POST /json HTTP/1.0\r\nHost: h\r\nContent-Type: application/json\r\n\r\n", 411, "length-required"),
        (b"POST /json HTTP/1.1\r\nHost: h\r\nContent-Length: 9999999\r\n\r\n", 413, "content-too-large"),
        (b"POST /count HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999\r\n\r\n", 413, "content-too-large"),
        (b"GET / HTTP/1.1\r\nHost: h\r\nExpect: 200-ok\r\n\r\n", 417, "unknown-expectation"),
        (b"GET /websocket/echo HTTP/1.1\r\nHost: h\r\n\r\n", 426, "upgrade-required"),
        (b"GET / HTTP/1.1\r\nHost: h\r\nX: " + b"a" * 20_000 + b"\r\n\r\n", 431, "head-too-large"),
        (b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: h\r\n\r\n", 414, "target-too-long"),
        (b"BREW /plain HTTP/1.1\r\nHost: h\r\n\r\n", 501, "unsupported-method"),
        (b"POST /count HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501, "unsupported-transfer-coding"),
        (b"GET / HTTP/2.0\r\nHost: h\r\n\r\n", 505, "unsupported-version"),
        (b"GET /%2e%2e/x HTTP/1.1\r\nHost: h\r\n\r\n", 400, "leaves-root"),
        (b"GET /nothing HTTP/1.1\r\nHost: h\r\n\r\n", 404, "not-found"),
        (b"TRACE /plain HTTP/1.1\r\nHost: h\r\n\r\n", 405, "method-not-allowed"),
    ],
)
def test_refusals_are_precise(semantics: Probe, request_text: bytes, status: int, code: str) -> None:
    text = request_text.replace(b"Host: h\r\n", b"Host: h\r\nConnection: close\r\n", 1)
    head, _, body = raw(semantics, text).partition(b"\r\n\r\n")
    assert head.split(b" ")[1] == str(status).encode(), head
    assert b"application/problem+json" in head
    problem = json.loads(body)
    assert (problem["status"], problem["code"]) == (status, code)
    assert problem["detail"] and "aaaa" not in problem["detail"]
