"""What is live: values, alarms and orders arrive by themselves; a lost connection resumes without a gap."""

import re

from playwright.sync_api import Page, expect

from conftest import Mock


def open_count(app: Page) -> int:
    return int(re.sub(r"\D", "", app.locator(".nav-badge").inner_text()))


def test_values_move(app: Page) -> None:
    app.goto("/devices/motor-03")
    value = app.locator(".values .value").first
    expect(value).not_to_have_text("–")
    before = value.inner_text()
    expect(value).not_to_have_text(before)
    expect(app.locator(".badge", has_text="Reporting")).to_be_visible()


def test_a_new_alarm_slides_in_and_is_spoken(app: Page, mock: Mock) -> None:
    app.goto("/alarms")
    expect(app.locator(".alarm-table tbody tr")).to_have_count(4)
    mock.control("alarm")
    first = app.locator(".alarm-table tbody tr").first
    expect(first).to_contain_text("Bearing temperature high")
    expect(first.locator(".order-link")).to_contain_text("WO-")
    expect(app.locator("[aria-live=assertive]")).to_have_text("New high alarm: Bearing temperature high, Motor 1.3")
    expect(app.locator(".nav-badge")).to_contain_text("5")


def test_acknowledging_with_a_note(app: Page) -> None:
    app.goto("/alarms")
    row = app.locator(".alarm-table tbody tr").first
    row.get_by_role("button", name="Acknowledge").click()
    app.get_by_label("Note (optional)").fill("On my way")
    app.get_by_role("dialog").get_by_role("button", name="Acknowledge").click()
    expect(row).to_contain_text("Acknowledged by Ada Jansen")
    expect(row.get_by_role("button")).to_have_count(0)


def test_orders_appear_and_a_failed_one_is_retried(app: Page, mock: Mock) -> None:
    app.goto("/orders")
    rows = app.locator(".order-table tbody tr")
    expect(rows.first).to_be_visible()
    mock.control("alarm")
    expect(rows.first).to_contain_text("Bearing temperature high")
    failed = app.locator(".order-table tr", has=app.get_by_role("button", name="Retry"))
    failed.get_by_role("button", name="Retry").click()
    expect(failed).to_have_count(0)


def test_the_overview_follows(app: Page, mock: Mock) -> None:
    app.goto("/")
    alarms = app.locator(".key-figure", has_text="Open alarms").locator(".figure")
    expect(alarms).to_have_text("4")
    mock.control("alarm", rule="vibration-high", device="motor-08")
    expect(alarms).to_have_text("5")
    expect(app.locator(".alarm-list li").first).to_contain_text("Vibration high")


def test_a_lost_connection_is_said_and_resumes_from_the_cursor(app: Page, mock: Mock) -> None:
    app.goto("/alarms")
    expect(app.locator(".topbar .live-indicator, .sidebar .live-indicator").last).to_contain_text("Live")
    mock.control("refuse-live", on="true")
    mock.control("drop")
    expect(app.locator("pw-banner")).to_contain_text("Connection lost")
    mock.control("alarm", rule="co2-high", device="floor-3")
    mock.control("refuse-live", on="false")
    expect(app.locator(".alarm-table tbody tr").first).to_contain_text("Floor 3")
    expect(app.locator("pw-banner")).to_be_empty()
    assert open_count(app) == 5


def test_try_again_later_resumes_at_once_without_a_banner(app: Page, mock: Mock) -> None:
    app.goto("/alarms")
    expect(app.locator(".alarm-table tbody tr")).to_have_count(4)
    mock.control("drop", code=1013)
    mock.control("alarm")
    expect(app.locator(".alarm-table tbody tr")).to_have_count(5)
    expect(app.locator("pw-banner")).to_be_empty()


def test_values_go_on_after_a_reconnect(app: Page, mock: Mock) -> None:
    app.goto("/devices/silo-1-level")
    value = app.locator(".values .value").first
    expect(value).not_to_have_text("–")
    mock.control("drop")
    before = value.inner_text()
    expect(value).not_to_have_text(before)


def test_a_missing_broker_and_database_are_said(app: Page, mock: Mock) -> None:
    app.goto("/alarms")
    mock.control("health", broker="false")
    expect(app.locator("pw-banner")).to_contain_text("The MQTT broker cannot be reached.")
    mock.control("health", broker="true", database="false")
    expect(app.locator("pw-banner")).to_contain_text("The database cannot be reached.")
    mock.control("health", database="true")
    expect(app.locator("pw-banner")).to_be_empty()


def test_a_database_missing_from_the_start_is_waited_for(app: Page, mock: Mock) -> None:
    mock.control("health", database="false")
    app.goto("/alarms")
    expect(app.get_by_role("alert")).to_contain_text("database")
    mock.control("health", database="true")
    app.get_by_role("button", name="Try again").click()
    expect(app.get_by_role("heading", name="Alarms")).to_be_visible()


def test_a_warning_of_the_server_is_shown_until_it_is_read(app: Page, mock: Mock) -> None:
    mock.control("warn", text="The%20broker%20lost%203%20messages.")
    app.goto("/alarms")
    expect(app.locator("pw-banner")).to_contain_text("Warning. The broker lost 3 messages.")
    app.get_by_role("button", name="Dismiss this warning").press("Enter")
    expect(app.locator("pw-banner")).to_be_empty()
    app.reload()
    expect(app.locator(".alarm-table tbody tr").first).to_be_visible()
    expect(app.locator("pw-banner")).to_be_empty()
    mock.control("warn", text="The%20broker%20lost%204%20messages.")
    expect(app.locator("pw-banner")).to_contain_text("lost 4 messages")
