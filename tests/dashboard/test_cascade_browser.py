"""The cascade in a real Chromium: both widths, light and dark, no script."""

import os
from pathlib import Path
from uuid import uuid4

import pytest

from tests.dashboard.chromium import BY_LOOKS, TAGS, barriers, looks, sign_in, tab

pytestmark = pytest.mark.browser
# Set to keep what was seen.
SHOTS = os.environ.get("WAYMARK_SHOTS")
RULES = TAGS | {"values": [*TAGS["values"], "best-practice"]}


@pytest.fixture
def asked(call, check_in):
    """Ana asks for a chaplain, and is in distress."""
    body = {
        "id": str(uuid4()), "kind": "chaplain", "contact_by": "visit",
        "message": "Could you come by on Thursday?",
    }  # fmt: skip
    assert call("ana", "POST /patients/me/support-requests", body).status_code == 201
    check_in(distress=8, safe_now=False)
    return body["id"]


def shoot(page, name):
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


def test_the_pages_fit_and_can_be_read_by_everybody(
    chromium, address, can_sign_in, asked, call, world
):
    [one] = [c for c in call("sol", "GET /cascade").json["items"] if c["source"] == "screen"]
    need = {"need": "Somebody to call each week", "step": 4, "follow_up_on": "2026-03-02"}
    assert call("sol", f"POST /cascade/{one['id']}/assess", need).status_code == 200
    ana = world["ana"].patient_id
    plan = {"sections": {"signs": "I stop answering the phone.", "people": "Hugo"}}
    assert call("sol", f"PUT /patients/{ana}/safety-plan", plan).status_code == 200
    with tab(chromium, address) as page:
        sign_in(page, can_sign_in("sol"), "sol")
        for name, path in (
            ("cascades", "/cascade"), ("cascade", f"/cascade/{one['id']}"),
            ("request", f"/support-requests/{asked}"), ("plan", f"/patients/{ana}/safety-plan"),
        ):  # fmt: skip
            page.goto(path)
            for summary in page.get_by_text("The same in numbers").all():
                summary.click()
            assert barriers(page, RULES) == [], path
            for look in looks(page):
                shoot(page, f"{name}-{look}")
                room = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
                assert room <= 0, (path, look)
                assert barriers(page, BY_LOOKS) == [], (path, look)


def test_without_a_script_everything_can_still_be_done(chromium, address, can_sign_in, asked, call):
    with tab(chromium, address, java_script_enabled=False) as page:
        sign_in(page, can_sign_in("sol"), "sol")
        page.goto("/cascade")
        page.get_by_role("link", name="Suicidal thoughts: open").click()
        page.get_by_label("How it ended").select_option("referred")
        page.get_by_role("button", name="End it").click()
        page.get_by_text("Referred to somebody else").first.wait_for()
