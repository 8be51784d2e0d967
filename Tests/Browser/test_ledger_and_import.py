"""A device's ledger and import of history, the storage page, and how long readings are kept."""

import re
from pathlib import Path
from urllib.parse import urljoin

import pytest
from playwright.sync_api import Locator, Page, expect

from conftest import Complaints, Mock
from test_pages import violations

HEADER = "ts,vibration,temperature\n"


def ledger(app: Page) -> Locator:
    return app.locator("#ledger")


def panel(app: Page) -> Locator:
    return app.locator("#import")


def choose(app: Page, tmp_path: Path, text: str, name: str = "history.csv") -> None:
    file = tmp_path / name
    file.write_text(text)
    app.goto("/devices/motor-03")
    panel(app).get_by_label("File").set_input_files(file)


def test_the_ledger_says_in_words_what_became_of_today(app: Page) -> None:
    app.goto("/devices/motor-03")
    expect(ledger(app)).to_contain_text(re.compile(r"All [\d,]+ readings that came today are stored; 12 were told twice\. 1 gap: 70 s without readings\."))
    app.goto("/devices/motor-01")
    expect(ledger(app)).to_contain_text(re.compile(r"All [\d,]+ readings that came today are stored\. No gap\."))
    expect(ledger(app).locator(".is-good")).to_be_visible()


def test_the_ledger_shows_days_in_numbers_and_bars(app: Page, complaints: Complaints) -> None:
    app.goto("/devices/motor-03")
    rows = ledger(app).locator(".ledger-table tbody tr")
    expect(rows).to_have_count(7)
    expect(rows.first).to_contain_text("Today")
    expect(rows.nth(1).get_by_role("img")).to_have_attribute("aria-label", re.compile("86,260 stored, 13 told twice, 2 in conflict, 1 rejected"))
    ledger(app).get_by_role("button", name="Show 14 days").press("Enter")
    expect(rows).to_have_count(14)
    assert complaints == []


def test_conflicts_show_both_values(app: Page) -> None:
    app.goto("/devices/motor-03")
    ledger(app).get_by_text("2 readings in conflict").click()
    row = ledger(app).locator(".conflicts tbody tr").first
    expect(row).to_contain_text("Bearing temperature")
    expect(row).to_contain_text("58.1 °C")
    expect(row).to_contain_text("61.5 °C")
    expect(ledger(app).locator(".conflicts")).not_to_contain_text("Vibration")


def test_a_wrong_clock_is_said(app: Page) -> None:
    app.goto("/devices/motor-05")
    expect(ledger(app)).to_contain_text("The clock of this device is 2 h behind")
    app.goto("/devices/motor-01")
    expect(ledger(app)).to_contain_text("No gap.")
    expect(ledger(app)).not_to_contain_text("clock")


def test_a_device_that_never_spoke_has_an_empty_ledger(app: Page) -> None:
    app.goto("/devices/meter-04")
    expect(ledger(app)).to_contain_text("No reading of this device has come.")


def test_messages_that_the_sequence_left_out_are_said(app: Page) -> None:
    app.goto("/devices/motor-06")
    expect(ledger(app)).to_contain_text("3 messages of its edge node never reached the server (Sparkplug sequence).")
    expect(ledger(app).locator(".is-doubtful")).to_be_visible()
    expect(ledger(app).get_by_role("columnheader", name="Never came")).to_be_visible()
    app.goto("/devices/motor-01")
    expect(ledger(app)).to_contain_text("No gap.")
    expect(ledger(app)).not_to_contain_text("Sparkplug")


def test_a_stale_sparkplug_device_says_since_when(app: Page) -> None:
    def name(identifier: str) -> None:
        device = app.request.get(urljoin(app.url, "/api/v1/devices/motor-02")).json()
        assert app.request.put(urljoin(app.url, "/api/v1/devices/motor-02"), data=device | {"identifier": identifier}).ok
        app.goto("/devices/motor-02")

    app.goto("/devices/motor-02")
    name("filling/line-1/capper")
    notice = app.locator("pw-device-sparkplug")
    expect(notice).to_contain_text(re.compile(r"Stale since .*: it went offline, or was not born again since its edge node line-1 was\. What is shown is the last that came\."))
    expect(app.locator(".page-header").get_by_text("Stale", exact=True)).to_be_visible()
    assert violations(app) == []
    name("filling/line-1/filler")
    expect(app.get_by_role("heading", level=1)).to_contain_text("Motor 1.2")
    expect(ledger(app)).to_contain_text("stored")
    expect(notice).not_to_contain_text("Stale")
    expect(app.locator(".page-header").get_by_text("Stale", exact=True)).to_be_hidden()


def test_a_file_of_history_is_imported(app: Page, tmp_path: Path) -> None:
    choose(app, tmp_path, HEADER + "".join(f"{1700000000000 + at * 1000},2.1,54.{at % 10}\n" for at in range(12_000)))
    expect(panel(app)).to_contain_text("Takes vibration, temperature.")
    with app.expect_request(lambda request: request.method == "POST" and "telemetry" in request.url) as sent:
        panel(app).get_by_role("button", name="Import").press("Enter")
    assert "evaluate=false" in sent.value.url
    expect(panel(app)).to_contain_text("12,000 readings stored of 12,000.")
    panel(app).get_by_role("button", name="Import").click()
    expect(panel(app)).to_contain_text("0 readings stored of 12,000; 12,000 told twice.")


