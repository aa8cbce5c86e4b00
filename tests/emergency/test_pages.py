"""S-80 on the dashboard: opening a record, reading it under a banner, and reviewing that."""

import re

import pytest
import sqlalchemy as sa

from service.accounts.emergency_models import BreakGlass
from service.accounts.session_models import DeviceSession
from service.db import transaction
from tests.dashboard.chromium import sign_in, tab
from tests.dashboard.conftest import readable
from tests.emergency.conftest import REASON

BANNER = "Emergency access until 10:00. Everything you open is logged; reading only."


@pytest.fixture
def her_page(world):
    return f"/patients/{world['ana'].patient_id}"


@pytest.fixture
def olga(browse, world):
    """Olga's browser, and Ana's record open in it."""
    olga = browse("olga")
    form = {"patient": str(world["ana"].patient_id), "reason": REASON}
    answer = olga.post("/emergency-access", form)
    assert (answer.status_code, answer.location) == (303, f"/patients/{form['patient']}")
    return olga


def test_s80_the_page_says_what_follows_and_leads_to_the_record_under_a_banner(
    world, browse, report, her_page
):
    report(temperature_c=39.5, answers=[{"symptom": "nausea", "frequency": 4, "severity": 4}])
    olga = browse("olga")
    assert olga.get(her_page).status_code == 404
    said = olga.text("/emergency-access")
    assert "she is told at once that you opened her record" in said
    form = {"patient": f" {world['ana'].patient_id} ", "reason": REASON}

    answer = olga.post("/emergency-access", form, follow_redirects=True)

    assert answer.request.path == her_page
    assert BANNER in readable(answer)
    assert "39.5" in readable(answer)
    assert "/alerts/" not in answer.text
    assert '<form method="post" action="/patients' not in answer.text
    for page in ("visit", "safety-plan", "notes"):
        shown = olga.get(f"{her_page}/{page}")
        assert (shown.status_code, BANNER in readable(shown)) == (200, True), page
    assert olga.get(f"{her_page}/visit.pdf").status_code == 200
    assert olga.get(f"{her_page}/studies").status_code == 403
    assert "Emergency access until" not in olga.text("/")
    assert "until 10:00" in olga.text("/emergency-access")


def test_s80_every_form_about_her_is_refused(olga, her_page):
    for path, form in (
        ("notes", {"text": "I was here"}), ("safety-plan", {"signs": "x"}),
        ("notes/00000000-0000-7000-8000-000000000000/take-back", {}),
    ):  # fmt: skip
        answer = olga.post(f"{her_page}/{path}", form)
        assert answer.status_code == 403, path
        assert "Emergency access is for reading only." in readable(answer), path


def test_s80_the_banner_and_the_page_end_with_the_hour(olga, her_page, clock, app, world):
    clock.pass_time(minutes=59)
    with app.app_context(), transaction() as session:
        session.execute(sa.update(DeviceSession).values(last_used_at=clock.now()))
    assert BANNER in olga.text(her_page)
    clock.pass_time(minutes=1)
    assert olga.get(her_page).status_code == 404


def test_s80_what_is_missing_is_said_beside_its_field(world, app, browse):
    olga = browse("olga")
    for form, said in (
        ({"patient": "123", "reason": REASON}, "Write the whole id"),
        ({"patient": str(world["ana"].patient_id), "reason": "short"}, "10 to 1,000 characters"),
        ({"patient": str(world["ana"].patient_id)}, "10 to 1,000 characters"),
    ):
        answer = olga.post("/emergency-access", form)
        assert answer.status_code == 422
        assert said in readable(answer)
    typed = olga.post("/emergency-access", {"patient": "123", "reason": REASON})
    assert REASON in typed.text
    nobody = {"patient": "00000000-0000-7000-8000-000000000000", "reason": REASON}
    answer = olga.post("/emergency-access", nobody)
    assert (answer.status_code, "no patient of this id" in readable(answer)) == (404, True)
    own = browse("nora").post(
        "/emergency-access", {"patient": str(world["ana"].patient_id), "reason": REASON}
    )
    assert own.status_code == 409
    assert "Go to her page" in readable(own)
    with app.app_context(), transaction() as session:
        assert session.scalars(sa.select(BreakGlass.id)).all() == []


def test_s80_who_has_not_just_proved_herself_does_so_first(browse, clock, world):
    olga = browse("olga")
    clock.pass_time(minutes=6)
    answer = olga.get("/emergency-access")
    assert answer.status_code == 303
    assert answer.location.startswith("/step-up?next=%2Femergency-access")
    form = {"patient": str(world["ana"].patient_id), "reason": REASON}
    assert olga.post("/emergency-access", form).location.startswith("/step-up?again=1")
    forged = olga.client.post(
        "/emergency-access", data=form, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert forged.status_code == 403


def test_s80_only_who_may_sees_the_pages_and_the_links_to_them(browse, world):
    for who, access, reviews in (
        ("nora", 200, 403), ("omar", 200, 403), ("per", 403, 200), ("ada", 403, 403),
        ("sol", 403, 403),
    ):  # fmt: skip
        browser = browse(who)
        assert browser.get("/emergency-access").status_code == access, who
        answer = browser.get("/emergency-reviews")
        assert answer.status_code == reviews, who
        home = browser.get("/sessions").text
        assert ("/emergency-access" in home) is (access == 200), who
        assert ("/emergency-reviews" in home) is (reviews == 200), who


def test_s80_a_privacy_officer_reviews_on_the_page(olga, browse, app, world, call):
    per = browse("per")
    said = per.text("/emergency-reviews")
    assert all(word in said for word in ("Ana", "Olga", "nurse", "Hilltop Oncology", REASON))
    [path] = re.findall(r'action="(/emergency-reviews/[^"]+)"', per.get("/emergency-reviews").text)

    missing = per.post(path, {"note": "Called Hilltop."})

    assert missing.status_code == 422
    assert "Choose whether it was justified." in readable(missing)
    assert "Called Hilltop." in missing.text
    done = per.post(
        path, {"finding": "justified", "note": "Called Hilltop."}, follow_redirects=True
    )
    assert "The review is saved." in readable(done)
    assert "There is nothing to review." in readable(done)
    assert "Justified, by Per" in per.text("/emergency-reviews?show=all")
    assert per.post(path, {"finding": "justified"}).status_code == 409
    log = call("ana", "GET /patients/me/access-log").json["items"]
    assert ("Per", "emergency_review", "write") in [
        (one["name"], one["topic"], one["action"]) for one in log
    ]
    audit = per.text(f"/audit?account={world['olga'].account_id}")
    assert "Olga , nurse Opened in an emergency: break glass" in audit


@pytest.mark.browser
def test_s80_it_goes_by_keyboard_alone_and_without_a_script(
    chromium, address, can_sign_in, world, her_page
):
    with tab(chromium, address, java_script_enabled=False) as page:
        sign_in(page, can_sign_in("olga"), "olga")
        page.goto(f"{address}/emergency-access")
        page.locator("#patient").focus()
        page.keyboard.type(str(world["ana"].patient_id))
        page.keyboard.press("Tab")
        page.keyboard.type(REASON)
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.wait_for_url(f"{address}{her_page}")
        assert BANNER in page.locator("#emergency").inner_text()
