"""Setting a connector up: its kind, its form, the checks, steps in the ERP with consent, pausing, the address for calls."""

import re
from urllib.parse import urljoin

from playwright.sync_api import Page, expect

from conftest import Complaints
from test_pages import violations


def test_a_kind_is_chosen_first(app: Page, complaints: Complaints) -> None:
    app.goto("/admin/connectors?new")
    cards = app.locator(".kind-card")
    expect(cards).to_have_count(4)
    expect(cards.first).to_contain_text("Maintenance, Inventory and Manufacturing")
    expect(cards.last).to_contain_text("REST")
    assert complaints == []
    assert violations(app) == []
    app.get_by_role("link", name="Odoo").focus()
    app.keyboard.press("Enter")
    expect(app.get_by_label("Address")).to_have_attribute("placeholder", "https://odoo.example.com")
    expect(app.get_by_label("Kind", exact=True)).to_have_value("Odoo")


def test_the_form_is_made_of_the_manifest(app: Page) -> None:
    app.goto("/admin/connectors?new&kind=odoo")
    app.get_by_label("Name", exact=True).fill("Our Odoo")
    app.get_by_label("Address").fill("https://odoo.example.com")
    expect(app.get_by_label("Kind of sign-in").locator("option")).to_have_text(["Login and API key", "API key (Odoo 19)"])
    app.get_by_label("Login", exact=True).fill("plantwright")
    app.get_by_label("API key", exact=True).fill("secret")
    expect(app.get_by_label("API key", exact=True)).to_have_attribute("type", "password")
    app.get_by_label("Maintenance team").fill("2")
    app.get_by_label("Maintenance type").select_option("preventive")
    app.get_by_label("Calls per minute").fill("30")
    with app.expect_request(lambda request: request.method == "PUT") as sent:
        app.get_by_role("button", name="Save").click()
    body = sent.value.post_data_json
    assert body["kind"] == "odoo" and body["credentials"] == {"username": "plantwright", "password": "secret"}
    assert body["options"] == {"team": "2", "workType": "preventive", "archive": True}
    assert body["limits"] == {"perMinute": 30, "perHour": None, "concurrent": None}
    expect(app).to_have_url(re.compile("/admin/connectors/our-odoo$"))
    expect(app.get_by_label("Maintenance team")).to_have_value("2")
    expect(app.locator("option", has_text="Electricians")).to_have_count(1)
    expect(app.get_by_label("Kind of sign-in")).to_have_value("unchanged")


def test_options_that_no_field_shows_are_kept(app: Page) -> None:
    app.goto("/admin/connectors/odoo")
    address = urljoin(app.url, "/api/v1/connectors/odoo")
    stored = app.request.get(address).json()
    app.request.put(address, data={**stored, "options": {**stored["options"], "of-tomorrow": 7}})
    app.reload()
    app.get_by_label("Name", exact=True).fill("Odoo")
    with app.expect_request(lambda request: request.method == "PUT") as sent:
        app.get_by_role("button", name="Save").click()
    assert sent.value.post_data_json["options"]["of-tomorrow"] == 7
    assert "paused" not in sent.value.post_data_json and "credentials" not in sent.value.post_data_json


def test_checks_say_what_is_missing_and_a_step_is_done_with_consent(app: Page, complaints: Complaints) -> None:
    app.goto("/admin/connectors/odoo")
    panel = app.get_by_role("region", name="Connection check")
    panel.get_by_role("button", name="Check the connection").press("Enter")
    expect(panel.locator(".checks > li")).to_have_count(6)
    expect(panel.get_by_role("heading", name="Failed: Orders can carry our key")).to_be_visible()
    expect(panel).to_contain_text("Choose another team in the mapping")
    step = panel.get_by_role("button", name="Do this … Orders can carry our key")
    step.press("Enter")
    dialog = app.get_by_role("dialog", name="Change something in Odoo?")
    expect(dialog).to_contain_text("This creates the field “plantwright_key”")
    app.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(step).to_be_focused()
    step.press("Enter")
    dialog.get_by_role("button", name="Do it in Odoo").press("Enter")
    expect(panel.get_by_text("It works.")).to_be_visible()
    expect(panel.get_by_role("heading", name="Passed: Orders can carry our key")).to_be_visible()
    assert complaints == []
    assert violations(app) == []


def test_a_draft_is_checked_before_it_is_saved(app: Page) -> None:
    app.goto("/admin/connectors?new&kind=odoo")
    panel = app.get_by_role("region", name="Connection check")
    panel.get_by_role("button", name="Check the connection").click()
    expect(app.locator(".field", has=app.get_by_label("Address"))).to_contain_text("begins with http:// or https://")
    app.get_by_label("Address").fill("https://odoo.example.com")
    app.get_by_label("API key", exact=True).fill("wrong")
    panel.get_by_role("button", name="Check the connection").click()
    expect(panel).to_contain_text("Make an API key for this user")
    expect(panel.get_by_role("heading", name="Skipped: Requests may be read and made")).to_be_visible()


