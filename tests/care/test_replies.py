"""The heard loop: who saw each report, when, and what happens next, in plain words."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from service.alerts.models import Alert, AlertReason, AlertState, AlertStep
from service.db import db, transaction

NOTHING = "Nothing in it needs a person today."
VISIT = "Your team sees it before your next visit."


@pytest.fixture
def reports(call, clock):
    def reports(severity=1, **more):
        answers = [{"symptom": "nausea", "frequency": severity, "severity": severity}]
        body = {"id": str(uuid4()), "reported_at": clock.now().isoformat(), "answers": answers}
        answer = call("ana", "POST /patients/me/symptom-reports", {**body, **more})
        assert answer.status_code == 201, answer.json
        clock.pass_time(minutes=5)
        return body["id"]

    return reports


@pytest.fixture
def check_in(call, clock):
    def check_in(**said):
        body = {"id": str(uuid4()), "checked_at": clock.now().isoformat(), **said}
        assert call("ana", "POST /patients/me/wellbeing-checks", body).status_code == 201
        clock.pass_time(minutes=5)
        return body["id"]

    return check_in


@pytest.fixture
def replies(call):
    def replies(who="ana", pid="me", **query):
        answer = call(who, f"GET /patients/{pid}/replies", query_string=query)
        assert answer.status_code == 200, answer.json
        return answer.json["items"]

    return replies


@pytest.fixture
def alert_of(app, world):
    """Change Ana's one alert directly, as other parts of the service do."""

    def alert_of(**values):
        with app.app_context(), transaction() as session:
            alert = session.scalars(
                sa.select(Alert).where(Alert.patient_id == world["ana"].patient_id)
            ).one()
            for name, value in values.items():
                setattr(alert, name, value)
            return alert

    return alert_of


@pytest.fixture
def step(app, alert_of, clock):
    def step(kind, role="nurse", **detail):
        alert = alert_of()
        with app.app_context(), transaction() as session:
            session.add(
                AlertStep(
                    alert_id=alert.id, patient_id=alert.patient_id, at=clock.now(), kind=kind,
                    by_role=role, detail=detail,
                )
            )  # fmt: skip

    return step


def about(items):
    return [one["about"]["type"] for one in items]


def test_a_report_that_needs_nobody_is_received(reports, replies):
    id = reports()
    [reply] = replies()

    assert reply["about"]["type"] == "symptom_report"
    assert [record["id"] for record in reply["about"]["records"]] == [id]
    assert (reply["state"], reply["alert_id"], reply["can_decline"]) == ("received", None, False)
    assert [one["text"] for one in reply["steps"]] == ["Received at 09:00 on 2 March."]
    assert reply["next"].startswith(NOTHING)
    assert reply["next"].endswith(VISIT)


def test_she_is_told_who_saw_it_first_and_when(call, world, clock, reports, replies):
    path = f"GET /patients/{world['ana'].patient_id}/symptom-reports"
    call("omar", path)  # before it came
    reports()
    call("nora", path)
    clock.pass_time(hours=1)
    call("omar", path)
    [reply] = replies()

    assert reply["state"] == "seen"
    assert reply["text"] == "Your symptom report was seen by the nurse at 09:05 on 2 March."
    assert [(one["role"], one["text"]) for one in reply["steps"]] == [
        (None, "Received at 09:00 on 2 March."),
        ("nurse", "Seen by the nurse at 09:05 on 2 March."),
    ]


@pytest.mark.parametrize(
    ("who", "path"),
    [
        ("nora", "wellbeing-checks"),  # another thing of hers
        ("ana", "symptom-reports"),  # herself
        ("cora", "treatments"),
    ],
)
def test_what_shows_it_to_nobody_is_no_look(call, world, reports, replies, who, path):
    reports()
    assert call(who, f"GET /patients/{world['ana'].patient_id}/{path}").status_code == 200
    assert replies()[0]["state"] == "received"


