"""The real program: people and tokens, one's account, export and import, the history and going back."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from conftest import Complaints, Demo
from test_pages import violations

pytestmark = pytest.mark.demo

PAGES = {"/admin/users": "Users and tokens", "/admin/changes": "History", "/admin/configuration": "Export and import", "/account": "Account"}


@pytest.fixture(scope="module")
def admin(demo_window: BrowserContext) -> Iterator[Page]:
    page = demo_window.new_page()
    yield page
    page.close()


@pytest.fixture
def page(admin: Page) -> Page:
    return admin


@pytest.fixture
def complaints(admin: Page) -> Iterator[Complaints]:
    found = Complaints()

    def error(thrown: Exception) -> None:
        found.append(str(thrown))
    admin.on("console", found.note)
    admin.on("pageerror", error)
    yield found
    admin.remove_listener("console", found.note)
    admin.remove_listener("pageerror", error)


def loaded(page: Page, path: str) -> None:
    page.goto(path)
    expect(page.get_by_role("heading", level=1)).to_contain_text(PAGES.get(path.partition("?")[0], ""))
    page.locator("main:not(:has([aria-busy=true]))").wait_for()


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page_is_whole_accessible_and_fits_a_phone(page: Page, complaints: Complaints, path: str, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": 1440, "height": 900})
    loaded(page, path)
    assert page.locator(".error-state").count() == 0
    assert complaints == []  # before axe, whose own styles the policy refuses
    assert violations(page) == []
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert violations(page) == []
    page.set_viewport_size({"width": 1440, "height": 900})
    page.emulate_media(color_scheme="light")


def test_somebody_is_invited_signs_in_changes_and_goes(page: Page, browser: Browser) -> None:
    loaded(page, "/admin/users")
    page.get_by_role("button", name="Invite somebody").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("E-mail address").fill("nobody")
    dialog.get_by_role("button", name="Make the link").press("Enter")
    expect(dialog.get_by_text("This is no e-mail address.")).to_be_visible()
    expect(dialog.get_by_label("E-mail address")).to_be_focused()
    dialog.get_by_label("E-mail address").fill("op@example.com")
    dialog.get_by_label("Role").select_option("operator")
    assert violations(page) == []
    dialog.get_by_role("button", name="Make the link").click()
    told = page.get_by_role("dialog", name="Sign-in link for op@example.com")
    link = told.locator("code").inner_text()
    assert violations(page) == []
    told.get_by_role("button", name="Done").click()
    row = page.locator("#people tr", has_text="op@example.com")
    expect(row).to_contain_text("never")

    other = browser.new_context()
    guest = other.new_page()
    guest.goto(link)
    guest.get_by_role("button", name="Sign in").click()
    expect(guest.get_by_role("heading", name="Overview")).to_be_visible(timeout=20_000)
    expect(guest.get_by_text("Administration")).to_have_count(0)
    guest.get_by_role("link", name="op@example.com").click()
    expect(guest.locator("#sessions tbody tr")).to_contain_text("Chrome on Linux")

    loaded(page, "/admin/users")
    expect(row).to_contain_text("1 place")
    row.get_by_role("combobox").select_option("viewer")
    expect(page.get_by_text("op@example.com is viewer now")).to_be_visible()
    row.get_by_role("button", name="Remove").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(row).to_have_count(0)
    # Its live connection is closed at once, which takes the page to the sign-in.
    expect(guest.get_by_role("heading", name="Sign in")).to_be_visible()
    other.close()


def test_the_last_admin_cannot_step_down(page: Page) -> None:
    loaded(page, "/admin/users")
    own = page.locator("#people tr", has_text="You")
    own.get_by_role("combobox").select_option("viewer")
    expect(page.get_by_text("This is the only administrator")).to_be_visible()
    expect(own.get_by_role("combobox")).to_have_value("admin")


def test_a_token_is_shown_once_works_and_is_revoked(page: Page, demo: Demo) -> None:
    loaded(page, "/admin/users")
    page.get_by_role("button", name="New token").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("What is it for?").fill("night report")
    dialog.get_by_role("button", name="Make the token").click()
    told = page.get_by_role("dialog", name="Token “night report”")
    token = told.locator("code").inner_text()
    expect(told.get_by_role("button", name="Copy the token")).to_be_visible()
    told.get_by_role("button", name="Done").click()
    asked = page.request.get(f"{demo.url}/api/v1/devices", headers={"Authorization": f"Bearer {token}"})
    assert asked.ok
    row = page.locator("#tokens tr", has_text="night report")
    expect(row).to_contain_text("Valid")
    assert token not in page.content()
    row.get_by_role("button", name="Revoke").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    expect(row).to_contain_text("Revoked")
    assert page.request.get(f"{demo.url}/api/v1/devices", headers={"Authorization": f"Bearer {token}"}).status == 401


def test_a_document_is_exported_changed_compared_and_applied(page: Page, tmp_path: Path) -> None:
    loaded(page, "/admin/configuration")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download").click()
    text = Path(waiting.value.path()).read_text()
    document = json.loads(text)
    assert re.fullmatch(r"plantwright-\d{4}-\d\d-\d\d\.json", waiting.value.suggested_filename)
    file = tmp_path / "same.json"
    file.write_text(text)
    page.get_by_label("Document", exact=True).set_input_files(file)
    expect(page.get_by_text("Nothing differs")).to_be_visible()

    rule = sorted(document["rules"])[0]
    document["rules"][rule]["severity"] = "critical" if document["rules"][rule]["severity"] != "critical" else "low"
    document["assets"]["annex"] = {"name": "Annex", "level": "area"}
    file = tmp_path / "changed.json"
    file.write_text(json.dumps(document))
    page.get_by_label("Document", exact=True).set_input_files(file)
    expect(page.get_by_text("1 created, 1 changed")).to_be_visible()
    expect(page.locator(".change-list")).to_contain_text("Severity")
    assert violations(page) == []
    assert page.request.get("/api/v1/assets/annex").status == 404
    page.get_by_role("button", name="Apply 2 changes").click()
    expect(page.get_by_text("It is in force.")).to_be_visible()
    assert page.request.get("/api/v1/assets/annex").ok

    del document["assets"]["annex"]
    file.write_text(json.dumps(document))
    page.get_by_label("Document", exact=True).set_input_files(file)
    expect(page.get_by_text("Nothing differs")).to_be_visible()
    page.get_by_label("Also delete").check()
    expect(page.get_by_text("1 deleted")).to_be_visible()
    page.get_by_role("button", name="Apply 1 change").click()
    page.get_by_role("dialog").get_by_role("button", name="Apply").click()
    expect(page.get_by_text("It is in force.")).to_be_visible()
    assert page.request.get("/api/v1/assets/annex").status == 404

    document["rules"][rule]["condition"] = "nonsense >"
    file.write_text(json.dumps(document))
    page.get_by_label("Document", exact=True).set_input_files(file)
    expect(page.get_by_role("alert")).to_contain_text(f"/rules/{rule}/condition")
    file = tmp_path / "broken.json"
    file.write_text("{")
    page.get_by_label("Document", exact=True).set_input_files(file)
    expect(page.get_by_role("alert")).to_contain_text("not JSON")
    assert violations(page) == []


def test_the_history_tells_who_changed_what_and_goes_back(page: Page) -> None:
    path = "/api/v1/assets/lean-to"
    for name in ("Shed", "Barn"):
        assert page.request.put(path, data={"name": name, "level": "area"}, headers={"Sec-Fetch-Site": "same-origin"}).ok
    loaded(page, "/admin/changes?section=assets&key=lean-to")
    rows = page.locator(".versions > li")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("by demo@plantwright.example")
    rows.first.get_by_text("What was changed").click()
    expect(rows.first.locator(".difference")).to_contain_text("Shed")
    assert violations(page) == []
    rows.first.get_by_role("button", name="Go back").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Will be changed")
    assert violations(page) == []
    dialog.get_by_role("button", name="Go back").click()
    expect(rows).to_have_count(3)
    assert page.request.get(path).json()["name"] == "Shed"
    page.get_by_label("Kind").select_option("devices")
    expect(page.get_by_text("None of what you look for was changed.")).to_be_visible()
    page.goto("/admin/assets/lean-to")
    page.get_by_role("main").get_by_role("link", name="History").click()
    expect(rows).to_have_count(3)
    rows.last.get_by_role("button", name="Go back").click()
    page.get_by_role("dialog").get_by_role("button", name="Go back").click()
    expect(rows).to_have_count(4)
    assert page.request.get(path).status == 404


def test_one_signs_out_elsewhere(page: Page, browser: Browser) -> None:
    loaded(page, "/admin/users")
    page.locator("#people tr", has_text="You").get_by_role("button", name="Sign-in link").click()
    told = page.get_by_role("dialog")
    link = told.locator("code").inner_text()
    told.get_by_role("button", name="Done").click()
    other = browser.new_context()
    elsewhere = other.new_page()
    elsewhere.goto(link)
    elsewhere.get_by_role("button", name="Sign in").click()
    expect(elsewhere.get_by_role("heading", name="Overview")).to_be_visible(timeout=20_000)
    loaded(page, "/account")
    expect(page.locator("#sessions")).to_contain_text("This one")
    page.get_by_role("button", name="Sign out elsewhere").click()
    expect(page.locator("#sessions tbody tr")).to_have_count(1)
    expect(elsewhere.get_by_role("heading", name="Sign in")).to_be_visible()
    other.close()
