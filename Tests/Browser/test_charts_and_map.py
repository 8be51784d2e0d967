"""Charts and the map."""

import re
import time
from datetime import datetime
from urllib.parse import parse_qsl, urlsplit

from playwright.sync_api import Page, Route, expect

from conftest import Complaints, Mock
from test_pages import violations


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


def columns(app: Page, path: str, answer: dict) -> None:
    """Answers the readings of a device with columns of the test's own."""
    app.route(re.compile(path), lambda route: route.fulfill(json=answer))


def test_nulls_break_a_line_only_where_nothing_came(app: Page) -> None:
    now = int(time.time() * 1000) // 1000 * 1000
    times = [now - 9000 + at * 1000 for at in range(9)]
    columns(app, "/motor-01/readings[?]", {"bucket": 0, "resolution": "raw", "times": times, "series": {
        "vibration": {"values": [2.0, None, 2.2, None, 2.4, 2.5, 2.6, 2.7, 2.8]},
        "temperature": {"values": [None, 51, None, None, 52, 53, 54, 55, 56]}, "current": {"values": [None] * 9}, "running": {"values": [None] * 9}}})
    app.goto("/devices/motor-01")
    chart = app.locator("pw-chart").first
    chart.get_by_role("button", name="Table").click()
    # The second time holds no vibration, but a temperature: no gap. The fourth holds nothing: a gap, and no row.
    expect(chart.locator("tbody tr").first).to_be_visible()
    texts = chart.locator("tbody td.numeric").all_inner_texts()
    assert "–" not in texts and texts[-3:] == ["2.40", "2.20", "2"]
    expect(app.get_by_text("Every reading", exact=True)).to_be_visible()


def test_sparse_history_is_one_line_and_a_gap_in_it_is_not(app: Page, mock: Mock) -> None:
    mock.control("refuse-live", on="true")
    now = int(time.time() * 1000) // 1000 * 1000
    begin = now - 3_000_000
    # Readings each 300 s with the server's marks between them, then 1,500 s without any.
    times = [begin, begin + 10_000, begin + 300_000, begin + 310_000, begin + 600_000, begin + 610_000, begin + 2_100_000, begin + 2_110_000,
             begin + 2_400_000, begin + 2_410_000, begin + 2_700_000]
    values = [1, None, 1, None, 1, None, 0, None, 0, None, 0]
    columns(app, "/motor-01/readings[?]", {"bucket": 0, "resolution": "raw", "times": times, "series": {
        name: {"values": [None if value is None else bool(value) if name == "running" else value for value in values]}
        for name in ("vibration", "temperature", "current", "running")}})
    app.goto("/devices/motor-01")
    stretches = app.locator("pw-state-strip .stretch")
    expect(stretches).to_have_count(2)
    widths = [float(re.search(r"width: ([0-9.]+)%", stretches.nth(at).get_attribute("style"))[1]) for at in range(2)]
    assert all(16 < width < 18 for width in widths), widths


def test_the_resolution_of_a_chart_is_said(app: Page) -> None:
    app.goto("/devices/motor-03")
    app.get_by_text("7 d").click()
    expect(app.locator(".chart-resolution")).to_have_text(re.compile(r"Lowest, mean and highest per \d+ min"))


def test_a_counter_is_drawn_as_its_increase(timed: Page) -> None:
    hour = int(time.time()) // 3600 * 3_600_000
    times = [hour + at * 60_000 for at in range(4)]
    columns(timed, "/meter-01/readings[?]", {"bucket": 0, "resolution": "raw", "times": times, "series": {
        "flow": {"values": [1, 2, 3, 4]}, "pressure": {"values": [1, 2, 3, 4]}, "total": {"values": [100, 103, 2, 7.5]}}})
    timed.clock.set_fixed_time(hour / 1000 + 600)
    timed.goto("/devices/meter-01")
    chart = timed.locator("pw-chart", has_text="Total volume, increase")
    expect(chart.locator(".chart-readout")).to_have_text("grew by 10.5 m³")
    expect(chart.get_by_role("img")).to_have_attribute("aria-label", re.compile("Total volume from .*: grew by 10.5 m³"))
    chart.get_by_role("button", name="Table").click()
    expect(chart.locator("tbody td.numeric")).to_have_text(["5.50", "2", "3"])


def test_a_counter_that_rolls_over_goes_on(timed: Page) -> None:
    """At 10,000: from 9,990 to 5 it grew by 15; from 2,000 to 3 it was reset."""
    def with_rollover(route: Route) -> None:
        answer = route.fetch()
        body = answer.json()
        for profile in body["items"]:
            profile["metrics"] = [metric | {"rollover": 10_000} if metric["kind"] == "counter" else metric for metric in profile["metrics"]]
        route.fulfill(response=answer, json=body)

    timed.route(re.compile("/api/v1/profiles[?]"), with_rollover)
    # No value of now comes to those given here.
    timed.route_web_socket(re.compile("/live"), lambda _: None)
    hour = int(time.time()) // 3600 * 3_600_000
    columns(timed, "/meter-01/readings[?]", {"bucket": 0, "resolution": "raw", "times": [hour + at * 60_000 for at in range(5)], "series": {
        name: {"values": [9_980, 9_990, 5, 2_000, 3]} for name in ("flow", "pressure", "total")}})
    timed.clock.set_fixed_time(hour / 1000 + 600)
    timed.goto("/devices/meter-01")
    expect(timed.locator("pw-chart", has_text="increase").locator(".chart-readout")).to_have_text("grew by 2,023 m³")


