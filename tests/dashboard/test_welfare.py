"""Welfare checks: a ranked list, a call, an absence; by role, without a script, at both widths."""

import re
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from service.accounts.models import Role
from service.alerts.models import Alert, AlertStep
from service.care import silence
from service.dashboard.views_welfare import PAGE
from service.db import transaction
from service.panel.models import PatientSummary
from tests.conftest import _add
from tests.counting import statements_counted
from tests.dashboard.chromium import sign_in, tab
from tests.dashboard.conftest import OURS

CALM = [{"symptom": "nausea", "frequency": 0}]


@pytest.fixture
def many(app, world, clock):
    """Fifty patients more, each silent, each with an alert about it."""
    with app.app_context(), transaction() as session:
        for number in range(50):
            _add(app, session, clock, world, f"pat{number:02}", Role.PATIENT, world.clinic_id)
        session.flush()
        session.execute(
            sa.update(PatientSummary).values(silence_score=40, missed_check_ins=2, rhythm_days=3.5)
        )


def steps(app, world, who="ana"):
    with app.app_context(), transaction() as session:
        hers = AlertStep.patient_id == world[who].patient_id
        return [
            (one.kind, one.by_role, one.detail)
            for one in session.scalars(sa.select(AlertStep).where(hers).order_by(AlertStep.at))
            if one.kind in ("contact_attempt", "heard_again")
        ]


def test_it_says_how_long_and_what_was_last_known(browse, silent):
    text = browse("nora").text("/welfare")

    assert "Expected every 7 days, last heard 15 days ago" in text
    assert "never heard; she joined 15 days ago" in text
    assert "Nausea" in text
    assert "3 of 10" in text
    assert "Raised: on ribociclib" in text
    assert "Attempts to reach her None yet" in text
    assert text.index("Ana") < text.index("Bea")  # who is on ribociclib stands first


def test_her_own_rhythm_is_said(app, browse, silent):
    with app.app_context(), transaction() as session:
        session.execute(sa.update(PatientSummary).values(rhythm_days=2))
    assert "Usually every 2 days, last heard 15 days ago" in browse("nora").text("/welfare")


@pytest.mark.parametrize(
    ("who", "sees", "hides"),
    [
        ("chaya", ["Last distress"], ["Worst in", "Risk of infection", "I called her"]),
        ("cora", ["Worst in", "I called her", "She is away"], ["Last distress"]),
        ("sol", ["Worst in", "Last distress", "Risk of infection"], ["I called", "She is away"]),
        ("omar", ["Worst in", "I called her", "She is away", "Open the alert"], []),
    ],
)
def test_each_role_sees_what_it_may(browse, silent, who, sees, hides):
    text = browse(who).text("/welfare")
    assert [word for word in sees if word not in text] == []
    assert [word for word in hides if word in text] == []


@pytest.mark.parametrize("who", ["ada", "eva", "per"])
def test_nobody_else_sees_it(browse, silent, who):
    assert browse(who).get("/welfare").status_code == 403


def test_another_clinic_sees_none_of_them(browse, silent, world):
    assert "Ana" not in browse("olga").text("/welfare")
    path = f"/welfare/{world['ana'].patient_id}/calls"
    assert browse("olga").post(path, {"reached": "no"}).status_code == 404


def test_a_drill_and_who_is_heard_are_left_out(app, browse, silent, world, report, clock):
    with app.app_context(), transaction() as session:
        session.get_one(PatientSummary, world["bea"].patient_id).is_drill = True
    report("ana", reported_at=clock.now().isoformat(), answers=CALM)
    assert "Nobody is silent" in browse("nora").text("/welfare")


def test_a_call_that_did_not_reach_her_is_noted_on_her_alert(app, browse, silent, world):
    cora = browse("cora")
    path = f"/welfare/{world['ana'].patient_id}/calls"
    answer = cora.post(path, {"reached": "no", "note": "No answer."})

    assert (answer.status_code, answer.location) == (303, "/welfare?done=not_reached")
    [(kind, role, detail)] = steps(app, world)
    assert (kind, role, detail["how"], detail["reached"]) == (
        "contact_attempt", Role.COORDINATOR, "phone", False,
    )  # fmt: skip
    text = cora.text(answer.location)
    assert "Your call is noted. She stays on this list." in text
    assert "Tried once. The last on 17 March by phone, and did not reach her." in text


def test_a_call_that_reached_her_takes_her_off_the_list(browse, silent, world):
    cora = browse("cora")
    answer = cora.post(f"/welfare/{world['ana'].patient_id}/calls", {"reached": "yes"})
    text = cora.text(answer.location)
    assert "Ana" not in text
    assert "Bea" in text


def test_a_call_without_an_open_alert_opens_one(app, browse, silent, world, call):
    [alert] = [
        one["id"] for one in call("cora", "GET /alerts").json["items"]
        if one["patient"]["display_name"] == "Ana"
    ]  # fmt: skip
    closing = {"outcome": "not_reached", "action": "called", "contact_made": False}
    assert call("cora", f"POST /alerts/{alert}/close", closing).status_code == 200
    browse("cora").post(f"/welfare/{world['ana'].patient_id}/calls", {"reached": "no"})

    with app.app_context(), transaction() as session:
        hers = sa.select(Alert).where(
            Alert.patient_id == world["ana"].patient_id, Alert.queue == "coordination"
        )
        states = [(one.id == UUID(alert), one.state.value) for one in session.scalars(hers)]
    assert sorted(states) == [(False, "in_progress"), (True, "closed")]


