"""Fixtures: the browser, and the server that it is pointed at.

By default the tests run against the mock server of this folder, which is quick and can be told to misbehave. Tests marked
`demo` run against the real program (PLANTWRIGHT_EXECUTABLE, or a running one at PLANTWRIGHT_URL with a one-time link in
PLANTWRIGHT_SIGN_IN) and are skipped when there is none.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect

sys.path.insert(0, str(Path(__file__).parent))

import mock_server  # noqa: E402

CHROMIUM = os.environ.get("PLANTWRIGHT_CHROMIUM", "/usr/bin/chromium")
PATIENCE = 15_000
expect.set_options(timeout=PATIENCE)
HARMLESS = re.compile(r"GL Driver Message|favicon")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "demo: runs against the real program")


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict:
    return {"executable_path": CHROMIUM, "args": ["--no-sandbox", "--enable-unsafe-swiftshader"]}


@dataclass
class Mock:
    """The mock server and its controls."""

    url: str

    def control(self, action: str, **parameters: str | int) -> dict:
        query = "&".join(f"{name}={value}" for name, value in parameters.items())
        request = urllib.request.Request(f"{self.url}/mock/{action}?{query}", method="POST", data=b"")
        with urllib.request.urlopen(request, timeout=5) as response:
            return json.load(response)


@pytest.fixture(scope="session")
def mock_url() -> Iterator[str]:
    server = mock_server.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def mock(mock_url: str) -> Mock:
    """The mock server as it was in the beginning."""
    server = Mock(mock_url)
    server.control("reset")
    return server


@pytest.fixture(scope="session")
def window(browser: Browser) -> Iterator[BrowserContext]:
    """One browser profile for all tests, so that scripts and fonts are loaded once."""
    context = browser.new_context(reduced_motion="reduce", viewport={"width": 1440, "height": 900})
    context.set_default_timeout(PATIENCE)
    yield context
    context.close()


class Complaints(list[str]):
    """What the browser complained about: errors of scripts, of the content security policy, failed requests."""

    def note(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not HARMLESS.search(message.text):
            self.append(f"{message.text} ({message.location.get('url', '')})")


@pytest.fixture
def app(window: BrowserContext, mock: Mock) -> Iterator[Page]:
    """A page whose addresses begin at the mock server."""
    page = window.new_page()
    goto = page.goto
    page.goto = lambda path, **options: goto(mock.url + path, **options)  # type: ignore[method-assign]
    yield page
    page.close()


@pytest.fixture
def timed(browser: Browser, mock: Mock) -> Iterator[Page]:
    """Like `app`, in a window of its own: its clock can be set without the other tests noticing."""
    context = browser.new_context(reduced_motion="reduce", viewport={"width": 1440, "height": 900})
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    goto = page.goto
    page.goto = lambda path, **options: goto(mock.url + path, **options)  # type: ignore[method-assign]
    yield page
    context.close()


@pytest.fixture
def complaints(app: Page) -> Complaints:
    found = Complaints()
    app.on("console", found.note)
    app.on("pageerror", lambda error: found.append(str(error)))
    return found


@dataclass
class Demo:
    url: str
    sign_in: str


@pytest.fixture(scope="session")
def demo() -> Iterator[Demo]:
    """The real program: one that runs already, or `plantwright demo` on a data directory of its own."""
    if url := os.environ.get("PLANTWRIGHT_URL"):
        yield Demo(url.rstrip("/"), os.environ["PLANTWRIGHT_SIGN_IN"])
        return
    executable = os.environ.get("PLANTWRIGHT_EXECUTABLE", "")
    if not Path(executable).is_file():
        pytest.skip("no PLANTWRIGHT_EXECUTABLE")
    commands = subprocess.run([executable, "--help"], capture_output=True, text=True, timeout=30).stdout
    if not re.search(r"^\s+demo\b", commands, re.MULTILINE):
        pytest.skip("this build has no demo command")
    # As root, the servers that it starts run as other users, who cannot pass pytest's own private folders.
    data = tempfile.mkdtemp(prefix="plantwright-browser-")
    os.chmod(data, 0o755)
    process = subprocess.Popen(
        [executable, "demo", "--listen", "127.0.0.1:0", "--data-dir", data],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        yield _printed_link(process)
    finally:
        process.terminate()
        process.wait(timeout=60)
        shutil.rmtree(data, ignore_errors=True)


@pytest.fixture(scope="session")
def demo_window(browser: Browser, demo: Demo) -> Iterator[BrowserContext]:
    """A window that is signed in to the real program; its link works once, so all tests share it."""
    context = browser.new_context(base_url=demo.url, reduced_motion="reduce", viewport={"width": 1440, "height": 900})
    context.set_default_timeout(20_000)
    page = context.new_page()
    page.goto(demo.sign_in)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Overview")).to_be_visible(timeout=20_000)
    page.close()
    yield context
    context.close()


def _printed_link(process: subprocess.Popen) -> Demo:
    lines: list[str] = []
    alarm = threading.Timer(120, process.kill)
    alarm.start()
    try:
        for line in process.stdout or ():
            lines.append(line)
            if found := re.search(r"(http://[^/\s]+)(/sign-in\?token=\S+)", line):
                threading.Thread(target=lambda: [None for _ in process.stdout or ()], daemon=True).start()
                return Demo(found[1], found[1] + found[2])
    finally:
        alarm.cancel()
    raise AssertionError("the demo printed no sign-in link:\n" + "".join(lines[-40:]))
