"""People, tokens and one's own account: empty, few, many, forbidden, refused. The real program has test_administration.py."""

import re
from urllib.parse import urljoin

import pytest
from playwright.sync_api import Page, expect

from conftest import Mock
from test_pages import violations


def test_one_person_alone_and_no_tokens(app: Page, mock: Mock) -> None:
    mock.control("accounts", state="none")
    app.goto("/admin/users")
    expect(app.locator("#people tbody tr")).to_have_count(1)
    expect(app.locator("#tokens")).to_contain_text("No tokens yet")
    assert violations(app) == []


def test_many_are_all_shown_and_fit_a_phone(app: Page, mock: Mock) -> None:
    mock.control("accounts", state="many")
    app.set_viewport_size({"width": 360, "height": 740})
    app.goto("/admin/users")
    expect(app.locator("#people tbody tr")).to_have_count(143)
    expect(app.locator("#tokens tbody tr")).to_have_count(122)
    # What cannot be used any more stands last.
    expect(app.locator("#tokens tbody tr").last).to_contain_text("Revoked")
    assert app.evaluate("document.documentElement.scrollWidth") <= 360


def test_a_link_is_told_once_and_there_is_nothing_to_cancel(app: Page) -> None:
    app.goto("/admin/users")
    app.get_by_role("button", name="Invite somebody").click()
    dialog = app.get_by_role("dialog")
    dialog.get_by_label("E-mail address").fill("ada@lowlands.example")
    dialog.get_by_role("button", name="Make the link").click()
    expect(dialog.get_by_text("Somebody has this e-mail address already.")).to_be_visible()
    expect(dialog.get_by_label("E-mail address")).to_be_focused()
    dialog.get_by_label("E-mail address").fill("new@lowlands.example")
    dialog.get_by_role("button", name="Make the link").press("Enter")
    told = app.get_by_role("dialog", name="Sign-in link for new@lowlands.example")
    expect(told.locator("code")).to_contain_text("/sign-in?token=pwl_")
    expect(told.get_by_role("button")).to_have_text(["Copy the link", "Done"])
    told.get_by_role("button", name="Done").press("Enter")
    expect(app.locator("#people tr", has_text="new@lowlands.example")).to_contain_text("never")
    assert app.locator("main").get_by_text("pwl_").count() == 0


def test_the_last_admin_stays(app: Page) -> None:
    app.goto("/admin/users")
    own = app.locator("#people tr", has_text="You")
    own.get_by_role("combobox").select_option("viewer")
    expect(app.get_by_text("This is the only administrator")).to_be_visible()
    expect(own.get_by_role("combobox")).to_have_value("admin")
    own.get_by_role("button", name="Remove").click()
    app.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(own).to_have_count(1)


def test_somebody_who_is_gone_already_is_said(app: Page) -> None:
    app.goto("/admin/users")
    row = app.locator("#people tr", has_text="guest@lowlands.example")
    expect(row).to_be_visible()
    person = next(user for user in app.request.get(urljoin(app.url, "/api/v1/users")).json()["items"] if user["email"].startswith("guest"))
    app.request.delete(urljoin(app.url, f"/api/v1/users/{person['id']}"))
    row.get_by_role("combobox").select_option("operator")
    expect(app.get_by_text("There is no such user.")).to_be_visible()
    expect(row.get_by_role("combobox")).to_have_value("viewer")


def test_a_token_is_revoked_and_stays_in_the_list(app: Page) -> None:
    app.goto("/admin/users")
    row = app.locator("#tokens tr", has_text="Night report")
    row.get_by_role("button", name="Revoke").click()
    app.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    expect(row).to_contain_text("Valid")
    row.get_by_role("button", name="Revoke").click()
    app.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    expect(row).to_contain_text("Revoked")
    expect(row.get_by_role("button")).to_have_count(0)


def test_one_signs_out_in_one_place_and_elsewhere(app: Page, mock: Mock) -> None:
    app.goto("/account")
    rows = app.locator("#sessions tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("This one")
    expect(rows.first.get_by_role("button")).to_have_count(0)
    rows.last.get_by_role("button", name="Sign out").click()
    expect(rows).to_have_count(1)
    expect(app.get_by_role("button", name="Sign out elsewhere")).to_be_hidden()
    mock.control("accounts", state="none")
    app.goto("/account")
    expect(app.locator("#sessions")).to_contain_text("Nowhere")
    assert violations(app) == []


@pytest.mark.parametrize("path", ["/admin/users", "/admin/changes"])
def test_what_another_role_may_not_see_is_said(app: Page, mock: Mock, path: str) -> None:
    mock.control("role", role="viewer")
    app.goto(path)
    expect(app.get_by_text("Not for your role").first).to_be_visible()
    expect(app.get_by_text(re.compile("yours is “viewer”")).first).to_be_visible()
    expect(app.get_by_role("button", name="Try again")).to_have_count(0)
    expect(app.get_by_role("navigation").get_by_text("Administration")).to_have_count(0)
    assert violations(app) == []


def test_without_the_database_one_can_try_again(app: Page, mock: Mock) -> None:
    app.goto("/account")
    expect(app.locator("#sessions tbody tr")).to_have_count(2)
    mock.control("health", database="false")
    app.get_by_role("navigation").get_by_role("link", name="Users and tokens").click()
    expect(app.locator("#people")).to_contain_text("could not be loaded")
    assert violations(app) == []
    mock.control("health", database="true")
    app.locator("#people").get_by_role("button", name="Try again").click()
    expect(app.locator("#people tbody tr")).to_have_count(3)
