"""S-80: a record opened in an emergency, by a nurse or a physician of another clinic."""

import io
import zipfile
from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa

from service.accounts.access import TABLE, Do, Topic
from service.accounts.emergency_models import BreakGlass
from service.accounts.models import Account, Patient, Role
from service.audit.models import AccessLogEntry
from service.audit.verifying import Finding, verify
from service.db import transaction
from service.emergencies.looking import IN_AN_EMERGENCY, OPENERS
from service.jobs.erasures import erase_due
from service.jobs.files import make_files
from service.jobs.log_keeping import seal_the_log
from service.notify.models import OutboxMessage
from tests.conftest import API, _add
from tests.emergency.conftest import REASON
from tests.jobs.scheduler import Scheduler
from tests.test_access_matrix import about_a_patient, signed_in


def count(app, model, *where):
    with app.app_context(), transaction() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(model).where(*where))


def of_ana(world, what=""):
    return f"GET /patients/{world['ana'].patient_id}{what}"


def test_s80_without_a_reason_nothing_is_opened(app, call, world, open_glass):
    for reason in (None, "", "too short", " " * 12, "x" * 1001, 7):
        assert open_glass(reason=reason).status_code == 422, reason
    assert call("olga", of_ana(world)).status_code == 404
    assert count(app, BreakGlass) == 0


def test_s80_who_has_not_just_signed_in_is_asked_to_first(app, clock, open_glass, sign_in_anew):
    clock.pass_time(minutes=5)
    refused = open_glass()
    assert (refused.status_code, refused.json["type"][-14:]) == (403, "step-up-needed")
    assert count(app, BreakGlass) == 0
    sign_in_anew("olga")
    assert open_glass().status_code == 201


def test_s80_it_opens_that_one_patient_and_nothing_else(
    app, world, call, clock, report, open_glass
):
    with app.app_context(), transaction() as session:
        _add(app, session, clock, world, "dana", Role.PATIENT, world.clinic_id)
    report(temperature_c=39.5, answers=[{"symptom": "nausea", "frequency": 4, "severity": 4}])
    [alert] = call("nora", "GET /alerts").json["items"]
    mine = {path: call("olga", path).json for path in ("GET /panel", "GET /alerts")}
    assert call("olga", of_ana(world)).status_code == 404

    opened = open_glass()

    assert opened.status_code == 201
    assert opened.json["ends_at"] == "2026-03-02T18:00:00Z"
    shown = call("olga", of_ana(world))
    assert (shown.status_code, shown.json["display_name"]) == (200, "Ana")
    assert call("olga", of_ana(world, "/symptom-reports")).json["items"][0]["temperature_c"] == 39.5
    assert call("olga", of_ana(world, "/timeline")).status_code == 200
    assert call("olga", of_ana(world, "/visit-summary")).status_code == 200
    for path in (f"GET /patients/{world['dana'].patient_id}", f"GET /alerts/{alert['id']}",
                 f"GET /patients/{uuid4()}"):  # fmt: skip
        assert call("olga", path).status_code == 404, path
    assert {path: call("olga", path).json for path in mine} == mine
    # Nobody else of her clinic is let in by it, and her own patients are as they were.
    assert call("olga", f"GET /patients/{world['ben'].patient_id}").status_code == 200


def test_s80_every_route_of_hers_reads_what_an_emergency_needs_and_writes_nothing(
    app, world, client, open_glass
):
    assert open_glass().status_code == 201
    pid = str(world["ana"].patient_id)
    wrong = []
    for route in about_a_patient(app):
        if route.topic is Topic.BREAK_GLASS:
            continue
        body = {} if route.method == "GET" else {"json": {}}
        answer = client.open(
            route.path(pid), method=route.method, headers=world["olga"].headers, **body
        )
        allowed = route.do in TABLE[route.topic][Role.NURSE]
        lets_in = allowed and route.do is Do.READ and route.topic in IN_AN_EMERGENCY
        is_in = answer.status_code != 403
        if is_in is not lets_in or answer.status_code >= 500:
            wrong.append(f"{route}: {answer.status_code}")
    assert wrong == []
    note = {"id": str(uuid4()), "text": "I was here"}
    refused = client.post(f"{API}/patients/{pid}/notes", headers=world["olga"].headers, json=note)
    assert refused.json["type"].endswith("/reading-only")


