"""Sources: the form with its sample and preview, live traffic, Sparkplug nodes."""

import re
from urllib.parse import urljoin

from playwright.sync_api import Locator, Page, expect

from conftest import Complaints, Mock


def traffic(app: Page) -> Locator:
    return app.locator("pw-traffic tbody tr")


def use_sample(app: Page) -> None:
    app.goto("/admin/sources/packaging")
    traffic(app).filter(has_text="Stored").first.get_by_role("button", name="Use as sample").click()
    expect(app.get_by_role("region", name="Preview")).to_contain_text("2.40 mm/s")


def test_the_list_shows_every_source_and_what_came(app: Page, complaints: Complaints) -> None:
    app.goto("/admin/sources")
    row = app.locator("tr", has_text="Packaging hall")
    expect(row).to_contain_text("24")
    expect(row).to_contain_text("3 rejected, 3 of unknown devices")
    expect(app.locator("tr", has_text="Old gateway")).to_contain_text("Off")
    expect(app.locator("tr", has_text="Native JSON")).to_contain_text("plantwright/v1/+/telemetry")
    assert complaints == []


def test_the_native_source_is_shown_and_cannot_be_changed(app: Page) -> None:
    app.goto("/admin/sources/native")
    expect(app.get_by_text("Built in; nothing to set")).to_be_visible()
    expect(traffic(app).first).to_contain_text("plantwright/v1/motor-")
    expect(app.get_by_role("button", name="Save")).to_have_count(0)
    expect(app.get_by_role("button", name="Use as sample")).to_have_count(0)


def test_traffic_comes_by_itself_is_paused_and_chosen_by_fate(app: Page, mock: Mock) -> None:
    app.goto("/admin/sources/packaging")
    expect(traffic(app)).to_have_count(24)
    mock.control("message", source="packaging")
    expect(traffic(app)).to_have_count(25)
    app.get_by_role("button", name="Pause").press("Enter")
    mock.control("message", source="packaging")
    expect(app.locator("pw-traffic [role=status]")).to_have_text("Paused; 1 new message")
    expect(traffic(app)).to_have_count(25)
    app.get_by_role("button", name="Go on").press("Enter")
    expect(traffic(app)).to_have_count(26)
    app.get_by_label(re.compile("^Rejected")).check(force=True)
    expect(traffic(app)).to_have_count(4)
    expect(traffic(app).first).to_contain_text("Wrong type: sensors.vibration is a number")
    app.get_by_label(re.compile("^Late")).check(force=True)
    expect(app.get_by_text("None of these")).to_be_visible()


def test_a_message_shows_what_the_source_makes_of_it(app: Page) -> None:
    use_sample(app)
    preview = app.get_by_role("region", name="Preview")
    expect(preview.locator("tr", has_text="sensors.bearing.tempF")).to_contain_text("55.2 °C")
    expect(preview.get_by_role("link")).to_have_attribute("href", re.compile("^/devices/motor-"))
    expect(app.locator(".tree-leaf.is-mapped")).to_have_count(2)


def test_a_clicked_field_becomes_a_metric_by_keyboard(app: Page) -> None:
    use_sample(app)
    app.get_by_role("button", name=re.compile("^pressure: 4.2")).press("Enter")
    dialog = app.get_by_role("dialog")
    expect(dialog.get_by_label("Profile")).to_have_value("motor")
    expect(dialog.get_by_label("Key", exact=True)).to_have_value("pressure")
    expect(dialog.get_by_label("Kind")).to_have_value("gauge")
    dialog.get_by_label("Key", exact=True).fill("oil pressure")
    app.keyboard.press("Enter")
    expect(dialog.locator(".field-error", has_text="letters, digits")).to_be_visible()
    dialog.get_by_label("Key", exact=True).fill("oil_pressure")
    dialog.get_by_label("Name").fill("Oil pressure")
    dialog.get_by_label("Unit (UCUM)").fill("bar")
    app.keyboard.press("Enter")
    expect(dialog).to_have_count(0)
    row = app.get_by_role("group", name="Fields, row 3")
    expect(row.get_by_label("Metric")).to_have_value("oil_pressure")
    expect(row.get_by_label("Path in the message")).to_have_value("sensors.oil.pressure")
    expect(app.get_by_role("region", name="Preview").locator("tr", has_text="sensors.oil.pressure")).to_contain_text("4.20 bar")
    metrics = app.request.get(urljoin(app.url, "/api/v1/profiles/motor")).json()["metrics"]
    assert metrics[-1] == {"key": "oil_pressure", "name": "Oil pressure", "unit": "bar", "kind": "gauge"}
    stored = app.request.get(urljoin(app.url, "/api/v1/sources/packaging")).json()
    assert "oil_pressure" not in stored["fields"]
    app.get_by_role("button", name="Save").click()
    expect(app.get_by_text("Source saved")).to_be_visible()
    stored = app.request.get(urljoin(app.url, "/api/v1/sources/packaging")).json()
    assert stored["fields"] == {"temperature": {"path": "sensors.bearing.tempF", "unit": "[degF]"}, "vibration": "sensors.vibration",
                                "oil_pressure": "sensors.oil.pressure"}


