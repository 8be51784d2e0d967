"""Charts and the map."""

import re

from playwright.sync_api import Page, expect

from conftest import Complaints


def test_a_chart_says_what_it_shows_also_as_a_table(app: Page) -> None:
    app.goto("/devices/motor-03")
    chart = app.locator("pw-chart").first
    expect(chart.get_by_role("img")).to_have_attribute("aria-label", re.compile(r"Vibration from .* lowest .* mm/s, highest .*, last "))
    chart.get_by_role("button", name="Table").click()
    expect(chart.locator("tbody tr")).not_to_have_count(0)
    expect(chart.get_by_role("columnheader", name="Highest (mm/s)")).to_be_visible()


def test_spans_zoom_and_reset(app: Page) -> None:
    app.goto("/devices/motor-03")
    over = app.locator("pw-chart .u-over").first
    expect(over).to_be_visible()
    app.get_by_text("24 h").click()
    expect(app.locator(".chart-alarm").first).to_be_attached()
    app.locator(".charts:not([aria-busy])").wait_for()
    box = over.bounding_box()
    app.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + 120)
    app.mouse.down()
    app.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 120, steps=4)
    app.mouse.up()
    reset = app.get_by_role("button", name="Reset zoom")
    expect(reset).to_be_visible()
    reset.click()
    expect(reset).to_have_count(0)


def test_alarms_and_orders_on_the_time_axis_are_links(app: Page) -> None:
    app.goto("/devices/motor-03")
    app.get_by_text("24 h").click()
    app.locator(".chart-alarm a").first.click()
    expect(app.get_by_role("heading", name="Alarms")).to_be_visible()
    app.go_back()
    app.get_by_text("24 h").click()
    app.locator("a.chart-order").first.click()
    expect(app.locator(".trace")).to_be_visible()


def test_states_are_a_strip(app: Page) -> None:
    app.goto("/devices/floor-1")
    app.get_by_text("7 d").click()
    expect(app.locator("pw-state-strip .stretch").first).to_be_attached()
    expect(app.locator("pw-state-strip").get_by_role("img")).to_have_attribute("aria-label", re.compile("Mode: "))


def test_the_map_draws_and_its_list_says_the_same(app: Page, complaints: Complaints) -> None:
    app.goto("/")
    app.locator("pw-map[ready]").wait_for(timeout=20_000)
    app.get_by_text("List", exact=True).click()
    first = app.locator(".sites-card tbody tr").first
    expect(first).to_contain_text("Truck 4")
    expect(first).to_contain_text("Critical alarm")
    assert complaints == []


def test_without_webgl_the_list_is_shown(app: Page) -> None:
    app.add_init_script("HTMLCanvasElement.prototype.getContext = () => null")
    app.goto("/")
    expect(app.locator(".sites-card tbody tr").first).to_contain_text("Truck 4")
    expect(app.locator("pw-map")).to_have_count(0)