def test_s80_lists_of_the_other_clinic_stay_closed(app, world, client, report, open_glass):
    report(temperature_c=39.5, answers=[{"symptom": "nausea", "frequency": 4, "severity": 4}])
    routes = [
        route for route in signed_in(app)
        if route.method == "GET" and not route.rule.arguments
    ]  # fmt: skip
    assert len(routes) > 10
    assert open_glass().status_code == 201
    for route in routes:
        answer = client.get(route.path(""), headers=world["olga"].headers)
        assert str(world["ana"].patient_id) not in answer.text, str(route)


def test_s80_it_ends_after_sixty_minutes(world, call, clock, open_glass):
    assert open_glass().status_code == 201
    clock.pass_time(minutes=59, seconds=59)
    assert call("olga", of_ana(world)).status_code == 200
    clock.pass_time(seconds=1)
    assert call("olga", of_ana(world)).status_code == 404
    assert call("olga", of_ana(world, "/symptom-reports")).status_code == 404


def test_s80_again_while_it_is_open_answers_the_open_one(
    app, call, clock, open_glass, sign_in_anew
):
    first = open_glass()
    clock.pass_time(minutes=2)
    again = open_glass(reason="Still unconscious, still here.")
    assert (again.status_code, again.json) == (200, first.json)
    clock.pass_time(minutes=60)
    sign_in_anew("olga")
    assert open_glass().status_code == 201
    assert count(app, BreakGlass) == 2


def test_s80_twice_at_once_is_one(app, world, at_once, clock):
    path = f"POST /patients/{world['ana'].patient_id}/break-glass"
    answers = at_once(*[("olga", path, {"reason": REASON})] * 4)
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 201]
    assert len({answer.json["id"] for answer in answers}) == 1
    assert count(app, BreakGlass) == 1
    assert count(app, OutboxMessage) == 2


def test_s80_her_own_clinic_needs_none_others_may_not_and_nobody_is_not_found(
    app, world, call, clock, open_glass
):
    own = open_glass("nora")
    assert (own.status_code, own.json["type"][-11:]) == (409, "/own-clinic")
    for who in ("sol", "chaya", "cora", "eva", "ada", "per", "ana", "hugo", "ben"):
        assert open_glass(who).status_code == 403, who
    body = {"reason": REASON}
    assert call("olga", f"POST /patients/{uuid4()}/break-glass", body).status_code == 404
    assert call("olga", "POST /patients/me/break-glass", body).status_code == 404
    assert open_glass("omar", "ben").status_code == 201
    assert {role for role, may in TABLE[Topic.BREAK_GLASS].items() if Do.WRITE in may} == OPENERS


@pytest.mark.parametrize("before", [True, False])
def test_s80_a_patient_who_does_not_share_stays_closed(
    app, world, call, open_glass, answer_consent, before
):  # fmt: skip
    if before:
        answer_consent("care_team", False)
        refused = open_glass()
        assert (refused.status_code, refused.json["type"][-11:]) == (403, "/not-shared")
        assert count(app, BreakGlass) == 0
        assert count(app, OutboxMessage, OutboxMessage.kind == "account") == 0
    else:
        assert open_glass().status_code == 201
        answer_consent("care_team", False)
    assert call("olga", of_ana(world)).status_code == (404 if before else 403)


def test_s80_two_notices_go_out_without_a_clinical_word(
    app, world, clock, open_glass, answer_consent
):
    answer_consent("messages", False)  # cannot switch these off
    assert open_glass().status_code == 201
    assert open_glass().status_code == 200
    scheduler = Scheduler(app, clock)
    scheduler.tick()
    mails = scheduler.mail.sent
    assert sorted(mail.email for mail in mails) == ["ana@example.org", "per@example.org"]
    said = " ".join(f"{mail.title} {mail.body}" for mail in mails)
    assert not any(word in said for word in ("zephyr", "unconscious", "Ana", "Olga", "Hilltop"))
    scheduler.tick()
    assert len(scheduler.mail.sent) == 2
    assert scheduler.phone.sent == []


def test_s80_without_a_privacy_officer_administrators_are_told(app, world, clock, open_glass):
    with app.app_context(), transaction() as session:
        session.get_one(Account, world["per"].account_id).disabled_at = clock.now()
    assert open_glass().status_code == 201
    scheduler = Scheduler(app, clock)
    scheduler.tick()
    assert sorted(one.email for one in scheduler.mail.sent) == [
        "ada@example.org",
        "ana@example.org",
    ]


