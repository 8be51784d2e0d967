"""Deliveries and orders: approving, retrying, editing, what a person must decide, the ERP's own word, evidence."""

import re

import pytest
from playwright.sync_api import Page, expect

from conftest import Complaints, Mock
from test_pages import violations


def delivery(app: Page, mock: Mock, **wanted: str | None) -> str:
    items = app.request.get(f"{mock.url}/api/v1/deliveries?limit=200").json()["items"]
    return next(item["id"] for item in items if all(item[name] == value for name, value in wanted.items()))


def stored(app: Page, mock: Mock, which: str) -> dict:
    return app.request.get(f"{mock.url}/api/v1/deliveries/{which}").json()


def test_a_held_delivery_is_approved_with_a_note(app: Page, mock: Mock, complaints: Complaints) -> None:
    app.goto("/orders")
    app.get_by_label("To approve").focus()
    app.get_by_label("To approve").check(force=True)
    expect(app).to_have_url(re.compile("state=held"))
    rows = app.locator(".order-table tbody tr")
    expect(rows).to_have_count(2)
    rows.first.get_by_role("link", name="Decide").press("Enter")
    expect(app.get_by_role("heading", name="Shall it be sent?")).to_be_visible()
    expect(app.get_by_role("heading", name="Would be sent")).to_be_visible()
    assert complaints == []
    which = app.url.split("/")[-1]
    app.get_by_label("Note (optional)").fill("Agreed with the night shift")
    app.get_by_role("button", name="Approve and send").press("Enter")
    expect(app.get_by_role("heading", name="Shall it be sent?")).to_have_count(0)
    found = stored(app, mock, which)
    assert (found["state"], found["note"], found["approvedBy"]) == ("waiting", "Agreed with the night shift", "Ada Jansen")


def test_a_held_delivery_is_rejected(app: Page, mock: Mock) -> None:
    which = delivery(app, mock, state="held")
    app.goto(f"/deliveries/{which}")
    app.get_by_role("button", name="Reject").click()
    expect(app.get_by_role("heading", name="It was not delivered")).to_be_visible()
    expect(app.locator(".care-card")).to_contain_text("Not approved.")
    assert stored(app, mock, which)["reason"] == "rejected"


def test_an_unknown_outcome_is_explained_and_decided(app: Page, mock: Mock, complaints: Complaints) -> None:
    which = delivery(app, mock, reason="outcome-unknown")
    app.goto(f"/deliveries/{which}")
    card = app.locator(".care-card")
    expect(card).to_contain_text("Sending it again could make a second one")
    expect(card.get_by_label("What to search for in the ERP")).to_have_text(re.compile("^pw-"))
    expect(card.get_by_role("button", name="Retry")).to_have_count(0)
    assert complaints == []
    assert violations(app) == []
    with app.expect_request(lambda request: request.url.endswith("/retry")) as sent:
        card.get_by_role("button", name="It is not there: send it").press("Enter")
    assert sent.value.post_data_json == {"knownAbsent": True}
    expect(card).to_have_count(0)


def test_fields_are_changed_and_the_delivery_retried(app: Page, mock: Mock) -> None:
    which = delivery(app, mock, reason="equipment-unknown")
    app.goto(f"/deliveries/{which}")
    app.get_by_role("button", name="Change fields").press("Enter")
    title = app.get_by_label("Title")
    expect(title).to_be_focused()
    title.fill("")
    app.get_by_role("button", name="Save and retry").press("Enter")
    expect(title).to_have_attribute("aria-invalid", "true")
    expect(app.locator(".field", has=title)).to_contain_text("is required")
    title.fill("Vibration at conveyor 3")
    app.get_by_label("Equipment").fill("EQ-1007")
    app.keyboard.press("Enter")
    expect(app.locator(".care-card")).to_have_count(0)
    found = stored(app, mock, which)
    assert found["state"] == "waiting" and found["fields"]["equipment"] == "EQ-1007"


def test_many_are_retried_but_not_those_that_may_be_doubled(app: Page, mock: Mock) -> None:
    app.goto("/orders?state=dead")
    expect(app.locator(".order-table tbody tr")).to_have_count(2)
    app.get_by_label("Reason").select_option("outcome-unknown")
    expect(app.get_by_role("button", name="Retry it")).to_be_hidden()
    app.get_by_label("Reason").select_option("equipment-unknown")
    expect(app.locator(".order-table tbody tr")).to_have_count(1)
    with app.expect_request(lambda request: request.url.endswith("/deliveries/retry")) as sent:
        app.get_by_role("button", name="Retry it").press("Enter")
    assert sent.value.post_data_json == {"reason": "equipment-unknown"}
    expect(app.get_by_text("1 delivery tried again")).to_be_visible()
    expect(app.locator(".order-table tbody tr")).to_have_count(1)
    expect(app.locator(".order-table tbody tr")).to_contain_text("Nobody knows whether the ERP has it")


