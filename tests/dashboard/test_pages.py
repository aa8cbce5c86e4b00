"""What each of the team sees, and what an administrator is told."""

from datetime import timedelta
from uuid import uuid4

import pytest

from service.accounts.models import RosterEntry
from service.audit.models import AccessLogEntry
from service.db import db, transaction
from service.notify.models import Heartbeat
from tests.dashboard.conftest import readable


@pytest.fixture
def ana(world):
    return f"/patients/{world['ana'].patient_id}"


@pytest.fixture
def scheduler_runs(app, clock):
    with app.app_context(), transaction() as session:
        session.add(Heartbeat(name="tick", beat_at=clock.now() - timedelta(seconds=10)))


def test_the_panel_puts_the_sickest_first_and_says_how_she_is(browse, fever, check_in):
    check_in(distress=4, checked_at="2026-03-02T08:00:00-08:00")
    check_in(distress=7)
    text = browse("nora").text("/")

    assert "1 urgent" in text
    assert "Nausea severe" in text
    assert "7 of 10 up from 4" in text
    assert "just now" in text


def test_the_panel_finds_filters_and_sorts(browse, fever):
    nora = browse("nora")

    assert ">Ana</a>" in nora.get("/?q=an").get_data(as_text=True)
    assert "No patient fits" in nora.text("/?q=zz")
    assert ">Ana</a>" in nora.get("/?show=alerts&sort=name").get_data(as_text=True)
    assert "No patient fits" in nora.text("/?show=never_reported")


def test_a_queue_says_how_much_time_is_left_and_then_how_late_it_is(browse, fever, clock):
    assert "30 min left to take it" in browse("nora").text("/queues/nursing")
    clock.pass_time(hours=3, minutes=30)
    assert "overdue by 3 h to take it" in browse("nora").text("/queues/nursing")


def test_a_queue_lists_the_reasons_the_most_severe_first(browse, fever):
    text = browse("nora").text("/queues/nursing")

    assert text.index("Temperature 38.2 °C") < text.index("Nausea (frequency 4, severity 4)")
    assert "Waiting for somebody" in text
    assert "1 open alert, 1 urgent" in text


def test_an_alert_shows_what_it_rests_on(browse, fever):
    text = browse("nora").text(f"/alerts/{fever}")

    assert "Temperature, °C: 38.2" in text
    assert "Symptom report, 09:00" in text
    assert "Rule EM-FEVER, version" in text
    assert "Opened , 09:00" in text


def test_a_patients_page_says_what_changed(browse, ana, fever, report, clock):
    clock.pass_time(hours=1)
    report(reported_at="2026-03-02T10:00:00-08:00", red_flags=["rigors"], note="Better now.",
           answers=[{"symptom": "nausea", "frequency": 1, "severity": 1},
                    {"symptom": "fatigue", "severity": 3},
                    {"symptom": "chills", "frequency": 2, "severity": 1}])  # fmt: skip
    text = browse("nora").text(ana)

    assert "Nausea mild ↓ better, was severe" in text
    assert "Tiredness not known" in text  # half an answer is no grade, and never a mild one
    assert "Shaking chills" in text
    assert "Better now." in text
    assert "Ribociclib active since 2 February" in text
    assert "Received. It is waiting for the nurses." in text


def test_the_chart_has_words_and_a_table(browse, ana, fever):
    page = browse("nora").get(f"{ana}?measure=nausea").get_data(as_text=True)

    assert '<title id="trend-title">Nausea over the last 90 days</title>' in page
    assert "1 report. Highest: severe, on 2 March. Latest: severe, on 2 March." in page
    assert "2 February: ribociclib started" in page
    assert '<tr><th scope="row">2 March</th><td>severe</td></tr>' in page


def test_a_measure_that_does_not_exist_is_not_drawn(browse, ana, fever):
    assert "Nausea over the last" in readable(browse("nora").get(f"{ana}?measure=%3Csvg%3E"))


def test_a_private_note_stays_hers(browse, ana, check_in):
    check_in(distress=5, note="Only for me.", note_is_private=True)
    check_in(distress=6, note="For my team.")
    text = browse("nora").text(ana)

    assert "For my team." in text
    assert "Only for me." not in text


def test_a_chaplain_sees_how_she_is_and_no_symptom(browse, ana, fever, check_in, report):
    report(answers=[{"symptom": "insomnia", "severity": 4, "interference": 4}], note="Awake.")
    check_in(distress=5, topics=["meaning"])
    chaya = browse("chaya")
    pages = chaya.text("/") + chaya.text(ana) + chaya.text("/queues/chaplaincy")

    assert "5 of 10" in pages
    assert "Weighs on her: meaning" in pages
    for unseen in ("Nausea", "severe", "Temperature", "Awake.", "ribociclib", "Diagnosis"):
        assert unseen not in pages


@pytest.mark.parametrize(
    ("name", "sees", "does_not"),
    [
        ("omar", ["Latest report", "Treatments now", "How she is"], []),
        ("sol", ["Latest report", "How she is"], []),
        ("cora", ["Latest report", "Treatments now"], ["How she is", "Distress"]),
        ("chaya", ["How she is"], ["Latest report", "Treatments now", "Diagnosis"]),
    ],
)
def test_each_role_sees_its_part_of_a_patient(browse, ana, fever, name, sees, does_not):
    text = browse(name).text(ana)

    assert all(part in text for part in sees)
    assert not any(part in text for part in does_not)


