"""Every page: it shows what it should, is accessible, fits its screen, and the browser has nothing to complain about."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Route, expect

from conftest import Complaints, Mock

PAGES = [
    ("/", "Overview", ".alarm-list li"),
    ("/alarms", "Alarms", ".alarm-table tbody tr"),
    ("/alarms?state=cleared", "Alarms", ".alarm-table tbody tr"),
    ("/orders", "Orders", ".order-table tbody tr"),
    ("/orders?state=held", "Orders", ".order-table tbody tr"),
    ("/work-orders", "Work orders", ".work-order-table tbody tr"),
    ("/inventory", "Inventory", "tbody tr"),
    ("/plant", "Lowlands Industries", ".device-card"),
    ("/plant/line-1", "Line 1", ".device-card"),
    ("/plant/silo-1", "Silo 1", "pw-chart canvas"),
    ("/devices/motor-03", "Motor 1.3", "pw-chart canvas"),
    ("/devices/truck-2", "Truck 2", "#track dl"),
    ("/devices/meter-01", "Meter 1", "pw-chart canvas"),
    ("/quarantine", "Quarantine", "tbody tr"),
    ("/rejected", "Rejected messages", "tbody tr"),
    ("/admin/storage", "Storage", "#partitions tbody tr"),
    ("/admin/profiles", "Profiles", "tbody tr"),
    ("/admin/devices", "Devices", "tbody tr"),
    ("/admin/sources", "Sources", "tbody tr"),
    ("/admin/sources/packaging", "Packaging hall", "pw-traffic tbody tr"),
    ("/admin/sources/sparkplug", "Filling lines (Sparkplug)", ".node"),
    ("/admin/sources/native", "Native JSON", "pw-traffic tbody tr"),
    ("/admin/sources?new", "New source", "details"),
    ("/admin/profiles/motor", "Electric motor", ".row"),
    ("/admin/assets/haarlem", "Haarlem factory", "input"),
    ("/admin/devices/motor-03", "Motor 1.3", "select"),
    ("/admin/rules/bearing-hot", "Bearing temperature high", ".aside-card"),
    ("/admin/connectors/erp-simulator", "ERP simulator", ".call"),
    ("/admin/connectors/odoo", "Odoo maintenance", ".care"),
    ("/admin/connectors?new", "New connector", ".kind-card"),
    ("/admin/connectors?new&kind=sap-s4hana", "New connector", "input"),
    ("/admin/connectors/odoo/matching", "Equipment of Odoo maintenance", ".empty-state"),
    ("/admin/mappings/bearing-order", "Bearing work order", ".request-line"),
    ("/admin/mappings?new", "New mapping", ".chip"),
    ("/admin/users", "Users and tokens", "#tokens tbody tr"),
    ("/admin/changes", "History", ".versions > li"),
    ("/admin/configuration", "Export and import", "input[type=file]"),
    ("/account", "Account", "#sessions tbody tr"),
]
DARK = [("/", ".alarm-list li"), ("/alarms", ".alarm-table tbody tr"), ("/orders", ".order-table tbody tr"),
        ("/devices/motor-03", "pw-chart canvas"), ("/admin/mappings/bearing-order", ".request-line"),
        ("/admin/sources/packaging", "pw-traffic tbody tr"), ("/admin/sources/sparkplug", ".node"),
        ("/rejected", "tbody tr"), ("/admin/storage", "#partitions tbody tr"), ("/devices/motor-03", ".ledger-table tbody tr"),
        ("/work-orders", ".work-order-table tbody tr"), ("/admin/connectors?new", ".kind-card"), ("/admin/connectors/odoo", ".care"),
        ("/admin/users", "#tokens tbody tr"), ("/admin/changes", ".versions > li"), ("/admin/configuration", "input[type=file]"),
        ("/account", "#sessions tbody tr")]


def violations(page: Page) -> list[str]:
    results = Axe().run(page, context={"exclude": [["pw-map"], ["pw-track-map"]]}, options={"resultTypes": ["violations"]})
    return [f"{found['id']}: {found['nodes'][0]['html'][:160]} ({found['nodes'][0].get('failureSummary', '')[:200]})"
            for found in results.response["violations"]]


@pytest.mark.parametrize(("path", "heading", "content"), PAGES, ids=[page[0] for page in PAGES])
def test_page_is_whole_accessible_and_fits_a_phone(app: Page, complaints: Complaints, path: str, heading: str, content: str) -> None:
    app.goto(path)
    expect(app.get_by_role("heading", level=1)).to_contain_text(heading)
    expect(app.locator(content).first).to_be_visible()
    assert app.title().endswith("Plantwright")
    assert complaints == []
    assert violations(app) == []
    app.set_viewport_size({"width": 360, "height": 740})
    assert app.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize(("path", "content"), DARK, ids=[" ".join(page) for page in DARK])
def test_dark_theme_is_accessible(app: Page, path: str, content: str) -> None:
    app.emulate_media(color_scheme="dark")
    app.goto(path)
    expect(app.locator(content).first).to_be_visible()
    assert violations(app) == []


def test_delivery_page_tells_cause_and_effect(app: Page, complaints: Complaints) -> None:
    app.goto("/orders")
    app.locator(".order-table tbody tr a.main").first.click()
    expect(app.locator(".trace")).to_contain_text("Cargo too warm")
    expect(app.locator(".trace")).to_contain_text("WO-1034")
    expect(app.locator(".attempts")).to_contain_text("HTTP 201")
    expect(app.locator("pw-chart .chart-order").first).to_be_visible()
    assert complaints == []
    assert violations(app) == []


def test_unknown_things_are_not_found(app: Page) -> None:
    for path in ("/devices/nothing", "/plant/nothing", "/admin/rules/nothing", "/deliveries/nothing"):
        app.goto(path)
        expect(app.get_by_role("alert")).to_contain_text("Not found")


def test_empty_lists_say_what_would_be_there(app: Page, mock: Mock) -> None:
    app.goto("/orders")
    app.get_by_text("Superseded").click()
    expect(app.get_by_text("None of these")).to_be_visible()


def test_a_failed_load_can_be_tried_again(app: Page, mock: Mock) -> None:
    app.goto("/alarms")
    expect(app.locator(".alarm-table tbody tr").first).to_be_visible()
    mock.control("health", database="false")
    app.get_by_text("Cleared", exact=True).click()
    expect(app.get_by_role("alert")).to_contain_text("could not be loaded")
    mock.control("health", database="true")
    app.get_by_role("button", name="Try again").click()
    expect(app.locator(".alarm-table tbody tr").first).to_be_visible()


TELL_WHEN_READ = """() => {
    const ask = fetch, { promise, resolve } = Promise.withResolvers();
    window.lateAnswerWasRead = promise;
    window.fetch = async (...request) => {
        const answer = await ask(...request), read = answer.text.bind(answer);
        if (!String(request[0]).includes('state=cleared')) return answer;
        // What the page does with the text, it does before the next task.
        answer.text = () => read().then((text) => (setTimeout(resolve), text));
        return answer;
    };
}"""


def test_an_answer_that_comes_too_late_is_not_shown(app: Page) -> None:
    held: list[Route] = []
    app.goto("/alarms")
    rows = app.locator(".data-table tbody tr")
    expect(rows.first).to_be_visible()
    opened = rows.evaluate_all("all => all.map(({ dataset }) => dataset.key)")
    app.evaluate(TELL_WHEN_READ)
    app.route("**/api/v1/alarms?*state=cleared*", lambda route: held.append(route))
    with app.expect_request("**/api/v1/alarms?*state=cleared*"):
        app.locator(".segmented").get_by_text("Cleared").click()
    app.locator(".segmented").get_by_text("Open").click()
    expect(rows).to_have_count(len(opened))
    held[0].continue_()
    app.evaluate("window.lateAnswerWasRead")
    assert rows.evaluate_all("all => all.map(({ dataset }) => dataset.key)") == opened


def test_theme_is_kept(app: Page) -> None:
    app.goto("/alarms")
    app.get_by_role("img", name="Dark", exact=True).click()
    expect(app.locator("body")).to_have_css("background-color", "rgb(13, 19, 17)")
    app.reload()
    expect(app.locator("html")).to_have_attribute("data-theme", "dark")
    app.get_by_role("img", name="As the system").click()


def test_sign_in_link_is_spent_by_the_button_only(app: Page, mock: Mock) -> None:
    mock.control("sign-out")
    app.goto("/alarms")
    expect(app.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(app.get_by_text("plantwright user create")).to_be_visible()
    assert violations(app) == []
    app.goto("/sign-in?token=good")
    app.get_by_role("button", name="Sign in").click()
    expect(app.get_by_role("heading", name="Overview")).to_be_visible()
    app.get_by_role("button", name="Sign out").click()
    expect(app.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_used_sign_in_link_is_explained(app: Page, mock: Mock) -> None:
    mock.control("sign-out")
    app.goto("/sign-in?token=used")
    app.get_by_role("button", name="Sign in").click()
    expect(app.get_by_role("alert")).to_contain_text("used already")
    expect(app.get_by_text("plantwright user create")).to_be_visible()
