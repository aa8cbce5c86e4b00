"""The queues and the frame in a real Chromium: what is said aloud, and the menu by keyboard."""

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from service.alerts.models import Alert
from service.db import transaction
from tests.dashboard.chromium import sign_in, tab, tab_to

pytestmark = pytest.mark.browser


def test_a_nurse_takes_it_with_a_word_to_her_by_keyboard(
    chromium, address, can_sign_in, fever, call
):
    with tab(chromium, address) as page:
        sign_in(page, can_sign_in("nora"))
        page.goto(f"/alerts/{fever}")
        tab_to(page, "Tell her something with it")
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        page.keyboard.press("ArrowDown")
        tab_to(page, "Take it")
        page.keyboard.press("Enter")
        page.get_by_text("Reply to her: I will call you this afternoon.").wait_for()

    assert call("nora", f"GET /alerts/{fever}").json["state"] == "acknowledged"


def test_a_queue_says_aloud_what_came_in_and_only_the_count(
    chromium, address, can_sign_in, report, app, clock, fever, call
):
    with tab(chromium, address) as page:
        page.clock.install()
        sign_in(page, can_sign_in("sol"), "sol")
        page.goto("/queues/social_work")
        assert page.title().startswith("Social work")
        live = page.get_by_role("status").filter(has_text="open alert")
        assert live.inner_text() == "0 open alerts, none urgent, none waiting for somebody."
        page.evaluate("""() => {
          window.said = [];
          new MutationObserver((changes) => window.said.push(changes.length)).observe(
            document.getElementById("counted"),
            {childList: true, characterData: true, subtree: true});
        }""")
        clock.pass_time(minutes=1)
        page.clock.run_for(21_000)
        page.get_by_text("As of 09:01").wait_for()
        assert page.evaluate("window.said.length") == 0
        with app.app_context(), transaction() as session:
            session.execute(
                sa.update(Alert).values(queue="social_work", unanswered_since=clock.now())
            )
        page.clock.run_for(21_000)
        page.get_by_text("1 open alert, 1 urgent, 1 waiting for somebody.").wait_for()
        assert page.evaluate("window.said.length") > 0
        assert page.title().startswith("(1 urgent) Social work")
        # What everybody must know arrives by itself too.
        page.get_by_text("Nobody has answered 1 alert.").wait_for()


def test_the_menu_opens_and_closes_with_the_keyboard(chromium, address, can_sign_in, fever):
    with tab(chromium, address, viewport={"width": 1440, "height": 800}) as page:
        sign_in(page, can_sign_in("nora"))
        rules = page.get_by_role("link", name="Rules")
        tab_to(page, "Clinic pages")
        expect(rules).to_be_hidden()
        page.keyboard.press("Enter")
        expect(rules).to_be_visible()
        page.keyboard.press("Escape")
        expect(rules).to_be_hidden()
        assert page.evaluate("document.activeElement.innerText.trim()") == "Clinic pages"
        page.keyboard.press("Enter")
        tab_to(page, "Sign out")
        expect(rules).to_be_hidden()  # it would lie over what is reached next


def test_the_menu_works_without_a_script(chromium, address, can_sign_in, fever):
    with tab(chromium, address, java_script_enabled=False) as page:
        sign_in(page, can_sign_in("nora"))
        page.get_by_text("Clinic pages").click()
        expect(page.get_by_role("link", name="Rules")).to_be_visible()
