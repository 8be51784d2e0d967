"""The real program: sign-in by the printed link, pages with live data, an alarm that becomes an order by itself."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from conftest import Demo
from test_pages import violations

pytestmark = pytest.mark.demo


@pytest.fixture(scope="module")
def signed_in(browser: Browser, demo: Demo) -> Iterator[Page]:
    page = browser.new_page()
    page.set_default_timeout(20_000)
    page.goto(demo.sign_in)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Overview")).to_be_visible(timeout=20_000)
    yield page
    page.close()


@pytest.mark.parametrize("path", ["/", "/alarms", "/orders", "/inventory", "/plant", "/quarantine", "/rejected", "/admin/profiles", "/admin/assets",
                                  "/admin/devices", "/admin/rules", "/admin/connectors", "/admin/mappings"])
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