@pytest.mark.parametrize(
    ("name", "path", "status"),
    [
        ("olga", "patient", 404), ("olga", "alert", 404), ("olga", "/queues/chaplaincy", 404),
        ("chaya", "alert", 404), ("chaya", "/queues/nursing", 404),
        ("ada", "patient", 403), ("ada", "/", 403), ("ada", "alert", 200),
        ("eva", "/", 403), ("per", "/queues/nursing", 403), ("nora", "/queues/nothing", 404),
    ],
)  # fmt: skip
def test_who_may_not_see_it_learns_nothing(browse, ana, fever, name, path, status):
    path = {"patient": ana, "alert": f"/alerts/{fever}"}.get(path, path)
    answer = browse(name).get(path)

    assert answer.status_code == status
    if status != 200:
        assert "Ana" not in readable(answer)


def test_olga_sees_none_of_this_clinics_patients(browse, fever):
    text = browse("olga").text("/") + browse("olga").text("/queues/nursing")

    assert "Ana" not in text
    assert "Ben" in text


def test_looking_at_her_stands_in_her_access_log(browse, app, world, ana, fever):
    def logged():
        with app.app_context(), transaction() as session:
            rows = session.query(AccessLogEntry).filter_by(
                patient_id=world["ana"].patient_id, account_id=nora
            )
            return [(row.topic, row.action) for row in rows.order_by(AccessLogEntry.id)]

    nora = world["nora"].account_id
    browser, before = browse("nora"), len(logged())
    browser.get(f"/alerts/{fever}")
    browser.get(ana)

    seen = logged()[before:]
    assert ("alerts", "read") in seen
    for topic in ("profile", "symptoms", "treatments", "diagnosis", "wellbeing", "replies"):
        assert (topic, "read") in seen


def test_everybody_is_told_when_nobody_is_being_told(browse, clock, scheduler_runs):
    assert "not going out" not in browse("nora").text("/")
    clock.pass_time(minutes=6)

    assert "Tell your administrator" in browse("nora").text("/")
    assert "python -m service.jobs" in browse("ada").text("/queues/nursing")


def test_an_administrator_is_told_whose_roster_is_empty(browse, app):
    assert "Nobody is on duty" not in browse("ada").text("/queues/nursing")
    with app.app_context(), transaction() as session:
        session.query(RosterEntry).filter_by(duty="chaplaincy").delete()

    assert "Nobody is on duty for chaplaincy." in browse("ada").text("/queues/nursing")


def test_times_are_the_clinics_with_the_whole_moment_beside(browse, fever):
    page = browse("nora").get(f"/alerts/{fever}").get_data(as_text=True)

    assert 'datetime="2026-03-02T17:00:00Z" title="Monday 2 March 2026, 09:00 PST">09:00<' in page


def test_a_crash_is_a_page_without_a_word_of_its_cause(browse, app, fever):
    with app.app_context():
        with db.engine.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE heartbeats RENAME TO heartbeats_away")
        try:
            answer = browse("nora").get("/")
        finally:
            with db.engine.begin() as connection:
                connection.exec_driver_sql("ALTER TABLE heartbeats_away RENAME TO heartbeats")

    assert answer.status_code in {500, 503}
    assert answer.mimetype == "text/html"
    assert "heartbeats" not in answer.get_data(as_text=True)


def test_a_request_for_a_chaplain_is_taken_answered_and_closed(browse, call):
    body = {"id": str(uuid4()), "kind": "chaplain", "message": "I would like to talk.",
            "contact_by": "visit"}  # fmt: skip
    assert call("ana", "POST /patients/me/support-requests", body).status_code == 201
    chaya, path = browse("chaya"), f"/support-requests/{body['id']}"

    assert "I would like to talk." in chaya.text("/queues/chaplaincy")
    taken = chaya.post(f"{path}/claim", {"back": "queue"})
    assert taken.location == f"/queues/chaplaincy?taken={body['id']}"
    assert "Taken by you" in chaya.text("/queues/chaplaincy")
    unsaid = chaya.post(f"{path}/contact-attempts", {"note": "Tea."})
    assert unsaid.status_code == 422
    assert "Say whether you reached her." in readable(unsaid)
    reached = chaya.post(f"{path}/contact-attempts", {"reached": "yes", "note": "Tea."})
    assert "The contact is saved." in chaya.text(reached.location)
    unsaid = chaya.post(f"{path}/close", {"note": "We meet again."})
    assert unsaid.status_code == 422
    assert "Choose what came of it." in readable(unsaid)
    assert "We meet again." in readable(unsaid)
    closed = chaya.post(f"{path}/close", {"note": "We meet again.", "outcome": "completed"})
    assert "The request is closed." in chaya.text(closed.location)
    text = chaya.text(path)
    assert "Reached by you" in text
    assert "We meet again." in text
    assert chaya.post(f"{path}/claim").status_code == 409
    assert chaya.post(f"{path}/claim", {"back": "queue"}).status_code == 409
    assert browse("cora").get(path).status_code == 404


def test_a_request_is_read_by_its_own_clinics_nurses_alone(browse, call):
    body = {"id": str(uuid4()), "kind": "nurse", "message": None, "contact_by": "phone"}
    assert call("ana", "POST /patients/me/support-requests", body).status_code == 201
    path = f"/support-requests/{body['id']}"

    assert browse("nora").get(path).status_code == 200
    assert browse("olga").get(path).status_code == 404
    assert browse("olga").post(f"{path}/claim").status_code == 404


def test_a_queue_is_in_her_log_when_it_is_opened_and_not_when_it_refreshes_itself(
    browse, call, fever
):
    def looks():
        log = call("ana", "GET /patients/me/access-log").json["items"]
        return [(one["name"], one["topic"]) for one in log if one["action"] == "read"]

    before = looks()
    nora = browse("nora")
    nora.get("/queues/nursing")
    once = looks()
    nora.get("/queues/nursing", headers={"HX-Request": "true"})
    assert once == looks() == [("Nora", "alerts"), *before]
