"""The real program: sign-in by the printed link, pages with live data, an alarm that becomes an order by itself."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from conftest import Demo
from test_pages import violations

pytestmark = pytest.mark.demo


@pytest.fixture(scope="module")
def signed_in(demo_window: BrowserContext) -> Iterator[Page]:
    page = demo_window.new_page()
    yield page
    page.close()


@pytest.mark.parametrize("path", ["/", "/alarms", "/orders", "/inventory", "/plant", "/quarantine", "/rejected", "/admin/profiles", "/admin/assets",
                                  "/admin/devices", "/admin/sources", "/admin/sources/native", "/admin/sources?new", "/admin/storage", "/admin/rules", "/admin/connectors", "/admin/mappings"])
def test_page_is_whole(signed_in: Page, demo: Demo, path: str) -> None:
    signed_in.goto(demo.url + path)
    expect(signed_in.get_by_role("heading", level=1)).to_be_visible()
    signed_in.locator("main:not(:has([aria-busy=true]))").wait_for()
    assert signed_in.locator(".error-state").count() == 0
    assert violations(signed_in) == []


def test_values_move(signed_in: Page, demo: Demo) -> None:
    signed_in.goto(demo.url + "/plant")
    signed_in.locator(".device-card a").first.click()
    value = signed_in.locator(".values .value").first
    expect(value).not_to_have_text("–")
    before = value.inner_text()
    expect(value).not_to_have_text(before, timeout=20_000)


def test_wear_becomes_an_alarm_and_an_order(signed_in: Page, demo: Demo) -> None:
    signed_in.goto(demo.url + "/orders")
    expect(signed_in.locator(".order-table tr", has_text="Delivered").first).to_be_visible(timeout=180_000)
    signed_in.locator(".order-table tr", has_text="Delivered").locator("a.main").first.click()
    expect(signed_in.locator(".trace")).to_be_visible()


def first_device(signed_in: Page, demo: Demo) -> str:
    signed_in.goto(demo.url + "/plant")
    address = signed_in.locator(".device-card a").first.get_attribute("href")
    assert address
    return address


def test_the_ledger_tells_of_today(signed_in: Page, demo: Demo) -> None:
    signed_in.goto(demo.url + first_device(signed_in, demo))
    expect(signed_in.locator("#ledger")).to_contain_text(re.compile(r"All [\d,]+ readings that came today are stored"))
    assert violations(signed_in) == []


def test_native_traffic_is_seen(signed_in: Page, demo: Demo) -> None:
    signed_in.goto(demo.url + "/admin/sources/native")
    rows = signed_in.locator("pw-traffic tbody tr")
    expect(rows.first).to_contain_text("plantwright/v1/")
    expect(rows.first).to_contain_text("Stored")


def test_a_source_is_tried_and_stored(signed_in: Page, demo: Demo) -> None:
    signed_in.goto(demo.url + "/admin/sources?new")
    signed_in.get_by_label("Name", exact=True).fill("Packing")
    signed_in.get_by_label("Topic filter").fill("packing/+/state")
    signed_in.get_by_role("button", name="Example").click()
    preview = signed_in.get_by_role("region", name="Preview")
    expect(preview).to_contain_text("Unknown device device-1")
    expect(preview).to_contain_text("sensors.bearing.tempF")
    signed_in.get_by_role("button", name="Add a field").click()
    row = signed_in.get_by_role("group", name="Fields, row 1")
    row.get_by_label("Metric").fill("temperature")
    row.get_by_label("Path in the message").fill("sensors.bearing.tempF")
    row.get_by_label("Unit there").fill("[degF")
    expect(row.get_by_label("Unit there")).to_have_attribute("aria-invalid", "true")
    row.get_by_label("Unit there").fill("[degF]")
    signed_in.get_by_role("button", name="Save").click()
    expect(signed_in).to_have_url(re.compile("/admin/sources/packing$"))
    expect(signed_in.get_by_text("Nothing came yet")).to_be_visible()
    signed_in.get_by_role("button", name="Delete").click()
    signed_in.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(signed_in.get_by_text("Source deleted")).to_be_visible()


def test_history_is_imported_once(signed_in: Page, demo: Demo, tmp_path: Path) -> None:
    signed_in.goto(demo.url + first_device(signed_in, demo))
    panel = signed_in.locator("#import")
    panel.get_by_text("What the file looks like").click()
    metric = panel.locator("code").first.inner_text().splitlines()[0].split(",")[1]
    file = tmp_path / "history.csv"
    file.write_text(f"ts,{metric}\n" + "".join(f"{1600000000000 + at * 1000},{at % 50}\n" for at in range(3000)) + "yesterday,1\n")
    panel.get_by_label("File").set_input_files(file)
    panel.get_by_role("button", name="Import").click()
    expect(panel).to_contain_text("3,000 readings stored of 3,001; ", timeout=60_000)
    expect(panel.locator("tbody td").first).to_have_text("3,002")
    panel.get_by_role("button", name="Import").click()
    expect(panel).to_contain_text("3,000 told twice", timeout=60_000)