def test_a_dismissal_can_be_taken_back(app: Page, mock: Mock) -> None:
    which = delivery(app, mock, reason="equipment-unknown")
    app.goto("/orders?state=dead")
    row = app.locator(f'tr[data-key="{which}"]')
    row.get_by_role("button", name="Dismiss").press("Enter")
    expect(row).to_have_count(0)
    app.get_by_role("button", name="Undo").press("Enter")
    expect(row).to_be_visible()
    row.get_by_role("button", name="Dismiss").click()
    expect(row).to_have_count(0)
    assert stored(app, mock, which)["state"] == "dead"
    app.goto("/orders?state=dismissed")
    expect(app.locator(f'tr[data-key="{which}"]')).to_be_visible()


def test_the_time_line_shows_each_exchange(app: Page, mock: Mock, complaints: Complaints) -> None:
    app.context.grant_permissions(["clipboard-read", "clipboard-write"])
    app.goto(f"/deliveries/{delivery(app, mock, externalId='MR-88', operation='work-order.create')}")
    line = app.locator(".attempts > li")
    expect(line).to_have_count(3)
    expect(line.nth(0)).to_contain_text("Try again later")
    expect(line.nth(1)).to_contain_text("Not found")
    line.nth(0).locator("summary").press("Enter")
    expect(line.nth(0).get_by_role("heading", name="Request 2")).to_be_visible()
    expect(line.nth(0)).to_contain_text("connection reset by peer")
    line.nth(0).get_by_role("button", name="Copy request 1").press("Enter")
    expect(line.nth(0).get_by_role("button", name="Copied request 1")).to_be_visible()
    assert app.evaluate("navigator.clipboard.readText()").startswith("POST https://odoo.lowlands.example/jsonrpc")
    expect(app.locator(".facts", has_text="Approved by")).to_contain_text("Ada Jansen")
    assert complaints == []
    assert violations(app) == []


def test_a_paused_connector_is_said_above_its_deliveries(app: Page, mock: Mock) -> None:
    app.request.post(f"{mock.url}/api/v1/connectors/odoo/pause")
    app.goto("/orders?connector=odoo")
    notice = app.locator(".notices", has_text="Odoo maintenance is paused.").first
    expect(notice).to_be_visible()
    expect(app.get_by_label("Connector")).to_have_value("odoo")
    app.get_by_role("button", name="Resume deliveries").press("Enter")
    expect(app.locator(".notice")).to_have_count(0)


def test_work_orders_tell_the_erps_word(app: Page, complaints: Complaints) -> None:
    app.goto("/work-orders")
    table = app.locator(".work-order-table")
    expect(table.locator("tr", has_text="MR/0088")).to_contain_text("Joris Bakker")
    expect(table.locator("tr", has_text="WO-1007")).to_contain_text("Bearing replaced, belt tightened")
    expect(table.locator("tr", has_text="WO-1007")).to_contain_text("€214.50")
    expect(table.locator("tr", has_text="MR/0071")).to_contain_text("deleted in the ERP")
    expect(app.locator(".notice")).to_contain_text("1 order is gone from the ERP.")
    assert complaints == []
    app.get_by_label("Made by").select_option("erp")
    expect(table.locator("tbody tr")).to_have_count(1)
    expect(table.locator("tbody tr")).to_contain_text("Made by hand")
    app.get_by_label("Made by").select_option("")
    app.get_by_label("All", exact=True).focus()
    app.keyboard.press("ArrowRight")
    app.keyboard.press("ArrowRight")
    expect(app).to_have_url(re.compile("phase=in-progress"))
    expect(table.locator("tbody tr")).to_have_count(1)
    app.get_by_placeholder("Number, title").fill("nobody")
    expect(app.get_by_text("None of these")).to_be_visible()
    assert violations(app) == []


