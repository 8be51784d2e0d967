"""Configuration: forms say mistakes where they are, keep unsaved work, and show what would happen."""

import re
from urllib.parse import urljoin

from playwright.sync_api import Page, expect


def test_a_new_device_gets_its_key_from_its_name(app: Page) -> None:
    app.goto("/admin/devices?new")
    app.get_by_label("Name", exact=True).fill("Motor 3.1 (spare)")
    expect(app.get_by_label("Key", exact=True)).to_have_value("motor-3-1-spare")
    app.get_by_label("Profile").select_option("motor")
    app.get_by_role("button", name="Save").click()
    expect(app.get_by_role("heading", level=1)).to_have_text("Motor 3.1 (spare)")
    expect(app).to_have_url(re.compile("/admin/devices/motor-3-1-spare$"))


def test_mistakes_are_shown_at_their_field(app: Page) -> None:
    app.goto("/admin/rules/bearing-hot")
    condition = app.get_by_label("Raise when")
    condition.fill("temperature")
    app.get_by_role("button", name="Save").click()
    expect(condition).to_be_focused()
    expect(condition).to_have_attribute("aria-invalid", "true")
    expect(app.locator(".field", has=condition)).to_contain_text("must be true or false")
    condition.fill("temperature > 90")
    app.get_by_role("button", name="Save").click()
    expect(app.get_by_text("Rule saved")).to_be_visible()


def test_nothing_unsaved_is_lost(app: Page) -> None:
    app.goto("/admin/assets/haarlem")
    app.get_by_label("Name", exact=True).fill("Haarlem works")
    questions: list[str] = []
    app.once("dialog", lambda dialog: (questions.append(dialog.message), dialog.dismiss()))
    app.get_by_role("link", name="Alarms").click()
    assert questions == ["There are unsaved changes. Leave without saving them?"]
    expect(app.get_by_label("Name", exact=True)).to_have_value("Haarlem works")
    app.get_by_role("button", name="Save").click()
    expect(app.get_by_text("Asset saved")).to_be_visible()
    app.get_by_role("link", name="Alarms").click()
    expect(app.get_by_role("heading", level=1)).to_have_text("Alarms")


def test_deleting_asks_first_and_says_why_not(app: Page) -> None:
    app.goto("/admin/profiles/motor")
    app.get_by_role("button", name="Delete").click()
    app.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(app.locator(".form-summary")).to_contain_text("Devices still use this profile.")


def test_only_a_counter_rolls_over(app: Page) -> None:
    app.goto("/admin/profiles/motor")
    app.get_by_role("button", name="Add a metric").click()
    row = app.get_by_role("group", name=re.compile("Metrics, row")).last
    row.get_by_label("Key in the message").fill("cycles")
    rollover = row.get_by_label("Rolls over at")
    expect(rollover).to_be_hidden()
    row.get_by_label("Kind").select_option("counter")
    rollover.fill("65536")
    app.get_by_role("button", name="Save").click()
    expect(app.get_by_text("Profile saved")).to_be_visible()
    metric = app.request.get(urljoin(app.url, "/api/v1/profiles/motor")).json()["metrics"][-1]
    assert (metric["key"], metric["kind"], metric["rollover"]) == ("cycles", "counter", 65536)
    app.goto("/admin/profiles/motor")
    row = app.get_by_role("group", name=re.compile("Metrics, row")).last
    expect(row.get_by_label("Rolls over at")).to_have_value("65536")
    row.get_by_label("Kind").select_option("gauge")
    expect(row.get_by_label("Rolls over at")).to_be_hidden()


def test_the_mapping_preview_follows_the_typing(app: Page) -> None:
    app.goto("/admin/mappings/bearing-order")
    preview = app.get_by_role("region", name="Preview")
    expect(preview).to_contain_text("http://127.0.0.1:9090/api/orders")
    expect(preview).to_contain_text('"subject": "Bearing of Conveyor 1.3 at 82.4 °C"')
    template = app.get_by_label("Template").first
    template.fill("Look at ${device.name}")
    expect(preview).to_contain_text('"subject": "Look at Motor 1.3"')
    template.fill("Look at ${device.nam}")
    expect(app.locator(".field-error", has_text="is not known here")).to_be_visible()
    expect(template).to_have_attribute("aria-invalid", "true")


def test_names_are_completed(app: Page) -> None:
    app.goto("/admin/mappings/bearing-order")
    template = app.get_by_label("Template").first
    template.fill("")
    template.press_sequentially("At ${vib")
    expect(app.get_by_role("listbox", name="Names").get_by_role("option")).to_contain_text("vibration")
    template.press("Enter")
    expect(template).to_have_value("At ${vibration}")
    app.get_by_role("button", name="asset.key").click()
    expect(template).to_have_value(re.compile(r"\$\{asset\.key\}"))


def test_a_mapping_on_a_metric(app: Page) -> None:
    app.goto("/admin/mappings?new")
    app.get_by_label("Name", exact=True).fill("Silo two")
    app.get_by_text("A metric changes").click()
    app.get_by_label("Profile").select_option("silo")
    app.get_by_label("Metric", exact=True).select_option("level")
    app.get_by_label("Connector").select_option("erp-simulator")
    app.get_by_label("Operation").select_option("stock.set")
    expect(app.get_by_label("Field", exact=True).first).to_have_value("item")
    app.get_by_label("Template").nth(0).fill("PP-2")
    app.get_by_label("Template").nth(1).fill("${round(level, 1)}")
    expect(app.get_by_role("region", name="Preview")).to_contain_text("PUT")
    app.get_by_role("button", name="Save").click()
    expect(app.get_by_role("heading", level=1)).to_have_text("Silo two")


