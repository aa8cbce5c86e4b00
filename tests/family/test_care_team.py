"""Consent ``care_team``: who has not given it is seen by nobody, and nobody is told of her."""

import hashlib
from uuid import uuid4

import pytest
import sqlalchemy as sa

from service.accounts.consent_models import Consent
from service.accounts.consent_texts import text_for
from service.accounts.models import Account, Clinic, Patient
from service.accounts.registering import Newcomer, register
from service.alerts.models import Alert
from service.db import transaction
from service.notify.models import OutboxMessage
from service.panel.actions import open_summary
from service.panel.models import PatientSummary
from tests.conftest import API
from tests.family.conftest import NOW, of_hers, showing
from tests.jobs.scheduler import Scheduler

SEEN_BY_OFFICER = ("/access-log", "/consents")


def things_of_hers(call):
    """Return routes and pages of what the queues hold of her."""
    found = []
    for path, key in (("/alerts", "alerts"), ("/support-requests", None), ("/cascade", "cascade")):
        for who in ("nora", "sol", "chaya"):
            for one in call(who, f"GET {path}").json["items"]:
                page = f"{path}/{one['id']}"
                found.append((f"{API}/{key}/{one['id']}" if key else f"{API}{path}", page))
    return sorted(set(found))


def test_s55_withdrawn_no_outlet_of_the_team_shows_anything_of_her(
    app, world, call, her_record, answer_consent, outlets
):
    """Every reading route and page, as every role, at the next call; urgent alerts apart."""
    ids = things_of_hers(call)
    before = {path for path, _ in showing(outlets(*ids, people=("nora",)))}
    assert len(before) > 25  # the walk does find her while she shares
    with app.app_context(), transaction() as session:
        # Nothing urgent: what is kept of that has a test of its own.
        session.execute(sa.update(Alert).values(severity="soon"))

    answer_consent("care_team", False)

    after = outlets(*ids)
    assert [
        one for one in showing(after)
        if not (one[1] == "per" and (one[0].endswith(SEEN_BY_OFFICER) or one[0].endswith("/audit")))
    ] == []  # fmt: skip
    hers = of_hers(app, world["ana"].patient_id)
    refused = [answer for path, who, answer in after if path in hers and who == "nora"]
    assert {answer.status_code for answer in refused} == {403}
    assert any(answer.json["type"].endswith("/not-shared") for answer in refused)
    assert all(answer.status_code < 500 for _, _, answer in after)


def test_s55_what_waits_for_the_team_is_closed_and_what_is_queued_is_dropped(
    app, world, call, clock, her_record, answer_consent
):
    with app.app_context(), transaction() as session:
        session.execute(sa.update(Alert).values(severity="soon"))
        waiting = session.scalar(sa.select(sa.func.count()).where(OutboxMessage.state == "pending"))
        assert waiting

    answer_consent("care_team", False)
    scheduler = Scheduler(app, clock)
    clock.pass_time(hours=1)
    scheduler.tick()

    assert [one for one in (*scheduler.phone.sent, *scheduler.mail.sent) if one.to_staff] == []
    with app.app_context(), transaction() as session:
        assert set(session.scalars(sa.select(Alert.outcome))) == {"not_shared"}
    told = [one["text"] for one in call("ana", "GET /patients/me/replies").json["items"]]
    assert any("you no longer share with your care team" in text for text in told)


def test_s55_an_urgent_alert_that_was_open_stays_until_a_person_closes_it(
    app, world, call, clock, her_record, answer_consent, browse
):
    [alert] = call("nora", "GET /alerts?queue=nursing").json["items"]
    assert alert["severity"] == "urgent"

    answer_consent("care_team", False)

    kept = call("nora", f"GET /alerts/{alert['id']}")
    assert (kept.status_code, kept.json["state"]) == (200, "open")
    assert "no longer shares her record" in browse("nora").get(f"/alerts/{alert['id']}").text
    scheduler = Scheduler(app, clock)
    clock.pass_time(minutes=16)
    scheduler.tick()
    assert "alert" in {message.kind for message in scheduler.phone.sent}

    call("nora", f"POST /alerts/{alert['id']}/acknowledge", {})
    closing = {"outcome": "spoken_to", "action": "called", "contact_made": True}
    assert call("nora", f"POST /alerts/{alert['id']}/close", closing).status_code == 200
    assert call("nora", f"GET /alerts/{alert['id']}").status_code == 404
    assert call("nora", "GET /alerts?state=closed").json["items"] == []


