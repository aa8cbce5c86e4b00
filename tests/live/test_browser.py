"""Panel and queue in a real Chromium: what has come in is told without a reload, stream or none."""

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
from tests.proof.moving import wait_until

__all__ = ["address", "can_sign_in", "check_in", "chromium", "fever", "on_ribociclib", "report"]
pytestmark = pytest.mark.browser
NEWS = "Alerts have changed since you opened this page."
ONE = "1 open alert, 1 urgent, 1 waiting for somebody."
TAKEN = "1 open alert, 1 urgent, none waiting for somebody."


def test_panel_and_queue_tell_at_once_what_has_come_in(
    chromium, address, can_sign_in, check_in, streams, call
):
    with tab(chromium, address) as page:
        with page.expect_response("**/changes") as answered:
            sign_in(page, can_sign_in("sol"), "sol", first="/")
        assert answered.value.headers["content-type"].split(";")[0] == MIMETYPE
        expect(page.get_by_text(NEWS)).to_be_hidden()
        check_in(distress=9, safe_now=False)
        streams.look()
        expect(page.get_by_role("status").filter(has_text=NEWS)).to_be_visible()
        assert barriers(page) == []
        with page.expect_response("**/changes"):
            page.get_by_role("link", name="Look again").click()
        expect(page.get_by_text(NEWS)).to_be_hidden()
        expect(page.get_by_role("row").filter(has_text="Ana").get_by_text("urgent")).to_be_visible()

        # The page before has hung up, which is noticed at the second look.
        wait_until(lambda: streams.look() or len(streams._open) == 1, what="its place is free")
        with page.expect_response("**/changes"):
            page.goto("/queues/social_work")
        expect(page.get_by_text(ONE)).to_be_visible()
        page.evaluate("window.loadedOnce = true")
        [alert] = call("sol", "GET /alerts?queue=social_work").json["items"]
        call("sol", f"POST /alerts/{alert['id']}/acknowledge", {})
        streams.look()
        # Long before the twenty seconds are over after which the page looks anyway.
        expect(page.get_by_text(TAKEN)).to_be_visible()
        assert page.evaluate("window.loadedOnce")


def test_without_room_both_look_by_themselves(chromium, address, can_sign_in, check_in, call, app):
    def was_asked(answer):
        return answer.url.endswith("/changes") and answer.status == 200

    with tab(chromium, address) as page:
        page.clock.install()
        with page.expect_response(was_asked):
            sign_in(page, can_sign_in("sol"), "sol", first="/")
        check_in(distress=9, safe_now=False)
        page.clock.run_for(21_000)
        expect(page.get_by_text(NEWS)).to_be_visible()

        page.goto("/queues/social_work")
        expect(page.get_by_text(ONE)).to_be_visible()
        [alert] = call("sol", "GET /alerts?queue=social_work").json["items"]
        call("sol", f"POST /alerts/{alert['id']}/acknowledge", {})
        page.clock.run_for(21_000)
        expect(page.get_by_text(TAKEN)).to_be_visible()


def test_what_came_in_while_the_page_was_on_its_way_is_told_too(
    chromium, address, can_sign_in, check_in, streams
):
    with tab(chromium, address) as page:
        sign_in(page, can_sign_in("sol"), "sol", first="/")

        def on_its_way(route):
            answer = route.fetch()
            check_in(distress=9, safe_now=False)
            route.fulfill(response=answer)

        page.route(f"{address}/", on_its_way)
        page.goto("/")
        expect(page.get_by_role("status").filter(has_text=NEWS)).to_be_visible()
