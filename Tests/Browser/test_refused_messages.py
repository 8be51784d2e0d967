"""Quarantine and rejected messages: whose they are, retry, dismiss with undo, mend the source."""

import re
from urllib.parse import urljoin

from playwright.sync_api import Page, expect


def rejected(app: Page) -> set[int]:
    return {message["id"] for message in app.request.get(urljoin(app.url, "/api/v1/rejected-messages")).json()["items"]}


def test_an_unknown_sender_shows_its_source(app: Page) -> None:
    app.goto("/quarantine")
    row = app.locator("tr", has_text="wrapper-9")
    expect(row.get_by_role("link", name="Packaging hall")).to_have_attribute("href", "/admin/sources/packaging?unknown=wrapper-9")
    expect(app.locator("tr", has_text="press-07").locator(".source-link")).to_have_count(0)
    row.get_by_role("link", name="Packaging hall").click()
    expect(app.get_by_label("Topic", exact=True)).to_have_value("factory/wrapper-9/data")
    expect(app.get_by_role("region", name="Preview").get_by_role("link", name="Make the device")).to_be_visible()


def test_messages_are_chosen_by_source_and_reason(app: Page) -> None:
    app.goto("/rejected")
    rows = app.locator("tbody tr")
    expect(rows).to_have_count(4)
    app.get_by_label("Source").select_option("packaging")
    expect(rows).to_have_count(2)
    app.get_by_label("Reason").select_option("bad-json")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("unexpected end of input at byte 23")
    expect(app.get_by_role("button", name="Retry these 1")).to_be_visible()
    app.get_by_label("Device").select_option("motor-05")
    expect(app.get_by_text("None of these")).to_be_visible()


def test_one_message_is_retried_and_the_result_is_said(app: Page) -> None:
    app.goto("/rejected")
    app.locator("tr", has_text="byte 17").get_by_role("button", name="Retry").press("Enter")
    expect(app.get_by_text("Stored. In the store.")).to_be_visible()
    expect(app.locator("tr", has_text="byte 17")).to_have_count(0)
    app.locator("tr", has_text="“n/a”").get_by_role("button", name="Retry").click()
    expect(app.get_by_text("Still rejected: vibration is a number")).to_be_visible()
    assert rejected(app) == {43, 42, 41}


def test_all_of_a_choice_are_retried(app: Page) -> None:
    app.goto("/rejected")
    app.get_by_label("Source").select_option("packaging")
    app.get_by_role("button", name="Retry these 2").click()
    expect(app.get_by_text("1 message accepted, 1 still rejected")).to_be_visible()
    expect(app.locator("tbody tr")).to_have_count(1)
    assert rejected(app) == {43, 41, 40}


def test_a_choice_by_reason_is_retried(app: Page) -> None:
    app.goto("/rejected")
    app.get_by_label("Reason").select_option("bad-json")
    app.get_by_role("button", name="Retry these 2").click()
    expect(app.get_by_text("2 messages accepted, 0 still rejected")).to_be_visible()
    assert rejected(app) == {43, 41}


def test_a_dismissed_message_can_be_had_back(app: Page) -> None:
    app.goto("/rejected")
    row = app.locator("tr", has_text="byte 17")
    row.get_by_role("button", name="Dismiss").click()
    expect(row).to_have_count(0)
    app.get_by_role("button", name="Undo").press("Enter")
    expect(row).to_have_count(1)
    assert 40 in rejected(app)


def test_dismissing_is_done_when_nobody_takes_it_back(timed: Page) -> None:
    timed.clock.install()
    timed.goto("/rejected")
    timed.locator("tr", has_text="byte 17").get_by_role("button", name="Dismiss").click()
    with timed.expect_response(lambda response: response.request.method == "DELETE"):
        timed.clock.run_for(7000)
    assert 40 not in rejected(timed)
    expect(timed.get_by_role("button", name="Undo")).to_have_count(0)


def test_a_rejected_message_leads_to_its_source_with_itself_as_the_sample(app: Page) -> None:
    app.goto("/rejected")
    app.locator("tr", has_text="motor-07").get_by_role("link", name="Mend").click()
    expect(app).to_have_url(re.compile(r"/admin/sources/packaging\?rejected=43$"))
    expect(app.get_by_label("Topic", exact=True)).to_have_value("factory/motor-07/data")
    expect(app.get_by_role("region", name="Preview").locator("tr.has-problem")).to_contain_text("“n/a”")
