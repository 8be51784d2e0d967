"""The mapping builder: the ERP's own fields, tables, guards, exact requests, dry runs, versions."""

import re

from playwright.sync_api import Page, expect

from conftest import Complaints, Mock
from test_pages import violations


def begin(app: Page, rule: str = "bearing-hot") -> None:
    app.goto("/admin/mappings?new")
    app.get_by_label("Name", exact=True).fill("Bearing to Odoo")
    app.get_by_label("Rule", exact=True).select_option(rule)
    app.get_by_label("Connector").select_option("odoo")


def saved(app: Page) -> dict:
    with app.expect_request(lambda request: request.method == "PUT") as sent:
        app.get_by_role("button", name="Save").click()
    return sent.value.post_data_json


def test_the_fields_are_those_of_the_operation(app: Page, complaints: Complaints) -> None:
    begin(app)
    expect(app.get_by_label("Operation").locator("option").first).to_have_text("Work order: Maintenance request")
    expect(app.get_by_label("Subject")).to_have_value("${rule.name} at ${asset.name}")
    expect(app.locator(".operation-field", has=app.get_by_label("Subject"))).to_contain_text("Required")
    app.locator(".more-fields summary").press("Enter")
    app.get_by_label("Maintenance type", exact=True).first.select_option("corrective")
    team = app.get_by_label("Team", exact=True).first
    expect(team.locator("option")).to_have_text(["Not set", "Internal maintenance", "Electricians", "Night shift", "A template …"])
    team.select_option("2")
    assert complaints == []
    assert violations(app) == []
    fields = saved(app)["fields"]
    assert fields["workType"] == "corrective" and fields["team"] == "2" and fields["priority"] == "${alarm.severity}"
    assert "failureCode" not in fields


def test_a_long_text_is_counted_and_said_to_be_shortened(app: Page) -> None:
    begin(app)
    subject = app.get_by_label("Subject")
    counter = app.locator(".operation-field", has=subject).locator(".counter")
    subject.fill("Too warm")
    expect(counter).to_have_text("8 of 60 characters")
    subject.fill("${asset.name} is much too warm, and somebody has to look after it before the day ends")
    expect(counter).to_have_text("60 of 60 characters, shortened")
    expect(app.get_by_role("region", name="Preview")).to_contain_text("Conveyor 1.3 is much too warm, and somebody has to look aft…")


def test_every_request_is_previewed_in_order(app: Page) -> None:
    begin(app)
    preview = app.get_by_role("region", name="Preview")
    expect(preview.locator(".request h3")).to_have_text(["First", "Then"])
    expect(preview.locator(".request").first).to_contain_text("search")
    expect(preview.locator(".request").last).to_contain_text("create")
    app.get_by_label("Subject").fill("")
    expect(preview.locator(".request").last).not_to_contain_text('"title"')


def test_a_choice_may_be_a_template(app: Page) -> None:
    begin(app)
    priority = app.get_by_role("combobox", name="Priority").first
    assert priority.evaluate("select => select.selectedOptions[0].textContent") == "A template …"
    priority.select_option("3")
    assert saved(app)["fields"]["priority"] == "3"


def test_tables_can_be_used_in_templates(app: Page) -> None:
    begin(app)
    app.get_by_role("button", name="Add a table").press("Enter")
    table = app.locator(".lookup")
    expect(table.get_by_label("Name", exact=True)).to_be_focused()
    table.get_by_label("Name", exact=True).fill("failureCode")
    table.get_by_label("When it is").fill("bearing-hot")
    table.get_by_label("It gives", exact=True).fill("BRG-W")
    table.get_by_label("Anything else gives").fill("OTHER")
    expect(table).to_contain_text("${lookups.failureCode}")
    subject = app.get_by_label("Subject")
    subject.fill("")
    subject.press_sequentially("${looku")
    expect(app.get_by_role("listbox", name="Names").last.or_(app.locator("[role=listbox]:visible")).first).to_be_attached()
    subject.press("Enter")
    expect(subject).to_have_value("${lookups.failureCode}")
    assert saved(app)["lookups"] == {"failureCode": {"expression": "rule.key", "default": "OTHER", "table": {"bearing-hot": "BRG-W"}}}


def test_guards_and_conditions_are_saved(app: Page) -> None:
    begin(app)
    app.get_by_label("Only if").fill("running == true")
    app.get_by_label("A person approves each delivery").check()
    app.get_by_label("One open order for each asset").check()
    app.get_by_label("Attach a picture of the readings").check()
    app.get_by_label("At most, for each asset").fill("2")
    app.get_by_label("When its alarm").select_option("recurred")
    app.get_by_label("Again within", exact=True).fill("7")
    body = saved(app)
    assert body["condition"] == "running == true" and body["approval"] is True and body["attach"] is True
    assert body["attachChart"] is True
    assert body["limits"] == {"perAsset": 2, "per": "P1D"}
    assert body["trigger"] == {"rule": "bearing-hot", "on": "recurred", "within": "P7D"}
    assert not {"window", "step", "deadBand", "factor"} & set(body)


