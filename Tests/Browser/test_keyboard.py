"""Everything can be reached and done with the keyboard."""

import re

from playwright.sync_api import Page, expect

from conftest import Mock


def focused(app: Page) -> str:
    return app.evaluate("document.activeElement?.textContent?.trim() ?? ''")


def test_skip_link_is_first_and_leads_to_the_content(app: Page) -> None:
    app.goto("/alarms")
    expect(app.get_by_role("heading", name="Alarms")).to_be_visible()
    app.keyboard.press("Tab")
    assert focused(app) == "Skip to content"
    app.keyboard.press("Enter")
    app.keyboard.press("Tab")
    assert app.evaluate("document.querySelector('main').contains(document.activeElement)")


def test_navigation_moves_focus_to_the_heading(app: Page) -> None:
    app.goto("/")
    link = app.get_by_role("navigation", name="Main").get_by_role("link", name="Orders")
    link.focus()
    app.keyboard.press("Enter")
    expect(app.get_by_role("heading", name="Orders", level=1)).to_be_focused()
    expect(link).to_have_attribute("aria-current", "page")
    app.go_back()
    expect(app.get_by_role("heading", name="Overview", level=1)).to_be_focused()


def test_what_comes_late_leaves_the_focus_where_it_was_moved(app: Page, mock: Mock) -> None:
    app.goto("/orders?state=held")
    app.locator(".order-table tbody tr").first.get_by_role("link", name="Decide").press("Enter")
    mock.control("delay", milliseconds=300)
    app.go_back()
    expect(app.get_by_role("heading", name="Orders")).to_be_focused()
    app.go_forward()
    # Its chart is loaded after the page; a screen reader moves the focus meanwhile, without a key.
    note = app.get_by_label("Note (optional)")
    note.focus()
    expect(app.locator(".chart-plot canvas").first).to_be_visible()
    expect(note).to_be_focused()


def test_choices_follow_the_arrow_keys(app: Page) -> None:
    app.goto("/alarms")
    app.get_by_label("Open", exact=True).focus()
    app.keyboard.press("ArrowRight")
    expect(app.get_by_label("Cleared", exact=True)).to_be_checked()
    expect(app).to_have_url(re.compile("state=cleared"))


def test_acknowledge_by_keyboard(app: Page) -> None:
    app.goto("/alarms")
    row = app.locator(".alarm-table tbody tr").first
    row.get_by_role("button", name="Acknowledge").focus()
    app.keyboard.press("Enter")
    expect(app.get_by_role("dialog")).to_be_visible()
    app.keyboard.press("Escape")
    expect(app.get_by_role("dialog")).to_have_count(0)
    expect(row.get_by_role("button", name="Acknowledge")).to_be_focused()


def test_asset_tree_opens_by_keyboard(app: Page) -> None:
    app.goto("/plant/haarlem")
    toggle = app.locator(".tree").get_by_role("button", name="Cold chain")
    toggle.focus()
    app.keyboard.press("Enter")
    expect(toggle).to_have_attribute("aria-expanded", "true")
    app.keyboard.press("Tab")
    app.keyboard.press("Tab")
    app.keyboard.press("Enter")
    expect(app.get_by_role("heading", level=1)).to_contain_text("Truck 1")


def test_phone_menu_opens_and_closes(app: Page) -> None:
    app.set_viewport_size({"width": 390, "height": 800})
    app.goto("/alarms")
    menu = app.get_by_role("button", name="Menu")
    menu.press("Enter")
    expect(menu).to_have_attribute("aria-expanded", "true")
    app.keyboard.press("Escape")
    expect(menu).to_have_attribute("aria-expanded", "false")
    expect(menu).to_be_focused()