def test_checks_and_finished_questionnaires_are_answered_too(call, clock, check_in, replies, world):
    check_in(mood=4, note="Zebra", note_is_private=True)
    for status, answers in (("in-progress", {"1": 0}), ("completed", {"1": 0, "2": 0})):
        body = {"id": str(uuid4()), "questionnaire": "phq-2", "status": status,
                "answered_at": clock.now().isoformat(), "answers": answers}  # fmt: skip
        assert call("ana", "POST /patients/me/questionnaire-responses", body).status_code == 201
    assert about(replies()) == ["questionnaire_response", "wellbeing_check"]
    pid = world["ana"].patient_id
    assert call("sol", f"GET /patients/{pid}/wellbeing-checks").status_code == 200
    assert [one["state"] for one in replies()] == ["received", "seen"]
    assert "Zebra" not in call("sol", f"GET /patients/{pid}/replies").text


def test_nobody_learns_of_a_check_she_may_not_read(check_in, reports, replies, world):
    check_in(mood=4)
    reports()
    pid = world["ana"].patient_id
    assert about(replies("sol", pid)) == ["symptom_report", "wellbeing_check"]
    assert about(replies("cora", pid)) == ["symptom_report"]
    assert about(replies("chaya", pid)) == ["wellbeing_check"]


def test_an_alert_speaks_for_the_reports_it_rests_on(reports, check_in, replies):
    calm = check_in(mood=4)
    bad = reports(severity=3)
    alert, check = replies()

    assert alert["about"]["type"] == "alert"
    assert alert["alert_id"] == alert["id"]
    assert [record["id"] for record in alert["about"]["records"]] == [bad]
    assert [record["id"] for record in check["about"]["records"]] == [calm]


def test_a_mild_report_while_somebody_looks_is_not_called_nothing(reports, replies):
    reports(severity=3)
    reports(severity=1)
    report, _alert = replies()
    assert report["about"]["type"] == "symptom_report"
    assert NOTHING not in report["next"]
    assert "looking at what you reported before" in report["next"]


def test_what_she_was_told_to_do_herself_is_said_again(app, reports, replies):
    id = reports()
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(sa.text("DELETE FROM guidance_given"))
    assert "You were told" not in replies()[0]["next"]
    with app.app_context(), transaction() as session:
        session.execute(
            sa.text(
                "INSERT INTO guidance_given (record_id, record_type, patient_id, at, level, slug,"
                " nobody_on_duty, rules) SELECT id, 'symptom_report', patient_id, at,"
                " 'call_today', 'moderate-symptom', :no, '[]' FROM symptom_reports WHERE id = :id"
            ).bindparams(sa.bindparam("id", UUID(id), type_=sa.Uuid()), no=False)
        )
    said = replies()[0]["next"]
    assert said.startswith("You were told: ")
    assert said.endswith("Do not wait for an answer here.")
    assert NOTHING not in said


def test_what_is_older_than_a_month_or_taken_back_or_corrected_is_left_out(
    call, clock, reports, replies
):
    reports()
    clock.pass_time(days=31)
    gone, wrong = reports(), reports()
    assert call("ana", f"DELETE /patients/me/symptom-reports/{gone}").status_code == 204
    right = reports(corrects=wrong)
    assert [one["id"] for one in replies()] == [right]


def test_an_open_alert_says_whom_to_call_and_a_late_one_promises_nothing(
    call, clock, reports, replies
):
    reports(severity=4)
    [reply] = replies()
    assert reply["next"] == (
        "If you feel worse, do not wait for an answer here: call 206-555-0100."
    )
    clock.pass_time(days=4)
    [reply] = replies()
    assert reply["next"] == "They are late. If you need help now, call 206-555-0100."


