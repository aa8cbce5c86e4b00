"""A real Chromium over the real application: the keyboard, the policy, both widths, no script."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import sync_playwright
from werkzeug.serving import make_server

from service.config import Config
from service.db import transaction
from service.notify.models import OutboxMessage
from service.notify.unsubscribing import address_for
from tests.accounts.conftest import PASSWORD
from tests.dashboard.conftest import seen_in

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
HOSTILE = "Ana <script>document.title='taken'</script><img src=x onerror=alert(1)>"

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def address(app: Any) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@contextmanager
def tab(chromium: Any, address: str, **options: Any) -> Iterator[Any]:
    """Open a tab in a browser of its own; fails if the page complained of anything."""
    context = chromium.new_context(base_url=address, **options)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(f"{said.type}: {said.text}"))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: complaints.append(f"dialog: {dialog.message}"))
    page.on("request", lambda asked: asked.url.startswith(address) or complaints.append(asked.url))
    yield page
    context.close()
    # A refused form (409, 422) is told on the page; Chromium notes its status too, and at times
    # that something had the focus already.
    harmless = ("error: Failed to load resource", "info: Autofocus")
    assert [one for one in complaints if not one.startswith(harmless)] == []


@pytest.fixture
def not_sent(app: Any, world: Any, clock: Any) -> None:
    """A message to Ana was given up, with a long word from its provider."""
    with app.app_context(), transaction() as session:
        session.add(
            OutboxMessage(
                collapse_key="k", patient_id=world["ana"].patient_id,
                recipient_id=world["ana"].account_id, to_staff=False, channel="push",
                kind="reminder", title="", body={}, created_at=clock.now(), state="dead",
                attempts=60, last_error="TryAgain: " + "no-answer-" * 15,
            )
        )  # fmt: skip


def sign_in(page: Any, phone: Any, name: str = "nora", first: str = "/") -> None:
    page.goto("/")
    page.get_by_label("E-mail address").fill(f"{name}@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Six-digit code").fill(phone.code())
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{first}")


def tab_to(page: Any, words: str) -> None:
    """Reach a control as somebody without a mouse does."""
    for _press in range(60):
        page.keyboard.press("Tab")
        focused = page.evaluate("document.activeElement.innerText || ''")
        if words in focused:
            return
    raise AssertionError(f"{words!r} cannot be reached with the keyboard")


def test_nora_answers_the_sickest_with_the_keyboard_alone(
    chromium, address, can_sign_in, fever, call
):
    with tab(chromium, address) as page:
        sign_in(page, can_sign_in("nora"))
        tab_to(page, "Ana")
        page.keyboard.press("Enter")
        page.wait_for_url("**/patients/*")
        tab_to(page, "Take it")
        page.keyboard.press("Enter")
        page.wait_for_url("**/alerts/*")
        assert "Taken: you" in page.inner_text("main")
        page.get_by_label("What came of it").select_option("seen")
        page.get_by_label("What was done").fill("Blood count taken")
        page.get_by_role("group", name="Did somebody speak with her?").get_by_label("Yes").check()
        page.get_by_label("Reply to Ana").fill("Please come at eleven.")
        page.get_by_role("button", name="Close the alert").press("Enter")
        page.get_by_role("heading", name="Closed").wait_for()

    assert call("nora", f"GET /alerts/{fever}").json["state"] == "closed"
    [reply] = call("ana", "GET /patients/me/replies").json["items"]
    assert reply["reply"] == "Please come at eleven."


def test_taking_it_changes_the_row_without_a_new_page(chromium, address, can_sign_in, fever):
    with tab(chromium, address) as page:
        sign_in(page, can_sign_in("nora"))
        page.goto("/queues/nursing")
        page.evaluate("window.stayed = true")
        page.get_by_role("button", name="Take it").press("Enter")
        page.get_by_text("Taken: you").wait_for()
        page.wait_for_function("id => document.activeElement.id === id", arg=f"open-{fever}")
        assert page.evaluate("window.stayed") is True


def test_who_is_second_reads_it_in_the_queue(chromium, address, can_sign_in, fever, browse):
    with tab(chromium, address) as page:
        sign_in(page, can_sign_in("nora"))
        page.goto("/queues/nursing")
        omar = browse("omar")
        seen = seen_in(omar.get(f"/alerts/{fever}"))
        assert omar.post(f"/alerts/{fever}/acknowledge", {"seen": seen}).status_code == 303
        page.get_by_role("button", name="Take it").click()
        page.get_by_text("taken by Omar (physician) before you").wait_for()


def test_the_queue_refreshes_itself_and_empties_when_the_session_ends(
    chromium, address, can_sign_in, fever, clock
):
    with tab(chromium, address) as page:
        page.clock.install()
        sign_in(page, can_sign_in("nora"))
        page.goto("/queues/nursing")
        clock.pass_time(minutes=5)
        page.clock.run_for(21_000)
        page.get_by_text("25 min left").wait_for()
        clock.pass_time(seconds=Config.DASHBOARD_IDLE.total_seconds())
        page.clock.run_for(21_000)
        page.wait_for_url("**/sign-in?next=*")


def test_everything_works_without_a_script(chromium, address, can_sign_in, fever, call):
    with tab(chromium, address, java_script_enabled=False) as page:
        sign_in(page, can_sign_in("nora"))
        page.goto("/queues/nursing")
        page.get_by_role("button", name="Take it").click()
        page.get_by_text("Taken: you").wait_for()
        page.get_by_role("link", name="Answer").click()
        page.get_by_label("Phone").check()
        page.get_by_role("group", name="Did you reach her?").get_by_label("Yes").check()
        page.get_by_role("button", name="Save the contact").click()
        page.get_by_text("Phone: she was reached.").wait_for()

    assert call("nora", f"GET /alerts/{fever}").json["state"] == "in_progress"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1440])
def test_no_page_is_wider_than_its_screen_or_too_pale_to_read(
    chromium, address, can_sign_in, fever, check_in, call, world, width, scheme
):
    check_in(distress=6, topics=["family"], note="word" * 60)
    assert call("ana", "PATCH /patients/me", {"display_name": HOSTILE}).status_code == 200
    size = {"width": width, "height": 800}
    with tab(chromium, address, viewport=size, color_scheme=scheme) as page:
        sign_in(page, can_sign_in("nora"))
        patient = f"/patients/{world['ana'].patient_id}"
        for path in ("/", "/queues/nursing", f"/alerts/{fever}", patient, "/nothing", "/sign-in"):
            page.goto(path)
            assert page.evaluate(_OVERFLOW) <= 0, path
            assert page.evaluate(_TOO_PALE) == [], path
            assert page.title() != "taken"
        page.goto(patient)
        assert HOSTILE in page.inner_text("h1")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 768, 1440])
def test_what_was_not_sent_fits_and_is_tried_again_with_the_keyboard(
    chromium, address, can_sign_in, not_sent, width, scheme
):
    size = {"width": width, "height": 800}
    with tab(chromium, address, viewport=size, color_scheme=scheme) as page:
        sign_in(page, can_sign_in("ada"), "ada", first="/queues/nursing")
        tab_to(page, "Not sent")
        page.keyboard.press("Enter")
        page.get_by_role("heading", name="Messages that were not sent").wait_for()
        assert page.evaluate(_OVERFLOW) <= 0
        assert page.evaluate(_TOO_PALE) == []
        tab_to(page, "Try again")
        page.keyboard.press("Enter")
        page.get_by_text("is on its way again").wait_for()
        assert page.evaluate(_TOO_PALE) == []
        page.get_by_text("Nothing is here").wait_for()


@pytest.mark.parametrize("width", [360, 1440])
def test_whoever_opens_the_link_in_a_mail_is_asked_first(
    chromium, address, app, world, call, width
):
    link = address_for(
        app.extensions["tokens"], address, world["ana"].account_id, channel="email", kind="reply"
    )
    with tab(chromium, address, viewport={"width": width, "height": 800}) as page:
        page.goto(link)
        assert call("ana", "GET /me").json["channels"]["off"]["email"] == []
        assert page.evaluate(_OVERFLOW) <= 0
        assert page.evaluate(_TOO_PALE) == []
        page.get_by_role("button", name="Stop them").press("Enter")
        page.get_by_role("heading", name="You get no more of these").wait_for()
    assert call("ana", "GET /me").json["channels"]["off"]["email"] == ["reply"]


_OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
# Contrast as WCAG 2 counts it, of every text on the page against what is painted behind it.
_TOO_PALE = """() => {
  const rgb = (text) => text.match(/[0-9.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255)
    .map((c) => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const color = rgb(getComputedStyle(at).backgroundColor);
      if (color.length < 4 || color[3] > 0) return color;
    }
    return [255, 255, 255];
  };
  const pale = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const node = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || !node.checkVisibility()) continue;
    const style = getComputedStyle(node);
    const ink = node.closest("svg") ? style.fill : style.color;
    const [a, b] = [light(rgb(ink)), light(behind(node))].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) pale.push(texts.currentNode.data.trim());
  }
  return pale;
}"""