def test_s80_every_look_is_in_her_log_and_the_log_verifies(app, world, call, open_glass):
    open_glass()
    call("olga", of_ana(world, "/symptom-reports"))
    call("olga", of_ana(world).replace("GET", "PATCH"), {"ecog": 1})
    seen = call("ana", "GET /patients/me/access-log").json["items"]
    assert [(one["name"], one["topic"], one["action"]) for one in seen] == [
        ("Olga", "profile", "denied"), ("Olga", "symptoms", "read"),
        ("Olga", "break_glass", "opened"),
    ]  # fmt: skip
    found = call("per", f"GET /audit?patient={world['ana'].patient_id}").json["items"]
    assert {one["account"]["display_name"] for one in found} == {"Olga"}
    assert "zephyr" not in str(found)
    seal_the_log(app)
    with app.app_context():
        assert [one for one in verify(transaction) if isinstance(one, Finding)] == []
    with app.app_context(), transaction() as session:
        entries = session.scalars(
            sa.select(AccessLogEntry).where(AccessLogEntry.account_id == world["olga"].account_id)
        ).all()
        assert {one.clinic_id for one in entries} == {world.clinic_id}
        assert all(one.number for one in entries)


def test_s80_her_team_is_not_said_to_have_looked(app, world, call, report, open_glass, clock):
    report(answers=[{"symptom": "nausea", "frequency": 1, "severity": 1}])
    clock.pass_time(minutes=1)
    open_glass()
    call("olga", of_ana(world, "/symptom-reports"))
    told = call("ana", "GET /patients/me/replies").text
    assert "nurse" not in told
    clock.pass_time(minutes=1)
    call("nora", of_ana(world, "/symptom-reports"))
    assert "nurse" in call("ana", "GET /patients/me/replies").text


def test_s80_she_and_her_privacy_officer_see_who_and_why(app, world, call, open_glass):
    opened = open_glass().json
    shown = call("ana", "GET /patients/me/break-glass").json["items"]
    assert [(one["id"], one["opened_at"], one["reason"]) for one in shown] == [
        (opened["id"], opened["opened_at"], REASON)
    ]
    assert shown[0]["opened_by"] == {
        "id": str(world["olga"].account_id), "display_name": "Olga", "role": "nurse",
        "clinic": "Hilltop Oncology",
    }  # fmt: skip
    assert call("per", of_ana(world, "/break-glass")).json["items"] == shown
    assert call("per", "GET /break-glass?open=true").json["items"] == shown
    assert call("per", "GET /patients/me/break-glass").status_code == 404
    for who in ("nora", "ada", "olga", "hugo"):
        assert call(who, of_ana(world, "/break-glass")).status_code == 403, who
        assert call(who, "GET /break-glass").status_code == 403, who
    assert call("ben", of_ana(world, "/break-glass")).status_code == 404
    with app.app_context(), transaction() as session:
        kept = session.connection().exec_driver_sql("SELECT reason FROM break_glass").scalar_one()
        assert kept.startswith("w1.")


def test_s80_the_list_goes_on_page_by_page(call, clock, open_glass, sign_in_anew):
    ids = []
    for _ in range(3):
        sign_in_anew("olga")
        ids.insert(0, open_glass().json["id"])
        clock.pass_time(hours=1)
    first = call("per", "GET /break-glass?limit=2").json
    rest = call("per", f"GET /break-glass?limit=2&cursor={first['next_cursor']}").json
    assert [one["id"] for one in (*first["items"], *rest["items"])] == ids
    assert rest["next_cursor"] is None


def test_s80_a_privacy_officer_reviews_it_once(app, world, call, clock, open_glass):
    id = open_glass().json["id"]
    path = f"POST /break-glass/{id}/review"
    said = {"finding": "not_justified", "note": "No emergency known."}
    assert call("per", path, {}).status_code == 422
    for who in ("nora", "ada", "olga", "ana"):
        assert call(who, path, said).status_code == 403, who
    assert call("per", f"POST /break-glass/{uuid4()}/review", said).status_code == 404

    answer = call("per", path, said)

    assert answer.status_code == 200
    assert (answer.json["finding"], answer.json["reviewed_by"]) == ("not_justified", "Per")
    assert call("per", path, said).status_code == 409
    assert call("per", "GET /break-glass?open=true").json["items"] == []
    [hers] = call("ana", "GET /patients/me/break-glass").json["items"]
    assert (hers["finding"], hers["note"]) == ("not_justified", "No emergency known.")
    clock.pass_time(hours=73)
    scheduler = Scheduler(app, clock)
    scheduler.tick()
    assert len(scheduler.mail.sent) == 2  # those of the opening


