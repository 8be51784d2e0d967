"""WebSockets in Chromium."""

from __future__ import annotations

import os

import pytest

CHROMIUM = os.environ.get("PLANTWRIGHT_CHROMIUM", "/usr/bin/chromium")

ECHO = """async (messages) => {
    const socket = new WebSocket(location.origin.replace("http", "ws") + "/websocket/echo");
    const answers = [];
    const ended = new Promise((resolve) => (socket.onclose = (event) => resolve(event.code)));
    socket.onopen = () => messages.forEach((message) => socket.send(message));
    socket.onmessage = (event) => {
        answers.push(event.data);
        if (answers.length === messages.length) socket.close(3000);
    };
    return { code: await ended, extensions: socket.extensions, answers };
}"""


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict:
    return {"executable_path": CHROMIUM, "args": ["--no-sandbox"]}


def test_messages_come_back_compressed(probe, page):
    page.goto(probe.url + "/plain")
    messages = ["", "short", "hällo 𝄞" * 1_000, "reading," * 100_000, "x" * 511, "x" * 512]
    result = page.evaluate(ECHO, messages)
    assert result["answers"] == messages
    assert result["code"] == 3000
    assert result["extensions"] == "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
