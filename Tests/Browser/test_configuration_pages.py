"""Export, import and history of the configuration: empty, many, mistakes, conflicts. The real program has test_administration.py."""

import json
from pathlib import Path

from playwright.sync_api import Page, expect

from conftest import Mock
from test_pages import violations


def exported(app: Page) -> dict:
    app.goto("/admin/configuration")
    with app.expect_download() as waiting:
        app.get_by_role("button", name="Download").click()
    return json.loads(Path(waiting.value.path()).read_text())


def choose(app: Page, folder: Path, document: dict | str) -> None:
    file = folder / "plant.json"
    file.write_text(document if isinstance(document, str) else json.dumps(document))
    field = app.get_by_label("Document", exact=True)
    # As a press on it does: the same file, mended, would not be a change.
    field.set_input_files([])
    field.set_input_files(file)


def test_what_was_exported_changes_nothing(app: Page, tmp_path: Path) -> None:
    choose(app, tmp_path, exported(app))
    expect(app.get_by_text("Nothing differs")).to_be_visible()
    expect(app.get_by_role("button", name="Apply")).to_have_count(0)


def test_differences_are_shown_before_they_are_applied(app: Page, tmp_path: Path) -> None:
    document = exported(app)
    document["rules"]["bearing-hot"]["severity"] = "critical"
    document["assets"]["annex"] = {"name": "Annex", "level": "area"}
    del document["mappings"]["silo-stock"]
    choose(app, tmp_path, document)
    expect(app.get_by_text("1 created, 1 changed")).to_be_visible()
    app.get_by_label("Also delete what is not in the document").check()
    expect(app.get_by_text("1 created, 1 changed, 1 deleted")).to_be_visible()
    expect(app.locator(".change-list > li").first).to_contain_text("silo-stock")
    assert violations(app) == []
    app.set_viewport_size({"width": 360, "height": 740})
    assert app.evaluate("document.documentElement.scrollWidth") <= 360
    app.get_by_role("button", name="Apply 3 changes").click()
    app.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    expect(app.get_by_text("It is in force.")).to_have_count(0)
    app.get_by_role("button", name="Apply 3 changes").click()
    app.get_by_role("dialog").get_by_role("button", name="Apply").click()
    expect(app.get_by_text("It is in force.")).to_be_visible()


def test_a_connector_without_credentials_is_pointed_at(app: Page, tmp_path: Path) -> None:
    app.goto("/admin/configuration")
    choose(app, tmp_path, {"formatVersion": 1, "connectors": {"second-odoo": {"name": "Second Odoo", "kind": "odoo", "url": "https://odoo.example"}}})
    expect(app.get_by_role("main").get_by_role("link", name="second-odoo")).to_have_attribute("href", "/admin/connectors/second-odoo")
    assert violations(app) == []


def test_mistakes_are_told_with_their_places(app: Page, tmp_path: Path) -> None:
    app.goto("/admin/configuration")
    choose(app, tmp_path, {"formatVersion": 1, "rules": {"hot": {"condition": "t > 1"}}, "assets": {"hall": {}}})
    alert = app.get_by_role("alert")
    expect(alert).to_contain_text("nothing was changed. 2 mistakes")
    expect(alert.locator("code")).to_have_text(["/assets/hall/name", "/rules/hot/name"])
    assert violations(app) == []
    choose(app, tmp_path, "{")
    expect(alert).to_contain_text("This file is not JSON.")


def test_a_conflict_at_the_last_moment_is_told(app: Page, mock: Mock, tmp_path: Path) -> None:
    mock.control("conflict", on="true")
    app.goto("/admin/configuration")
    choose(app, tmp_path, {"formatVersion": 1, "assets": {"annex": {"name": "Annex", "level": "area"}}})
    app.get_by_role("button", name="Apply 1 change").click()
    expect(app.get_by_role("alert")).to_contain_text("still in use")
    expect(app.get_by_text("It is in force.")).to_have_count(0)


def test_without_changes_there_is_a_word(app: Page, mock: Mock) -> None:
    mock.control("changes", state="none")
    app.goto("/admin/changes")
    expect(app.get_by_text("What people, programs and commands change")).to_be_visible()
    app.get_by_label("Kind").select_option("devices")
    expect(app.get_by_text("None of what you look for was changed.")).to_be_visible()
    assert violations(app) == []


def test_many_changes_come_in_portions(app: Page, mock: Mock) -> None:
    mock.control("changes", state="many")
    app.goto("/admin/changes")
    rows = app.locator(".versions > li")
    expect(rows).to_have_count(50)
    app.get_by_role("button", name="Show earlier ones").press("Enter")
    expect(rows).to_have_count(100)
    app.get_by_role("button", name="Show earlier ones").click()
    expect(rows).to_have_count(124)
    expect(app.get_by_role("button", name="Show earlier ones")).to_be_hidden()
    app.get_by_label("Key", exact=True).fill("sensor-007")
    app.get_by_label("Key", exact=True).press("Enter")
    expect(rows).to_have_count(1)
    assert "key=sensor-007" in app.url


def test_a_change_is_gone_back_behind(app: Page) -> None:
    app.goto("/admin/changes")
    rows = app.locator(".versions > li")
    rows.first.get_by_text("What was changed").click()
    expect(rows.first.locator(".difference del")).to_have_text("medium")
    rows.first.get_by_role("button", name="Go back").click()
    dialog = app.get_by_role("dialog")
    expect(dialog).to_contain_text("Will be changed")
    assert violations(app) == []
    dialog.get_by_role("button", name="Go back").click()
    expect(rows).to_have_count(5)
    expect(app.get_by_text("1 changed")).to_be_visible()


def test_what_cannot_be_gone_back_behind_says_why(app: Page, mock: Mock) -> None:
    app.goto("/admin/changes")
    rows = app.locator(".versions > li")
    rows.filter(has_text="Electric motor").get_by_role("button", name="Go back").click()
    expect(app.get_by_text("The profile “motor” is still in use")).to_be_visible()
    expect(app.get_by_role("dialog")).to_have_count(0)
    mock.control("conflict", on="true")
    rows.filter(has_text="old-shed").get_by_role("button", name="Go back").click()
    app.get_by_role("dialog").get_by_role("button", name="Go back").click()
    expect(app.get_by_text("It was changed by someone else since you read it.")).to_be_visible()
    expect(rows).to_have_count(4)