def test_a_call_to_somebody_who_has_reported_is_refused_and_what_was_typed_kept(
    app, browse, silent, world, report, clock
):
    cora = browse("cora")
    report("ana", reported_at=clock.now().isoformat(), answers=CALM)
    path = f"/welfare/{world['ana'].patient_id}/calls"
    with app.app_context(), transaction() as session:
        silence.check_silence(session, now=clock.now())
    answer = cora.post(path, {"reached": "no", "note": "Nobody at home"})
    assert answer.status_code == 409
    assert "heard of meanwhile" in answer.text
    assert "Nobody at home" in answer.text
    assert cora.post(path, {"note": "x"}).status_code == 422
    assert [kind for kind, *_ in steps(app, world)] == ["heard_again"]


def test_an_absence_takes_her_off_the_list_and_sent_twice_is_one(app, browse, silent, world, call):
    nora = browse("nora")
    form = {"id": str(uuid4()), "kind": "inpatient", "starts_on": "2026-03-15", "ends_on": ""}
    path = f"/welfare/{world['ana'].patient_id}/away"
    for _ in range(2):
        answer = nora.post(path, form)
        assert (answer.status_code, answer.location) == (303, "/welfare?done=away")
    assert "Ana" not in nora.text("/welfare")
    [period] = call("ana", "GET /patients/me/away").json["items"]
    assert (period["kind"], period["ends_on"]) == ("inpatient", None)
    assert [kind for kind, *_ in steps(app, world)] == ["heard_again"]
    wrong = nora.post(path, {**form, "id": str(uuid4()), "ends_on": "2026-03-01"})
    assert (wrong.status_code, "It ends before it begins" in wrong.text) == (422, True)
    assert nora.post(path, {"id": "x", "kind": "x"}).status_code == 422


@pytest.mark.parametrize("what", ["calls", "away"])
def test_who_may_not_is_refused(browse, silent, world, what):
    path = f"/welfare/{world['ana'].patient_id}/{what}"
    form = {"reached": "no", "id": str(uuid4()), "kind": "other", "starts_on": "2026-03-02"}
    assert browse("sol").post(path, form).status_code in {403, 404}
    assert browse("chaya").post(path, form, headers=OURS).status_code in {403, 404}


def test_the_list_goes_on_and_costs_the_same_however_long_it_is(app, browse, many, silent):
    nora = browse("nora")
    names, path = [], "/welfare"
    while path:
        text = nora.get(path).text
        names += re.findall(r"<h2><a [^>]*>([^<]*)</a>", text)
        more = re.search(r'href="(/welfare\?after=[^"]+)"', text)
        path = more and more[1].replace("&amp;", "&")
    assert len(names) == len(set(names)) > 2 * PAGE
    assert nora.get("/welfare?after=x").status_code == 422
    assert nora.get("/welfare?after=WyJhIiwxXQ").status_code == 422
    with statements_counted(app) as seen:
        nora.get("/welfare")
    # Session, viewer, clinic, heartbeat, what nobody answered; the page, treatments, attempts,
    # the log of whom it shows.
    assert len([one for one in seen if not one.startswith("BEGIN")]) == 9


def test_its_page_is_read_from_the_partial_index(app, world):
    with app.app_context(), transaction() as session:
        if session.get_bind().dialect.name != "sqlite":
            return  # an empty table has no plan worth reading there
        plan = session.execute(
            sa.text(
                "EXPLAIN QUERY PLAN SELECT patient_id FROM patient_summaries WHERE clinic_id = 'x'"
                " AND silence_score > 0 ORDER BY silence_score DESC, patient_id DESC LIMIT 21"
            )
        ).all()
    assert "ix_patient_summaries_silence" in str(plan)


@pytest.mark.browser
@pytest.mark.parametrize("width", [360, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_can_be_worked_at_both_widths(
    chromium, address, can_sign_in, silent, width, scheme, tmp_path
):
    picture = tmp_path / f"welfare-{width}-{scheme}.png"
    size = {"width": width, "height": 900}
    with tab(chromium, address, viewport=size, color_scheme=scheme) as page:
        sign_in(page, can_sign_in("cora"), "cora")
        page.goto("/welfare")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.get_by_text("I called her: Ana").press("Enter")
        page.screenshot(path=picture, full_page=True)
        page.get_by_role("button", name="I called: not reached").first.press("Enter")
        page.get_by_text("She stays on this list").wait_for()
        page.get_by_text("She is away: Ana").press("Enter")
        page.get_by_role("button", name="Note that she is away").first.press("Enter")
        page.get_by_text("It is noted that she is away").wait_for()
        page.get_by_role("heading", name="Ana").wait_for(state="detached")
    assert picture.stat().st_size > 0