def test_s54_without_her_yes_nobody_is_told_and_she_is_told_so_plainly(
    app, world, call, answer_consent
):
    """Warning signs, not being safe, a plain severe symptom, a wish for somebody, a request."""
    answer_consent("care_team", False)

    notice = call("ana", "GET /patients/me/check-in").json["team_notice"]
    assert "Nobody on your team is told" in notice["text"]
    assert "206-555-0100" in notice["text"]
    for body, phone in (
        ({"red_flags": ["chest_pain"]}, "911"),
        ({"answers": [{"symptom": "nausea", "frequency": 4, "severity": 4}]}, "206-555-0100"),
    ):
        body = {"id": str(uuid4()), "reported_at": NOW, **body}
        answer = call("ana", "POST /patients/me/symptom-reports", body).json["guidance"]
        assert "Nobody on your team is told of this report" in answer["text"]
        assert answer["phone"] == phone
        again = call("ana", "POST /patients/me/symptom-reports", body)
        assert (again.status_code, again.json["guidance"]) == (200, answer)
    check = {"id": str(uuid4()), "checked_at": NOW, "safe_now": False,
             "contact_wanted": ["chaplain"]}  # fmt: skip
    answer = call("ana", "POST /patients/me/wellbeing-checks", check).json["guidance"]
    assert (answer["level"], "Nobody on your team" in answer["text"]) == ("crisis", True)
    request = {"id": str(uuid4()), "kind": "nurse", "contact_by": "phone"}
    asked = call("ana", "POST /patients/me/support-requests", request)
    assert (asked.status_code, asked.json["type"][-20:]) == (409, "not-shared-with-team")

    with app.app_context(), transaction() as session:
        assert session.scalars(sa.select(Alert)).all() == []
        assert session.scalars(sa.select(OutboxMessage)).all() == []
    answer_consent("care_team", True)
    assert call("ana", "GET /patients/me/check-in").json["team_notice"] is None
    assert call("ana", "POST /patients/me/support-requests", request).status_code == 201


@pytest.mark.parametrize(
    ("invited", "asks_first", "seen"), [(False, False, False), (True, False, True), (True, True, False)]
)  # fmt: skip
def test_s54_who_comes_by_herself_is_collected_and_not_shared(
    app, world, call, clock, invited, asks_first, seen
):
    """Off until she says so, which the request that makes the account cannot."""
    code = None
    if invited:
        body = {"role": "patient", "email": "new@example.org"}
        code = call("nora", "POST /invitations", body).json["code"]
    newcomer = Newcomer(
        email="new@example.org", password_hash="!", display_name="Newcomer",
        time_zone="America/Los_Angeles", locale="en",
    )  # fmt: skip
    with app.app_context(), transaction() as session:
        if not invited:
            _leave_one_clinic(session, world)
        _, patient = register(
            session, newcomer, invitation_code=code, asks_before_sharing=asks_first, now=clock.now()
        )
        open_summary(
            session, patient_id=patient.id, clinic_id=patient.clinic_id, name="Newcomer",
            is_shared=patient.is_shared, now=clock.now(),
        )  # fmt: skip
        id = patient.id

    assert (call("nora", f"GET /patients/{id}").status_code == 200) is seen
    assert ("Newcomer" in call("nora", "GET /panel").text) is seen
    hers = {"email": "x@example.org", "password": "long enough 15", "display_name": "X",
            "time_zone": "UTC", "locale": "en", "consents": {"care_team": True}}  # fmt: skip
    assert call(None, "POST /auth/register", hers).status_code == 422


def test_s54_the_very_words_she_agreed_to_are_kept(app, world, call, answer_consent):
    said = answer_consent("care_team", True)
    text = said["text"]
    shown = f"{text['title']}\n\n{text['body']}"
    assert text["sha256"] == hashlib.sha256(shown.encode()).hexdigest()
    assert text["review"] == "draft"
    with app.app_context(), transaction() as session:
        [kept] = session.scalars(sa.select(Consent)).all()
        assert (kept.text_sha256, kept.locale, kept.text_version) == (text["sha256"], "en", 1)
    assert text_for("care_team", "en").sha256 == text["sha256"]
    assert said["history"][0]["text_sha256"] == text["sha256"]


def test_s84_a_death_can_be_entered_of_somebody_who_does_not_share(
    app, world, call, answer_consent
):
    answer_consent("care_team", False)
    path = f"/patients/{world['ana'].patient_id}"
    death = {"care_status": "deceased", "died_on": "2026-03-01", "confirm": True}

    assert call("nora", f"PATCH {path}", {"ecog": 1}).status_code == 403
    assert call("nora", f"PATCH {path}", {**death, "phone": None}).status_code == 403
    answer = call("cora", f"PATCH {path}", death)

    assert answer.status_code == 200
    assert answer.json == {
        "id": str(world["ana"].patient_id), "care_status": "deceased", "died_on": "2026-03-01",
        "version": answer.json["version"],
    }  # fmt: skip
    with app.app_context(), transaction() as session:
        assert session.get_one(Patient, world["ana"].patient_id).care_status == "deceased"
        assert session.scalars(sa.select(OutboxMessage)).all() == []


def test_the_panel_says_how_many_do_not_share_and_her_page_says_why_nothing_is_there(
    world, answer_consent, browse
):
    answer_consent("care_team", False)
    nora = browse("nora")
    assert "One patient of the clinic does not share her record" in nora.text("/")
    page = nora.get(f"/patients/{world['ana'].patient_id}")
    assert page.status_code == 403
    assert "She does not share her record" in page.text
    assert "Ana" not in page.text


def _leave_one_clinic(session, world):
    """Let Hilltop's people be Harbor's, and Hilltop not be: only one clinic takes newcomers."""
    for table in (Account, Patient, PatientSummary):
        session.execute(sa.update(table).values(clinic_id=world.clinic_id))
    session.execute(sa.delete(Clinic).where(Clinic.id == world.other_clinic_id))
