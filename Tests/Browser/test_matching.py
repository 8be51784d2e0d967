"""Which equipment of the ERP is which asset: reading, proposals, links in bulk, searching, drift."""

from playwright.sync_api import Page, expect

from conftest import Complaints, Mock
from test_pages import violations

PATH = "/admin/connectors/odoo/matching"


def read(app: Page) -> None:
    app.goto(PATH)
    app.get_by_role("button", name="Read from the ERP").press("Enter")
    expect(app.locator(".matching-table tbody tr").first).to_be_visible()


def row(app: Page, text: str):
    return app.locator(".matching-table tbody tr", has_text=text)


def show(app: Page, state: str) -> None:
    app.locator(".segmented", has_text="All").get_by_text(state).click()


def test_nothing_is_there_before_the_first_reading(app: Page, mock: Mock, complaints: Complaints) -> None:
    app.goto("/admin/connectors/odoo")
    app.get_by_role("link", name="Match equipment").press("Enter")
    expect(app.get_by_text("Nothing was read yet")).to_be_visible()
    assert complaints == []
    assert violations(app) == []
    app.get_by_role("button", name="Read from the ERP").click()
    expect(app.get_by_role("progressbar", name="Reading the equipment")).to_be_visible()
    expect(app.get_by_text("Read from Odoo maintenance", exact=True)).to_be_visible()
    expect(app.locator(".matching-table tbody tr")).to_have_count(6)
    expect(app.get_by_role("button", name="Read again")).to_be_enabled()


def test_a_refusal_says_what_to_do(app: Page, mock: Mock) -> None:
    mock.control("fail-matching", on="true")
    app.goto(PATH)
    app.get_by_role("button", name="Read from the ERP").click()
    expect(app.locator(".notice")).to_contain_text("Give the user the group Equipment Manager.")
    expect(app.get_by_role("button", name="Read from the ERP")).to_be_enabled()


def test_a_kind_without_equipment_says_where_it_is_entered(app: Page, complaints: Complaints) -> None:
    app.goto("/admin/connectors/erp-simulator/matching")
    expect(app.get_by_text("REST has no list of equipment")).to_be_visible()
    expect(app.get_by_role("link", name="Show assets")).to_be_visible()
    expect(app.get_by_role("button", name="Read from the ERP")).to_have_count(0)
    assert complaints == []
    assert violations(app) == []


def test_proposals_say_why(app: Page, complaints: Complaints) -> None:
    read(app)
    expect(row(app, "Conveyor 1.1")).to_contain_text("Very likely, 97 %")
    expect(row(app, "Conveyor 1.1")).to_contain_text("Same serial number SN-4401")
    expect(row(app, "Conveyor 2.5")).to_contain_text("Perhaps, 41 %")
    assert complaints == []
    assert violations(app) == []
    app.set_viewport_size({"width": 360, "height": 740})
    assert app.evaluate("document.documentElement.scrollWidth") <= 360


def test_many_are_linked_at_once(app: Page) -> None:
    read(app)
    app.get_by_label("Conveyor 1.1 is EQ-1001 Conveyor motor 1.1").press("Space")
    app.get_by_label("Conveyor 2.4 is EQ-1010 Conveyor motor 2.4").press("Space")
    with app.expect_request(lambda request: request.url.endswith("/links")) as sent:
        app.get_by_role("button", name="Link 2").press("Enter")
    assert sent.value.post_data_json == {"links": [{"asset": "motor-01-unit", "reference": "EQ-1001"}, {"asset": "motor-10-unit", "reference": "EQ-1010"}]}
    expect(app.get_by_text("2 assets linked")).to_be_visible()
    expect(app.locator(".matching-table tbody tr")).to_have_count(4)
    app.get_by_label("Choose all 4 proposals shown").check()
    app.get_by_role("button", name="Link 4").click()
    expect(app.get_by_text("None of these")).to_be_visible()
    show(app, "Linked 7")
    expect(app.locator(".matching-table tbody tr")).to_have_count(7)


def test_the_other_half_is_searched_by_keyboard(app: Page) -> None:
    read(app)
    show(app, "Assets without")
    row(app, "Conveyor 2.3").get_by_role("button", name="Find equipment").press("Enter")
    dialog = app.get_by_role("dialog", name="Which equipment is Conveyor 2.3?")
    expect(dialog.get_by_role("searchbox")).to_be_focused()
    app.keyboard.type("compressor")
    expect(dialog.get_by_role("radio")).to_have_count(1)
    app.keyboard.press("Enter")
    expect(dialog).to_contain_text("Choose one of these first.")
    app.keyboard.press("Space")
    expect(dialog.get_by_role("button", name="Link to EQ-2001 Compressor 1")).to_be_visible()
    app.keyboard.press("Enter")
    expect(dialog).to_have_count(0)
    expect(row(app, "Conveyor 2.3")).to_have_count(0)
    show(app, "Linked 2")
    expect(row(app, "Conveyor 2.3")).to_contain_text("EQ-2001")


def test_equipment_finds_its_asset(app: Page) -> None:
    read(app)
    show(app, "Equipment without")
    row(app, "Compressor 1").get_by_role("button", name="Find asset").click()
    dialog = app.get_by_role("dialog")
    dialog.get_by_role("searchbox").fill("silo raw")
    dialog.get_by_text("Silo 1").click()
    dialog.get_by_role("button", name="Link to Silo 1").click()
    show(app, "Linked 2")
    expect(row(app, "Silo 1")).to_contain_text("EQ-2001")


def test_a_link_is_taken_away_and_back(app: Page, mock: Mock) -> None:
    read(app)
    show(app, "Linked 1")
    row(app, "Conveyor 1.3").get_by_role("button", name="Unlink").press("Enter")
    expect(row(app, "Conveyor 1.3")).to_have_count(0)
    app.get_by_role("button", name="Undo").press("Enter")
    expect(row(app, "Conveyor 1.3")).to_contain_text("EQ-1003")


def test_drift_and_duplicates_are_said(app: Page) -> None:
    read(app)
    show(app, "Changed 2")
    expect(row(app, "Conveyor 1.5")).to_contain_text("Retired in the ERP since it was linked")
    expect(row(app, "Conveyor 1.6")).to_contain_text("which the ERP no longer has")
    show(app, "Linked twice")
    expect(app.locator(".matching-table tbody tr")).to_have_count(2)
    expect(row(app, "Conveyor 2.1")).to_contain_text("Two assets are linked to EQ-1007")


def test_words_narrow_the_list(app: Page) -> None:
    read(app)
    app.get_by_placeholder("Asset, equipment, serial number").fill("SN-4402")
    expect(app.locator(".matching-table tbody tr")).to_have_count(1)
    expect(app.get_by_label("Choose all 1 proposal shown")).to_be_visible()