def test_what_grew_between_two_readings_is_spread_over_their_time(timed: Page) -> None:
    hour = int(time.time()) // 3600 * 3_600_000
    columns(timed, "/meter-01/readings[?]", {"bucket": 0, "resolution": "raw", "times": [hour, hour + 120_000, hour + 240_000], "series": {
        name: {"values": [100, 106, 116]} for name in ("flow", "pressure", "total")}})
    timed.clock.set_fixed_time(hour / 1000 + 600)
    timed.goto("/devices/meter-01")
    chart = timed.locator("pw-chart", has_text="increase")
    chart.get_by_role("button", name="Table").click()
    expect(chart.locator("tbody td.numeric")).to_have_text(["5", "5", "3", "3"])


def test_the_increase_of_buckets_is_the_servers(timed: Page) -> None:
    hour = int(time.time()) // 3600 * 3_600_000
    columns(timed, "/meter-01/readings[?]", {"bucket": 60, "resolution": "PT1M", "times": [hour, hour + 60_000, hour + 120_000], "series": {
        name: {"min": [1, 2, None], "max": [1, 2, None], "avg": [1, 2, None], "increase": [4, 6, None]} for name in ("flow", "pressure", "total")}})
    timed.clock.set_fixed_time(hour / 1000 + 600)
    timed.goto("/devices/meter-01")
    expect(timed.locator("pw-chart", has_text="increase").locator(".chart-readout")).to_have_text("grew by 10 m³")


def test_readings_are_downloaded_in_both_formats(app: Page) -> None:
    app.goto("/devices/motor-03")
    for name, path in (("CSV", "readings.csv"), ("NDJSON", "readings.ndjson")):
        link = app.get_by_role("link", name=name, exact=True)
        expect(link).to_have_attribute("href", re.compile(f"/api/v1/devices/motor-03/{path}[?]from=.*&to="))
        expect(link).to_have_attribute("download", f"motor-03.{name.lower()}")


def test_devices_are_compared_in_one_request(app: Page, complaints: Complaints) -> None:
    app.goto("/plant/line-1")
    app.get_by_label("Device or comparison").focus()
    with app.expect_request(lambda request: "/api/v1/readings?" in request.url) as asked:
        app.get_by_label("Device or comparison").select_option("motor/temperature")
    assert "series=motor-01.temperature%2Cmotor-02.temperature" in asked.value.url
    picture = app.locator("pw-compare-chart").get_by_role("img")
    expect(picture).to_have_attribute("aria-label", re.compile("Bearing temperature from .*: Motor 1.1 .* °C.*; Motor 1.6 "))
    expect(app.get_by_label("Device or comparison")).to_be_focused()
    entry = app.locator(".legend-entry", has_text="Motor 1.3")
    expect(entry).to_contain_text("°C")
    entry.press("Space")
    expect(entry).to_have_attribute("aria-pressed", "false")
    app.get_by_text("As tables").click()
    expect(app.locator(".compare-table tbody tr").first).to_be_visible()
    assert complaints == []
    assert violations(app) == []


def test_the_way_of_a_vehicle_follows_the_time_of_the_charts(app: Page, complaints: Complaints) -> None:
    app.goto("/devices/truck-2")
    track = app.locator("#track")
    track.locator("pw-track-map[ready]").wait_for(timeout=20_000)
    expect(track).to_contain_text("points of 3,600")
    expect(track).to_contain_text("km")
    with app.expect_request(lambda request: "/track?" in request.url) as asked:
        app.get_by_text("24 h").click()
    query = dict(parse_qsl(urlsplit(asked.value.url).query))
    assert query["metric"] == "position"
    assert abs(moment(query["to"]) - moment(query["from"]) - 86_400) < 1
    expect(track).to_contain_text("points of 86,400")
    expect(track).to_contain_text("1 stretch without positions")
    with app.expect_request(lambda request: "/track?" in request.url) as closer:
        for _ in range(3):
            track.get_by_role("button", name="Zoom in").click()
    assert float(dict(parse_qsl(urlsplit(closer.value.url).query))["tolerance"]) != float(query["tolerance"])
    assert complaints == []


def moment(text: str) -> float:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def test_a_track_without_webgl_is_told_in_figures(app: Page) -> None:
    app.add_init_script("const get = HTMLCanvasElement.prototype.getContext;"
                        "HTMLCanvasElement.prototype.getContext = function (kind, ...rest) { return /webgl/.test(kind) ? null : get.call(this, kind, ...rest); }")
    app.goto("/devices/truck-2")
    expect(app.locator("#track")).to_contain_text("Distance")
    expect(app.locator("pw-track-map")).to_have_count(0)