def test_a_large_file_goes_in_portions_and_lines_keep_their_numbers(app: Page, tmp_path: Path) -> None:
    lines = [f"{1700000000000 + at * 1000},2.1,54.{at % 10}{'0' * 60}" for at in range(70_000)]
    lines[69_000] = "yesterday,2.1,54.0"
    requests: list[str] = []
    app.on("request", lambda request: requests.append(request.url) if request.method == "POST" and "telemetry" in request.url else None)
    choose(app, tmp_path, HEADER + "\n".join(lines))
    panel(app).get_by_role("button", name="Import").click()
    expect(panel(app)).to_contain_text("69,999 readings stored of 70,000; 1 rejected.", timeout=30_000)
    assert len(requests) == 2
    expect(panel(app).locator("tbody tr")).to_have_count(1)
    expect(panel(app).locator("tbody tr")).to_contain_text("69,002")
    assert violations(app) == []


def test_ndjson_is_imported_with_its_mistakes(app: Page, tmp_path: Path) -> None:
    choose(app, tmp_path, '{"ts":1700000000000,"vibration":2.1}\n{"ts":\n{"ts":1700000001000,"speed":3}\n', "history.ndjson")
    expect(panel(app)).to_contain_text("NDJSON")
    panel(app).get_by_role("button", name="Import").click()
    expect(panel(app)).to_contain_text("1 reading stored of 3; 2 rejected.")
    expect(panel(app).locator("tbody td:first-child")).to_have_text(["2", "3"])


@pytest.mark.parametrize(("header", "words"), [
    ("time,vibration\n1,2\n", "must be a header with a column “ts”"), ("ts;vibration\n1;2\n", "not separated by commas"),
    ("ts,speed\n1,2\n", "No column has the key of a metric. This profile has vibration, temperature, current, running."),
], ids=["no time", "semicolons", "foreign columns"])
def test_a_file_that_cannot_be_right_is_not_sent(app: Page, tmp_path: Path, header: str, words: str) -> None:
    choose(app, tmp_path, header)
    expect(panel(app).locator(".field-error")).to_contain_text(words)
    expect(panel(app).get_by_role("button", name="Import")).to_be_disabled()
    expect(panel(app).get_by_label("File")).to_have_attribute("aria-invalid", "true")


def test_an_import_is_stopped_and_says_how_far_it_came(app: Page, mock: Mock, tmp_path: Path) -> None:
    choose(app, tmp_path, HEADER + "".join(f"{1700000000000 + at * 1000},2.1,54.{'0' * 60}\n" for at in range(140_000)))
    mock.control("delay", milliseconds=1500)
    panel(app).get_by_role("button", name="Import").click()
    expect(panel(app).get_by_role("progressbar")).not_to_have_attribute("value", "0", timeout=20_000)
    panel(app).get_by_role("button", name="Stop").press("Enter")
    expect(panel(app)).to_contain_text(re.compile(r"Stopped after line [\d,]+\. Stopped\. What came before is stored"))


def test_an_import_that_the_server_breaks_off_says_why(app: Page, mock: Mock, tmp_path: Path) -> None:
    choose(app, tmp_path, HEADER + "1700000000000,2.1,54\n1700000001000,2.1,54\n")
    mock.control("fail-import")
    panel(app).get_by_role("button", name="Import").click()
    expect(panel(app)).to_contain_text("The database cannot be reached.")
    expect(panel(app).locator(".test-result.is-bad")).to_be_visible()
    expect(panel(app).get_by_role("button", name="Import")).to_be_enabled()


def test_the_format_of_a_file_is_shown_from_the_profile(app: Page) -> None:
    app.goto("/devices/motor-03")
    panel(app).get_by_text("What the file looks like").click()
    expect(panel(app)).to_contain_text("ts,vibration,temperature,current,running")


def test_storage_tells_bytes_growth_and_until_when(app: Page) -> None:
    app.goto("/")
    app.get_by_role("navigation", name="Main").get_by_role("link", name="Storage").click()
    expect(app.get_by_role("heading", name="Storage", level=1)).to_be_focused()
    figures = app.locator(".key-figures")
    expect(figures).to_contain_text("One value takes30bytes")
    expect(figures).to_contain_text("3.43 bytes once its month is packed")
    expect(figures).to_contain_text("2 yearsleft")
    expect(figures.get_by_role("img")).to_have_attribute("aria-label", "41 % used")
    expect(app.locator("#partitions tr", has_text="90 days")).to_have_count(1)
    expect(app.locator("tr", has_text="Packing")).to_have_count(1)


def test_how_long_readings_are_kept_is_said_before_it_is_saved(app: Page) -> None:
    app.goto("/admin/profiles/motor")
    keep = app.get_by_label("Raw readings are kept", exact=True)
    expect(keep).to_have_value("")
    expect(app.get_by_text("Nothing is deleted.")).to_be_visible()
    keep.select_option("days")
    days = app.get_by_label("Days that raw readings are kept")
    expect(days).to_have_value("90")
    expect(app.get_by_text("once it is older than 90 days")).to_be_visible()
    days.fill("30")
    app.get_by_role("button", name="Save").click()
    expect(app.get_by_text("Profile saved")).to_be_visible()
    assert app.request.get(urljoin(app.url, "/api/v1/profiles/motor")).json()["retention"] == "P30D"
    app.reload()
    expect(days).to_have_value("30")
    keep.select_option("")
    app.get_by_role("button", name="Save").click()
    expect(app.get_by_text("Profile saved")).to_be_visible()
    assert app.request.get(urljoin(app.url, "/api/v1/profiles/motor")).json()["retention"] is None