def test_a_taken_alert_says_by_when_she_is_contacted(call, clock, reports, replies, alert_of):
    reports(severity=4)
    alert = alert_of()
    assert call("nora", f"POST /alerts/{alert.id}/acknowledge", {}).status_code == 200
    for hours, words in ((8, "by 17:05 today"), (26, "by 11:05 tomorrow"),
                         (80, "by 17:05 on 5 March")):  # fmt: skip
        alert_of(contact_by=clock.now() + timedelta(hours=hours))
        assert replies()[0]["next"] == f"They will contact you {words}."
    clock.pass_time(hours=81)
    assert replies()[0]["next"] == "They are late. If you need help now, call 206-555-0100."
    attempt = {"how": "phone", "reached": True, "note": "Zebra"}
    call("nora", f"POST /alerts/{alert.id}/contact-attempts", attempt)
    assert replies()[0]["next"] == "They are working on it."
    assert "Zebra" not in str(replies())
    alert_of(contact_by=None, state=AlertState.ACKNOWLEDGED, contacted_at=None)
    assert "be in touch if needed" in replies()[0]["next"]


def test_what_staff_write_her_on_the_way_is_shown_and_the_newest_stands_out(reports, replies, step):
    reports(severity=4)
    step("acknowledged", reply="I call you at noon.")
    step("contact_attempt", reached=False, reply="I could not reach you.", note="Zebra")
    [reply] = replies()
    assert [one["reply"] for one in reply["steps"]] == [
        None, "I call you at noon.", "I could not reach you.",
    ]  # fmt: skip
    assert reply["reply"] == "I could not reach you."
    assert "Zebra" not in str(reply)


@pytest.mark.parametrize(
    ("outcome", "detail", "text", "next_"),
    [
        ("snoozed", {"until": "2026-03-20T07:00:00+00:00", "reason": "Zebra"},
         "The nurse knows about it. Until 20 March they are told again only if it gets worse.", "If it gets worse"),
        ("declined", {"reason": "Zebra"},
         "You said at 09:05 on 2 March that you need nobody for this.", "If you change your mind"),
    ],
)  # fmt: skip
def test_snoozed_and_declined_alerts_have_words_of_their_own(
    clock, reports, replies, alert_of, step, outcome, detail, text, next_
):
    reports(severity=4)
    alert_of(state=AlertState.CLOSED, outcome=outcome, closed_at=clock.now())
    step(outcome, "patient" if outcome == "declined" else "nurse", **detail)
    [reply] = replies()
    assert (reply["text"], reply["state"]) == (text, "closed")
    assert next_ in reply["next"]
    assert "Zebra" not in str(reply)


def test_she_may_decline_only_what_every_rule_leaves_to_her(app, reports, replies, alert_of):
    def leave(value):
        with app.app_context(), transaction() as session:
            session.execute(sa.update(AlertReason).values(patient_can_decline=value))

    reports(severity=4)
    leave(False)
    assert replies()[0]["can_decline"] is False
    leave(True)
    assert replies()[0]["can_decline"] is True
    alert_of(severity="urgent")
    assert replies()[0]["can_decline"] is False
    alert_of(severity="soon", state=AlertState.CLOSED, outcome="seen")
    assert replies()[0]["can_decline"] is False


def test_drills_and_what_is_merely_noted_make_no_items(reports, replies, alert_of):
    reports(severity=4)
    alert_of(is_drill=True)
    assert replies() == []
    alert_of(is_drill=False, severity="info")
    assert about(replies()) == ["symptom_report"]


def test_the_list_goes_on_page_by_page_without_a_gap(call, clock, reports, check_in, replies):
    for number in range(4):
        reports(severity=3 if number % 2 else 1)
        check_in(mood=3)
        body = {"id": str(uuid4()), "kind": "nurse", "contact_by": "phone"}
        assert call("ana", "POST /patients/me/support-requests", body).status_code == 201
    whole = replies()
    assert len(whole) == 9
    assert [one["at"] for one in whole] == sorted((one["at"] for one in whole), reverse=True)
    seen, cursor = [], None
    while True:
        query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        answer = call("ana", "GET /patients/me/replies", query_string=query).json
        seen += answer["items"]
        cursor = answer["next_cursor"]
        if cursor is None:
            break
    assert seen == whole
    assert call("ana", "GET /patients/me/replies?cursor=x").status_code == 422
