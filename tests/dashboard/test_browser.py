"""A real Chromium over the real application: the keyboard, the policy, both widths, no script."""

import pytest

from service.config import Config
from service.notify.unsubscribing import address_for
from tests.dashboard.chromium import looks, sign_in, tab, tab_to
from tests.dashboard.conftest import seen_in

HOSTILE = "Ana <script>document.title='taken'</script><img src=x onerror=alert(1)>"

pytestmark = pytest.mark.browser


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


def test_no_page_is_wider_than_its_screen_or_too_pale_to_read(
    chromium, address, can_sign_in, fever, check_in, call, world
):
    check_in(distress=6, topics=["family"], note="word" * 60)
    assert call("ana", "PATCH /patients/me", {"display_name": HOSTILE}).status_code == 200
    with tab(chromium, address) as page:
        sign_in(page, can_sign_in("nora"))
        patient = f"/patients/{world['ana'].patient_id}"
        for path in ("/", "/queues/nursing", f"/alerts/{fever}", patient, "/nothing", "/sign-in"):
            page.goto(path)
            assert page.title() != "taken"
            for look in looks(page):
                assert page.evaluate(_OVERFLOW) <= 0, (path, look)
                assert page.evaluate(_TOO_PALE) == [], (path, look)
        page.goto(patient)
        assert HOSTILE in page.inner_text("h1")


@pytest.mark.parametrize("width", [360, 1440])
def test_what_was_not_sent_fits_and_is_tried_again_with_the_keyboard(
    chromium, address, can_sign_in, not_sent, width
):
    with tab(chromium, address, viewport={"width": width, "height": 800}) as page:
        sign_in(page, can_sign_in("ada"), "ada", first="/queues/nursing")
        tab_to(page, "Clinic pages")
        page.keyboard.press("Enter")
        tab_to(page, "Not sent")
        page.keyboard.press("Enter")
        page.get_by_role("heading", name="Messages that were not sent").wait_for()
        for look in looks(page, 360, 768, 1440):
            assert page.evaluate(_OVERFLOW) <= 0, look
            assert page.evaluate(_TOO_PALE) == [], look
        page.set_viewport_size({"width": width, "height": 800})
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
    // The number of a mark stands on the shape it is drawn with.
    const shape = node.closest("svg g") && node.parentElement.querySelector("rect, circle, path");
    if (shape) return rgb(getComputedStyle(shape).fill);
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