def test_the_way_to_the_erp_is_folded_away_until_it_is_needed(app: Page, complaints: Complaints) -> None:
    app.goto("/admin/connectors/odoo")
    proxy = app.get_by_label("Proxy", exact=True)
    expect(proxy).to_be_hidden()
    app.get_by_role("heading", name="Connection", exact=True).click()
    expect(proxy).to_be_visible()
    proxy.fill("http://proxy.example:3128")
    app.get_by_label("User at the proxy").fill("plant")
    app.get_by_label("Password at the proxy").fill("secret")
    expect(app.get_by_label("Password at the proxy")).to_have_attribute("type", "password")
    app.get_by_label("Certificate authority").fill("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n")
    with app.expect_request(lambda request: request.method == "PUT") as sent:
        app.get_by_role("button", name="Save").click()
    body = sent.value.post_data_json
    assert body["options"]["proxy"] == "http://proxy.example:3128"
    assert body["options"]["certificateAuthority"].startswith("-----BEGIN CERTIFICATE-----\nMIIB")
    assert body["credentials"] == {"proxyUsername": "plant", "proxyPassword": "secret"}, "the sign-in stays as it is"
    assert complaints == []
    assert violations(app) == []


def test_stored_parts_of_the_connection_are_kept_replaced_or_removed(app: Page) -> None:
    app.route("**/api/v1/connectors/odoo", lambda route: route.fulfill(
        json={**route.fetch().json(), "storedCredentials": ["sign-in", "proxy", "certificate"],
              "options": {"database": "lowlands", "proxy": "http://proxy.example:3128"}})
        if route.request.method == "GET" else route.continue_())
    app.goto("/admin/connectors/odoo")
    expect(app.get_by_label("Proxy", exact=True)).to_have_value("http://proxy.example:3128")
    expect(app.get_by_label("Client key")).to_have_attribute("placeholder", "Stored, not shown")
    expect(app.get_by_label("Client key")).to_have_value("")
    app.get_by_role("button", name="Remove what is stored (Client certificate)").click()
    app.get_by_role("button", name="Remove what is stored (Client key)").click()
    expect(app.get_by_label("Client key")).to_have_attribute("placeholder", "Will be removed")
    app.get_by_role("button", name="Keep what is stored (Client key)").click()
    app.get_by_role("button", name="Remove what is stored (Client key)").click()
    app.get_by_label("Password at the proxy").fill("new")
    with app.expect_request(lambda request: request.method == "PUT") as sent:
        app.get_by_role("button", name="Save").click()
    assert sent.value.post_data_json["credentials"] == {"proxyPassword": "new", "clientCertificate": None, "clientKey": None}


def test_a_mistake_in_the_connection_unfolds_it(app: Page) -> None:
    app.route("**/api/v1/connectors/odoo", lambda route: route.fulfill(status=422, json={
        "type": "about:blank", "title": "invalid", "status": 422, "code": "invalid", "detail": "The input has mistakes.",
        "errors": [{"pointer": "/credentials/clientKey", "code": "key-mismatch", "detail": "This is not its key."},
                   {"pointer": "/options/proxy", "code": "url", "detail": "Expected a proxy."}]})
        if route.request.method == "PUT" else route.continue_())
    app.goto("/admin/connectors/odoo")
    app.get_by_label("Name", exact=True).fill("Odoo")
    app.get_by_role("button", name="Save").click()
    expect(app.locator(".field", has=app.get_by_label("Client key"))).to_contain_text("This is not its key.")
    expect(app.locator(".field", has=app.get_by_label("Proxy", exact=True))).to_contain_text("Expected a proxy.")
    expect(app.get_by_label("Client key")).to_be_focused()


def test_a_connector_is_paused_and_resumed(app: Page) -> None:
    app.goto("/admin/connectors/odoo")
    app.get_by_role("button", name="Pause deliveries").press("Enter")
    expect(app.locator(".notice", has_text="Odoo maintenance is paused.")).to_be_visible()
    expect(app.get_by_role("button", name="Resume deliveries")).to_be_visible()
    app.goto("/admin/connectors")
    expect(app.locator("tr", has_text="Odoo maintenance")).to_contain_text("Paused")


def test_the_address_for_calls_is_shown_once(app: Page) -> None:
    app.context.grant_permissions(["clipboard-read", "clipboard-write"])
    app.goto("/admin/connectors/odoo")
    app.get_by_role("button", name="Make an address").press("Enter")
    address = app.get_by_label("Address for the ERP’s calls")
    expect(address).to_contain_text("/api/v1/hooks/6fj2c0b7x1hqk4m9tz3wv8ns5d")
    copy = app.get_by_role("button", name="Copy the address")
    expect(copy).to_be_focused()
    app.keyboard.press("Enter")
    expect(app.get_by_role("button", name="Copied the address")).to_be_visible()
    assert app.evaluate("navigator.clipboard.readText()") == address.text_content()
    app.reload()
    expect(app.get_by_text("There is an address, which is not shown again.")).to_be_visible()
    app.get_by_role("button", name="Remove").click()
    app.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(app.get_by_role("button", name="Make an address")).to_be_visible()