def test_alarms_show_the_outcome_of_their_order(app: Page) -> None:
    app.goto("/alarms?state=cleared")
    expect(app.locator(".alarm-table tr", has_text="WO-1007")).to_contain_text("Bearing replaced, belt tightened")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_evidence_tells_all(app: Page, mock: Mock, complaints: Complaints, dark: bool) -> None:
    app.emulate_media(color_scheme="dark" if dark else "light")
    which = delivery(app, mock, externalId="MR-88", operation="work-order.create")
    app.goto(f"/deliveries/{which}")
    app.get_by_role("link", name="Evidence").press("Enter")
    expect(app.get_by_role("heading", level=1)).to_be_focused()
    page = app.locator(".evidence")
    expect(page.locator(".story li")).to_have_count(7)
    expect(page.locator("pw-chart canvas")).to_have_count(2)
    expect(page).to_contain_text("temperature > 80")
    expect(page).to_contain_text("Agreed with the night shift.")
    expect(page.locator(".difference")).to_contain_text("Bearing of ${asset.name}")
    expect(page.locator(".exchange").first).to_be_visible()
    expect(page).to_contain_text("Joris Bakker")
    picture = page.get_by_role("img", name="up to the alarm")
    picture.scroll_into_view_if_needed()
    expect(picture).to_have_js_property("complete", True)
    expect(page).to_contain_text("It goes to the order as a file")
    assert complaints == []
    assert violations(app) == []
    app.set_viewport_size({"width": 360, "height": 740})
    assert app.evaluate("document.documentElement.scrollWidth") <= 360


def test_the_evidence_is_printed_on_light_paper_and_nothing_else_is(app: Page, mock: Mock) -> None:
    app.emulate_media(color_scheme="dark")
    app.goto(f"/deliveries/{delivery(app, mock, externalId='MR-88', operation='work-order.create')}/evidence")
    expect(app.locator(".evidence pw-chart canvas").first).to_be_visible()
    app.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    expect(app.locator("html")).to_have_attribute("data-theme", "light")
    app.emulate_media(media="print")
    expect(app.get_by_role("navigation", name="Main")).to_be_hidden()
    expect(app.get_by_role("button", name="Print or save")).to_be_hidden()
    expect(app.locator(".story")).to_be_visible()
    app.emulate_media(media="screen")
    app.evaluate("window.dispatchEvent(new Event('afterprint'))")
    expect(app.locator("html")).not_to_have_attribute("data-theme", "light")


def test_a_chart_leads_to_the_orders_of_its_time(app: Page) -> None:
    app.goto("/devices/motor-03")
    app.get_by_text("24 h", exact=True).click()
    orders = app.locator(".span-orders")
    expect(orders.get_by_role("heading")).to_contain_text("Orders in this time")
    expect(orders.locator("li", has_text="MR/0090")).to_contain_text("made by hand")
    app.get_by_text("15 min", exact=True).click()
    expect(orders.get_by_role("heading")).to_have_count(0)
    app.get_by_text("7 d", exact=True).click()
    orders.get_by_role("link", name="Evidence of WO-1007").press("Enter")
    expect(app.locator(".evidence")).to_contain_text("Bearing replaced, belt tightened")


def test_a_change_elsewhere_keeps_what_is_being_written(app: Page, mock: Mock) -> None:
    which = delivery(app, mock, state="held")
    app.goto(f"/deliveries/{which}")
    note = app.get_by_label("Note (optional)")
    note.fill("Agreed with the night")
    attempts = app.locator(".facts div", has=app.get_by_text("Attempts", exact=True)).locator("dd")
    expect(attempts).to_have_text("0")
    mock.control("attempt", delivery=which)
    expect(attempts).to_have_text("1")
    expect(note).to_be_focused()
    app.keyboard.type(" shift")
    expect(note).to_have_value("Agreed with the night shift")
    app.get_by_role("button", name="Approve and send").click()
    expect(note).to_have_count(0)


def test_figures_of_stock_are_compared_with_the_erps(app: Page) -> None:
    app.goto("/inventory")
    rows = app.locator("tbody tr")
    expect(rows).to_have_count(3)
    expect(rows.nth(0)).to_contain_text("Polypropylene granulate")
    expect(rows.nth(0)).to_contain_text("kg")
    expect(rows.nth(0)).to_contain_text("PP-GRANULATE · Odoo maintenance · WH/Stock")
    app.get_by_role("button", name="Compare with the ERP").press("Enter")
    expect(rows.nth(0).locator(".badge")).to_contain_text(re.compile("more|less"))
    expect(rows.nth(0)).to_contain_text("640 not promised")
    expect(rows.nth(1)).to_contain_text("No connection to odoo.lowlands.example could be made.")
    expect(rows.nth(2)).to_contain_text("The same")
    expect(app.get_by_role("status").filter(has_text="differ")).to_contain_text("1 figure differs from the ERP’s; 1 item could not be asked for.")
    expect(app.get_by_role("button", name="Compare with the ERP")).to_be_enabled()
    assert violations(app) == []