def test_s80_a_privacy_officer_of_another_clinic_sees_none_of_it(
    app, world, call, clock, open_glass
):
    with app.app_context(), transaction() as session:
        _add(app, session, clock, world, "pia", Role.PRIVACY_OFFICER, world.other_clinic_id)
    id = open_glass().json["id"]
    assert call("pia", "GET /break-glass").json["items"] == []
    assert (
        call("pia", f"POST /break-glass/{id}/review", {"finding": "justified"}).status_code == 404
    )
    assert call("pia", of_ana(world, "/break-glass")).status_code == 404


def test_s80_unreviewed_for_72_hours_administrators_are_told_once(app, world, clock, open_glass):
    open_glass()
    scheduler = Scheduler(app, clock)
    scheduler.tick()
    scheduler.mail.sent.clear()
    due = clock.now() + timedelta(hours=72)
    assert scheduler.next_moment() <= due
    clock.moment = due - timedelta(seconds=1)
    scheduler.tick()
    assert scheduler.mail.sent == []
    clock.moment = due
    scheduler.tick()
    scheduler.tick()
    clock.pass_time(hours=100)
    scheduler.tick()
    assert [mail.email for mail in scheduler.mail.sent] == ["ada@example.org"]
    assert "72 hours" in scheduler.mail.sent[0].body["text"]
    with app.app_context(), transaction() as session:
        [glass] = session.scalars(sa.select(BreakGlass)).all()
        assert (glass.escalated_at, glass.review_by) == (due, None)


def test_s80_who_may_no_longer_open_records_no_longer_reads_this_one(app, world, call, open_glass):
    open_glass()
    with app.app_context(), transaction() as session:
        session.get_one(Account, world["olga"].account_id).role = Role.SOCIAL_WORKER
    assert call("olga", of_ana(world)).status_code == 404


def test_s80_a_patient_who_changes_clinics_is_no_longer_open(app, world, call, clock, open_glass):
    open_glass()
    with app.app_context(), transaction() as session:
        session.get_one(Patient, world["ana"].patient_id).clinic_id = world.other_clinic_id
    assert call("olga", of_ana(world)).status_code == 200  # hers now, and not through the glass
    note = {"id": str(uuid4()), "text": "Welcome"}
    path = f"POST /patients/{world['ana'].patient_id}/notes"
    assert call("olga", path, note).status_code == 201


def test_s80_nobody_who_is_let_in_pays_for_it(call, world, counted, dialect, open_glass):
    """What a look of her own team costs is pinned elsewhere; this is what the other look costs."""
    path = of_ana(world, "/symptom-reports")
    with counted() as of_her_team:
        assert call("nora", path).status_code == 200
    open_glass()
    with counted() as by_the_glass:
        assert call("olga", path).status_code == 200
    assert not any("break_glass" in statement for statement in of_her_team)
    # Who opened it, and she once more; on PostgreSQL also how far to look, before and after.
    extra = len(by_the_glass) - len(of_her_team)
    assert extra == {"sqlite": 2, "postgresql": 4}[dialect]


def test_s80_what_was_opened_is_in_her_file_and_goes_with_her(
    app, world, call, clock, open_glass, sign_in_anew
):
    open_glass()
    asked = call("ana", "POST /patients/me/exports", {"format": "all"}).json
    owner = uuid4()
    assert make_files(app, clock, owner) == 1
    path = f"/patients/me/exports/{asked['id']}.zip"
    got = call("ana", f"POST {path}", {"download_key": asked["download_key"]})
    with zipfile.ZipFile(io.BytesIO(got.get_data())) as archive:
        hers = archive.read("her-record.html").decode()
    assert "Who of another clinic opened your record in an emergency" in hers
    assert all(word in hers for word in (REASON, "Olga", "Hilltop Oncology"))
    sign_in_anew("ana")
    assert call("ana", "POST /patients/me/erasure", {}).status_code == 202
    clock.pass_time(days=31)
    assert erase_due(app, clock, owner) == 1
    assert count(app, BreakGlass) == 0