def test_a_field_is_mapped_to_a_metric_that_exists(app: Page) -> None:
    use_sample(app)
    app.get_by_role("button", name="Make sensors.oil.pressure a metric").last.click()
    dialog = app.get_by_role("dialog")
    dialog.get_by_label("Metric", exact=True).select_option("current")
    expect(dialog.get_by_label("Key", exact=True)).to_be_hidden()
    dialog.get_by_role("button", name="Map to this metric").click()
    expect(app.get_by_role("region", name="Preview").locator("tr", has_text="sensors.oil.pressure")).to_contain_text("4.20 A")


def test_conversions_and_their_mistakes_are_shown_at_the_field(app: Page) -> None:
    use_sample(app)
    preview = app.get_by_role("region", name="Preview")
    expression = app.get_by_role("group", name="Fields, row 2").get_by_label("Expression")
    expression.fill("value * 10")
    expect(preview).to_contain_text("24 mm/s")
    expression.fill("vlaue * 10")
    expect(app.locator(".field-error", has_text="does not use value")).to_be_visible()
    expect(expression).to_have_attribute("aria-invalid", "true")
    expression.fill("")
    app.get_by_role("group", name="Fields, row 1").get_by_label("Unit there").fill("[degX]")
    expect(app.locator(".field-error", has_text="no UCUM unit")).to_be_visible()
    app.get_by_role("button", name="Save").click()
    expect(app.get_by_role("group", name="Fields, row 1").get_by_label("Unit there")).to_be_focused()


def test_a_value_that_does_not_fit_is_shown_beside_its_field(app: Page) -> None:
    app.goto("/admin/sources/packaging")
    traffic(app).filter(has_text="Rejected").first.get_by_role("button", name="Use as sample").click()
    row = app.get_by_role("region", name="Preview").locator("tr.has-problem")
    expect(row).to_contain_text("vibration is a number, but the message has “n/a”.")
    expect(app.get_by_role("group", name="Fields, row 2")).to_contain_text("but the message has")


def test_topic_filters_are_explained_and_checked(app: Page) -> None:
    app.goto("/admin/sources?new")
    topics = app.get_by_label("Topic filter")
    topics.fill("plant/+/oven/#")
    expect(app.get_by_text("Takes plant/device-1/oven and everything below it; level 2 may be anything.")).to_be_visible()
    topics.fill("plant/oven+/data")
    topics.blur()
    expect(app.locator(".field-error", has_text="A wildcard stands alone in its level")).to_be_visible()
    app.get_by_text("How topic filters work").click()
    expect(app.get_by_text("this level and all below")).to_be_visible()


def test_a_new_source_is_tried_on_an_example_and_saved(app: Page) -> None:
    app.goto("/admin/sources?new")
    app.get_by_label("Name", exact=True).fill("Ovens")
    app.get_by_label("Topic filter").fill("ovens/+/state")
    app.get_by_label("Decoder").select_option("json")
    app.get_by_role("button", name="Example").click()
    expect(app.get_by_label("Topic", exact=True)).to_have_value("ovens/device-1/state")
    expect(app.get_by_role("region", name="Preview")).to_contain_text("Unknown device device-1")
    app.get_by_label("Topic", exact=True).fill("elsewhere/x")
    expect(app.locator(".field-error", has_text="does not take this topic")).to_be_visible()
    app.get_by_role("button", name="Save").click()
    expect(app).to_have_url(re.compile("/admin/sources/ovens$"))
    expect(app.get_by_text("Nothing came yet")).to_be_visible()