def test_a_connector_keeps_what_the_form_does_not_touch(app: Page) -> None:
    app.goto("/admin/connectors/erp-simulator")
    app.get_by_label("Name", exact=True).fill("Our ERP")
    with app.expect_request(lambda request: request.method == "PUT") as sent:
        app.get_by_role("button", name="Save").click()
    body = sent.value.post_data_json
    assert "credentials" not in body
    assert body["options"]["find"] == {"method": "GET", "path": "/api/orders?reference=${idempotencyKey}", "items": "items", "id": "id"}
    assert body["options"]["status"]["done"] == ["done", "cancelled"]
    assert body["options"]["settle"] == 10
    app.get_by_role("button", name="Check the connection").click()
    expect(app.get_by_text("It works.")).to_be_visible()


def test_pictures_go_where_the_templates_say(app: Page) -> None:
    app.goto("/admin/mappings?new")
    app.get_by_label("Rule", exact=True).select_option("bearing-hot")
    app.get_by_label("Connector").select_option("erp-simulator")
    expect(app.get_by_label("Attach a picture of the readings")).to_be_hidden()
    app.goto("/admin/connectors/erp-simulator")
    call = app.locator("details.call", has=app.get_by_text("Attach a picture to an order", exact=True))
    call.locator("summary").press("Enter")
    call.get_by_label("Path").fill("/api/orders/${id}/files")
    call.get_by_label("Field of a form").fill("file")
    call.get_by_label("Header fields").fill('{"X-Atlassian-Token": "no-check"}')
    call.get_by_label("Find it again").fill('{"path": "/api/orders/${id}/files", "items": "items", "key": "name"}')
    with app.expect_request(lambda request: request.method == "PUT") as sent:
        app.get_by_role("button", name="Save").click()
    assert sent.value.post_data_json["options"]["attach"] == {
        "method": "POST", "path": "/api/orders/${id}/files", "form": "file",
        "headers": {"X-Atlassian-Token": "no-check"},
        "find": {"path": "/api/orders/${id}/files", "items": "items", "key": "name"}}
    app.goto("/admin/mappings?new")
    app.get_by_label("Rule", exact=True).select_option("bearing-hot")
    app.get_by_label("Connector").select_option("erp-simulator")
    expect(app.get_by_label("Attach a picture of the readings")).to_be_visible()
    assert "work-order.attach" not in app.get_by_label("Operation").locator("option").evaluate_all("all => all.map((one) => one.value)")


def test_a_rule_is_tried_on_history(app: Page) -> None:
    app.goto("/admin/rules/bearing-hot")
    app.get_by_role("button", name="Try it").click()
    expect(app.get_by_role("region", name="Backtest")).to_contain_text("in 103,680 readings")
    app.get_by_label("Raise when").fill("temprature > 80")
    app.get_by_role("button", name="Try it").click()
    expect(app.locator(".field-error", has_text="is no metric")).to_be_visible()


def test_an_unknown_device_is_adopted(app: Page) -> None:
    app.goto("/quarantine")
    app.locator("tr", has_text="press-07").get_by_role("link", name="Adopt").click()
    expect(app.get_by_label("Identifier on the wire")).to_have_value("press-07")
    expect(app.get_by_label("Key", exact=True)).to_have_value("press-07")


def test_quarantined_messages_are_dismissed(app: Page) -> None:
    app.goto("/quarantine")
    app.locator("tr", has_text="soil-21").get_by_role("button", name="Dismiss").click()
    app.get_by_role("dialog").get_by_role("button", name="Dismiss").click()
    expect(app.locator("tr", has_text="soil-21")).to_have_count(0)


def address(app: Page, path: str) -> str:
    return urljoin(app.url, path)


def test_a_change_by_someone_else_is_not_overwritten(app: Page) -> None:
    app.goto("/admin/assets/haarlem")
    expect(app.get_by_label("Name", exact=True)).not_to_have_value("")
    theirs = app.request.get(address(app, "/api/v1/assets/haarlem")).json() | {"name": "Theirs"}
    assert app.request.put(address(app, "/api/v1/assets/haarlem"), data=theirs).ok
    app.get_by_label("Name", exact=True).fill("Mine")
    app.get_by_role("button", name="Save").click()
    expect(app.locator(".form-summary")).to_contain_text("Someone else changed this asset meanwhile.")
    assert app.request.get(address(app, "/api/v1/assets/haarlem")).json()["name"] == "Theirs"


def test_a_new_entry_replaces_none(app: Page) -> None:
    app.goto("/admin/devices?new")
    app.get_by_label("Name", exact=True).fill("Another")
    app.get_by_label("Key", exact=True).fill("motor-01")
    app.get_by_label("Profile").select_option("motor")
    app.get_by_role("button", name="Save").click()
    expect(app.locator(".field", has=app.get_by_label("Key", exact=True))).to_contain_text("with this key already")
    assert app.request.get(address(app, "/api/v1/devices/motor-01")).json()["name"] != "Another"