def test_a_consumption_is_booked_by_window(app: Page) -> None:
    app.goto("/admin/mappings?new")
    app.get_by_label("Name", exact=True).fill("Granulate used")
    app.get_by_text("A metric changes").click()
    app.get_by_label("Profile").select_option("silo")
    app.get_by_label("Metric", exact=True).select_option("level")
    app.get_by_label("Connector").select_option("odoo")
    expect(app.get_by_label("Book once every", exact=True)).to_be_hidden()
    app.get_by_label("Operation").select_option("stock.consume")
    app.get_by_label("Book once every", exact=True).fill("4")
    app.get_by_label("Smallest quantity").fill("0,5")
    app.get_by_label("Factor").fill("1000")
    app.get_by_label("Product").fill("PP-GRANULATE")
    expect(app.locator(".operation-field", has=app.get_by_label("Quantity", exact=True))).to_contain_text("Empty: what was measured.")
    body = saved(app)
    assert (body["window"], body["step"], body["factor"], body["deadBand"]) == ("PT4H", 0.5, 1000, None)
    assert body["fields"] == {"item": "PP-GRANULATE"} and not {"attach", "attachChart"} & set(body)
    assert "work-order.attach" not in app.get_by_label("Operation").locator("option").evaluate_all("all => all.map((one) => one.value)")


def test_an_item_is_found_by_its_words(app: Page, complaints: Complaints) -> None:
    app.goto("/admin/mappings?new")
    app.get_by_text("A metric changes").click()
    app.get_by_label("Connector").select_option("odoo")
    app.get_by_label("Operation").select_option("stock.consume")
    app.get_by_role("button", name="Find in the ERP … Product").press("Enter")
    dialog = app.get_by_role("dialog", name="Which item is it?")
    expect(dialog.locator(".item-standing")).to_contain_text("3 items, read from the ERP")
    dialog.get_by_role("button", name="Take").click()
    expect(dialog).to_contain_text("Choose one of these first.")
    dialog.get_by_role("searchbox").fill("bearing")
    expect(dialog.get_by_role("radio")).to_have_count(2)
    dialog.get_by_text("BRG-6305").click()
    expect(dialog.get_by_role("button", name="Take BRG-6305")).to_be_visible()
    dialog.get_by_role("searchbox").fill("granulate")
    expect(dialog.get_by_role("button", name="Take", exact=True)).to_be_visible()
    expect(dialog).to_contain_text("Polypropylene granulate · in kg")
    dialog.get_by_role("button", name="Read again").press("Enter")
    expect(dialog).to_contain_text("The items are being read from the ERP …")
    expect(dialog.locator(".item-standing")).to_contain_text("3 items, read from the ERP")
    dialog.get_by_text("PP-GRANULATE").click()
    dialog.get_by_role("button", name="Take PP-GRANULATE").press("Enter")
    expect(app.get_by_label("Product", exact=True)).to_have_value("PP-GRANULATE")
    expect(app.get_by_label("Product", exact=True)).to_be_focused()
    assert complaints == []
    app.get_by_role("button", name="Find in the ERP … Product").click()
    expect(dialog.get_by_role("radio")).to_have_count(3)
    assert violations(app) == []


def test_a_dry_run_shows_counts_examples_and_the_difference(app: Page, complaints: Complaints) -> None:
    app.goto("/admin/mappings/bearing-order")
    panel = app.get_by_role("region", name="Dry run")
    panel.get_by_label("Days").select_option("90")
    panel.get_by_role("button", name="Run on history").press("Enter")
    expect(panel.get_by_text("41 deliveries in 90 days")).to_be_visible()
    expect(panel).to_contain_text("9 beyond the limit of their asset")
    expect(panel).to_contain_text("3 would fail")
    expect(panel).to_contain_text("4 more, 1 fewer, 12 with another content")
    panel.locator(".dry-examples summary").nth(1).press("Enter")
    expect(panel.locator(".dry-examples .request").first).to_be_visible()
    panel.locator(".dry-examples summary").first.press("Enter")
    expect(panel.locator(".before-after del")).to_have_text("Bearing of Conveyor 1.3")
    assert complaints == []
    assert violations(app) == []


def test_a_dry_run_can_be_cancelled(app: Page, mock: Mock) -> None:
    mock.control("dry-run", step="0.001")
    app.goto("/admin/mappings/bearing-order")
    panel = app.get_by_role("region", name="Dry run")
    panel.get_by_role("button", name="Run on history").press("Enter")
    expect(panel.get_by_role("progressbar", name="Progress of the dry run")).to_be_visible()
    cancel = panel.get_by_role("button", name="Cancel")
    expect(cancel).to_be_focused()
    app.keyboard.press("Enter")
    expect(panel.get_by_text("Cancelled.")).to_be_visible()
    expect(panel.get_by_role("button", name="Run on history")).to_be_enabled()


def test_a_dry_run_says_mistakes_at_their_field(app: Page) -> None:
    app.goto("/admin/mappings?new")
    app.get_by_role("button", name="Run on history").click()
    expect(app.locator(".field", has=app.get_by_label("Connector"))).to_contain_text("Choose a connector.")


def test_versions_tell_what_changed_and_can_be_restored(app: Page) -> None:
    app.goto("/admin/mappings/bearing-order")
    versions = app.locator("#versions")
    expect(versions.locator("h3")).to_have_text(["Version 3", "Version 2", "Version 1"])
    versions.locator("summary").first.press("Enter")
    row = versions.locator("tr", has_text="Field “title”")
    expect(row.locator("del")).to_have_text("Bearing of ${asset.name}")
    expect(row.locator("ins")).to_have_text("Bearing of ${asset.name} at ${round(temperature, 1)} °C")
    expect(versions.locator("tr", has_text="Field “description”")).to_contain_text("not there")
    versions.get_by_role("button", name="Restore version 2").press("Enter")
    expect(app.get_by_label("Template").first).to_have_value("Bearing of ${asset.name}")
    body = saved(app)
    assert "description" not in body["fields"]
    expect(versions.locator("h3").first).to_have_text("Version 4")
    expect(app).to_have_url(re.compile("/admin/mappings/bearing-order$"))