def test_the_options_follow_the_decoder(app: Page) -> None:
    app.goto("/admin/sources/old-gateway")
    expect(app.get_by_label("Delimiter")).to_have_value(";")
    expect(app.get_by_label("Header")).to_have_value("true")
    expect(app.get_by_text("This source is off")).to_be_visible()
    app.get_by_label("Decoder").select_option("chirpstack")
    expect(app.get_by_label("Delimiter")).to_have_count(0)
    expect(app.get_by_label("Identifier of the device")).to_have_attribute("placeholder", "${payload.deviceInfo.devEui}")


def test_unsaved_changes_of_a_source_are_not_lost(app: Page) -> None:
    app.goto("/admin/sources/packaging")
    app.get_by_label("Identifier of the device").fill("${payload.line}")
    questions: list[str] = []
    app.once("dialog", lambda dialog: (questions.append(dialog.message), dialog.dismiss()))
    app.get_by_role("link", name="Alarms").click()
    assert questions == ["There are unsaved changes. Leave without saving them?"]


def test_a_sparkplug_device_is_adopted_with_its_profile(app: Page) -> None:
    app.goto("/admin/sources/sparkplug")
    nodes = app.locator("pw-sparkplug")
    expect(nodes).to_contain_text("Host plantwright online")
    expect(nodes).to_contain_text("2 gaps")
    app.get_by_role("button", name="Rebirth of filling/line-1").press("Enter")
    expect(app.get_by_text("Asked line-1 for its birth certificate")).to_be_visible()
    nodes.locator("summary", has_text="filler").click()
    expect(nodes.locator("tr", has_text="Motor/Speed")).to_contain_text("1441.5")
    app.get_by_role("button", name="Adopt filling/line-1/filler").click()
    app.get_by_role("dialog").get_by_label("Name of the device").fill("Filler 1")
    app.get_by_role("dialog").get_by_role("button", name="Adopt").click()
    expect(nodes.get_by_role("link", name="Filler 1")).to_be_visible()
    device = app.request.get(urljoin(app.url, "/api/v1/devices/filler-1")).json()
    assert (device["profile"], device["identifier"]) == ("filler", "filling/line-1/filler")
    profile = app.request.get(urljoin(app.url, "/api/v1/profiles/filler")).json()
    assert [metric["key"] for metric in profile["metrics"]] == ["bottles", "motor_speed", "running"]
    expect(nodes.get_by_role("link", name="Motor 1.2")).to_have_attribute("href", "/devices/motor-02")


def test_two_paths_make_a_location(app: Page) -> None:
    app.goto("/admin/sources?new")
    app.get_by_label("Name", exact=True).fill("Vans")
    app.get_by_label("Topic filter").fill("vans/+/state")
    app.get_by_label("Topic", exact=True).fill("vans/truck-1/state")
    app.get_by_label("Payload", exact=True).last.fill('{"gps": {"latitude": 52.1, "longitude": 4.9}, "speed": 61}')
    app.get_by_role("button", name="use as location").click()
    dialog = app.get_by_role("dialog")
    expect(dialog.get_by_label("Profile")).to_have_value("truck")
    dialog.get_by_label("Metric", exact=True).select_option("position")
    dialog.get_by_role("button", name="Map to this metric").click()
    expect(app.get_by_label("Path in the message")).to_have_value("gps.latitude, gps.longitude")
    app.get_by_role("button", name="Save").click()
    expect(app).to_have_url(re.compile("/admin/sources/vans$"))
    fields = app.request.get(urljoin(app.url, "/api/v1/sources/vans")).json()["fields"]
    assert fields == {"position": {"lat": "gps.latitude", "lon": "gps.longitude"}}
    expect(app.get_by_label("Path in the message")).to_have_value("gps.latitude, gps.longitude")
