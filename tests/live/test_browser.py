"""A queue in a real Chromium: what has come in is there without a reload, stream or none."""

import pytest
from playwright.sync_api import expect

from service.live.streams import MIMETYPE
from tests.dashboard.chromium import barriers, sign_in, tab
from tests.dashboard.conftest import (
    address,
    can_sign_in,
    check_in,
    chromium,
    fever,
    on_ribociclib,
    report,
)  # fmt: skip

__all__ = ["address", "can_sign_in", "check_in", "chromium", "fever", "on_ribociclib", "report"]
pytestmark = pytest.mark.browser
ONE = "1 open alert, 1 urgent, 1 waiting for somebody."


def open_queue(page, can_sign_in):
    """Open a queue, and return how the request for a stream was answered."""
    sign_in(page, can_sign_in("sol"), "sol")
    with page.expect_response("**/changes") as answered:
        page.goto("/queues/social_work")
    expect(page.get_by_text("0 open alerts")).to_be_visible()
    return answered.value


def test_a_queue_shows_at_once_what_has_come_in(chromium, address, can_sign_in, check_in, streams):
    with tab(chromium, address) as page:
        answer = open_queue(page, can_sign_in)
        assert (answer.status, answer.headers["content-type"].split(";")[0]) == (200, MIMETYPE)
        page.evaluate("window.loadedOnce = true")
        check_in(distress=9, safe_now=False)
        streams.look()

        # Long before the twenty seconds are over after which the page looks anyway.
        expect(page.get_by_text(ONE)).to_be_visible()
        assert page.evaluate("window.loadedOnce")


def test_without_room_the_queue_looks_by_itself_as_before(
    chromium, address, can_sign_in, check_in, app
):
    with tab(chromium, address) as page:
        page.clock.install()
        assert open_queue(page, can_sign_in).status == 503
        check_in(distress=9, safe_now=False)
        page.clock.run_for(21_000)

        expect(page.get_by_text(ONE)).to_be_visible()


NEWS = "Alerts have changed since you opened this page."


def test_the_panel_says_quietly_that_alerts_have_changed(
    chromium, address, can_sign_in, check_in, streams
):
    with tab(chromium, address) as page:
        with page.expect_response("**/changes"):
            sign_in(page, can_sign_in("sol"), "sol", first="/")
        expect(page.get_by_text(NEWS)).to_be_hidden()
        check_in(distress=9, safe_now=False)
        streams.look()
        expect(page.get_by_role("status").filter(has_text=NEWS)).to_be_visible()
        assert barriers(page) == []
        page.get_by_role("link", name="Look again").click()

        expect(page.get_by_text(NEWS)).to_be_hidden()
        expect(page.get_by_role("row").filter(has_text="Ana").get_by_text("urgent")).to_be_visible()


def test_without_room_the_panel_asks_now_and_then(chromium, address, can_sign_in, check_in, app):
    def asked_at_once(answer):
        return answer.url.endswith("/changes") and answer.status == 200

    with tab(chromium, address) as page:
        page.clock.install()
        with page.expect_response(asked_at_once):
            sign_in(page, can_sign_in("sol"), "sol", first="/")
        check_in(distress=9, safe_now=False)
        page.clock.run_for(21_000)

        expect(page.get_by_text(NEWS)).to_be_visible()
