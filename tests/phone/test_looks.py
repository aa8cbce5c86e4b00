"""Every screen under axe, on a phone in the light and on a desk in the dark; targets; low energy."""

import pytest

from tests.dashboard.chromium import BY_LOOKS, TAGS, barriers

pytestmark = pytest.mark.browser

SCREENS = {
    "today": "Today", "check-in": "Check-in", "wellbeing": "How do you feel?",
    "feed": "For you to read", "article/chemo-fever": "For you to read",
    "help": "Numbers to call", "replies": "Replies",
    "sharing": "Who sees what", "settings": "More", "unsent": "Not sent yet", "questionnaire/phq-4": "A few questions",
}  # fmt: skip

# Everything that is tapped but links in running text, by its size in pixels.
_SMALL = """(least) => [...document.querySelectorAll("button, a, summary, input, textarea")]
  .filter((one) => one.checkVisibility())
  .map((one) => one.closest("label:has(input[type=radio], input[type=checkbox])") ?? one)
  .filter((one) => !one.closest("h2, li, #state") || one.matches(".call"))
  .filter((one) => one.getBoundingClientRect().height < least - 0.5)
  .map((one) => one.outerHTML.slice(0, 90))"""
_TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture
def lived_in(call, report, on_ribociclib):
    """Something to show on every screen."""
    report(answers=[{"symptom": "nausea", "frequency": 1, "severity": 1}])
    body = {"id": "0195b0a0-0000-7000-8000-00000000dcba", "text": "May I fly?"}
    assert call("ana", "POST /patients/me/questions", body).status_code == 201


def test_no_screen_has_barriers_and_all_of_them_fit(phone, lived_in):
    found = []
    with phone() as ana:
        ana.page.goto("/")
        ana.is_on("Sign in")
        found += barriers(ana.page)
        ana.sign_in()
        # What lies under the bar at the bottom can be scrolled to; axe takes it for hidden.
        ana.page.evaluate("document.getElementById('nav').style.position = 'static'")
        for screen, title in SCREENS.items():
            ana.page.goto(f"/#/{screen}")
            ana.is_on(title)
            for width, scheme, only in [(360, "light", TAGS), (1440, "dark", BY_LOOKS)]:
                ana.page.set_viewport_size({"width": width, "height": 800})
                ana.page.emulate_media(color_scheme=scheme)
                found += [f"{screen}, {width}, {scheme}: {one}" for one in barriers(ana.page, only)]
                if ana.page.evaluate(_TOO_WIDE) > 0:
                    found.append(f"{screen}, {width}: too wide")
            found += [f"{screen}: small {one}" for one in ana.page.evaluate(_SMALL, 44)]
    assert not found, "\n".join(found)


def test_low_energy_is_one_thing_a_screen_with_large_targets(phone, call, lived_in):
    found = []
    with phone() as ana:
        ana.sign_in()
        ana.open("More")
        ana.tap("Turn on low-energy mode")
        ana.page.get_by_role("button", name="Turn off low-energy mode").wait_for()
        ana.page.reload()
        ana.is_on("More")
        for screen in ("today", "check-in", "help", "feed", "settings"):
            ana.page.goto(f"/#/{screen}")
            ana.is_on(SCREENS[screen])
            found += [f"{screen}: {one}" for one in barriers(ana.page)]
            found += [f"{screen}: small {one}" for one in ana.page.evaluate(_SMALL, 64)]
            if ana.page.evaluate(_TOO_WIDE) > 0:
                found.append(f"{screen}: too wide")
        ana.page.goto("/#/today")
        ana.is_on("Today")
        assert ana.page.locator("main .box").count() == 1
        ana.page.goto("/#/wellbeing")
        one_shows = "() => document.querySelectorAll('fieldset:not([hidden])').length === 1"
        ana.page.wait_for_function(one_shows)
        ana.choose("How hard have the last 7 days", "4")
        while ana.page.get_by_role("button", name="Next").is_visible():
            ana.tap("Next")
            assert ana.page.evaluate(one_shows)
            assert ana.page.evaluate("document.activeElement.tagName") == "FIELDSET"
        ana.tap("Send")
        ana.page.get_by_role("dialog").get_by_role("heading").wait_for()
        found += [f"what she is told: {one}" for one in barriers(ana.page)]
        found += [f"what she is told: small {one}" for one in ana.page.evaluate(_SMALL, 64)]
        ana.tap("I have read this")
        ana.open("Not now")
        ana.is_on("Today")
        ana.all_is_sent()
    assert not found, "\n".join(found)
    [check] = call("ana", "GET /patients/me/wellbeing-checks").json["items"]
    assert check["distress"] == 4
