"""Web workers killed while patients report: what was acknowledged has its alert, and no other has."""

import threading
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import sqlalchemy as sa

from service.alerts.models import Alert, AlertReason
from service.db import transaction
from service.notify.models import OutboxMessage
from service.symptoms.models import SymptomReport
from tests.conftest import MONDAY_MORNING
from tests.proof.alarms import urgent_report
from tests.proof.moving import wait_until
from tests.proof.test_web_workers_killed import server  # noqa: F401
from tests.proof.web import Phone

KILLS, ACKS_BETWEEN, PHONES = 12, 12, 4
PATIENTS = 400
MILD = {"red_flags": [], "answers": [{"symptom": "nausea", "frequency": 1, "severity": 1}]}


def test_a_report_and_its_alert_are_on_file_together_or_not_at_all(
    app,
    world,
    alarms,
    server,  # noqa: F811
):
    names = alarms.add_patients(PATIENTS)
    acknowledged: dict[UUID, bool] = {}
    stop = threading.Event()

    def use(mine):
        with Phone(server, {}) as phone:
            for number, name in enumerate(mine):
                if stop.is_set():
                    break
                is_urgent = number % 3 > 0
                body = urgent_report(MONDAY_MORNING) | ({} if is_urgent else MILD)
                phone.be(world[name].headers)
                said = phone.send("POST", "/patients/me/symptom-reports", body)
                acknowledged[UUID(said["id"])] = is_urgent
            return phone.repeated

    with ThreadPoolExecutor(PHONES) as phones:
        using = [phones.submit(use, names[n::PHONES]) for n in range(PHONES)]
        try:
            for _ in range(KILLS):
                enough = len(acknowledged) + ACKS_BETWEEN
                wait_until(lambda enough=enough: len(acknowledged) >= enough, what="reports go on")
                server.kill_one()
        finally:
            stop.set()
        repeated = sum(one.result() for one in using)

    assert repeated > 0, "no request was ever in the way of a kill"
    with app.app_context(), transaction() as session:
        patient_of = dict(
            session.execute(sa.select(SymptomReport.id, SymptomReport.patient_id)).all()
        )
        reasons = session.execute(sa.select(AlertReason.patient_id, AlertReason.records)).all()
        alerts = dict(session.execute(sa.select(Alert.id, Alert.patient_id)).all())
        told = set(session.scalars(sa.select(OutboxMessage.subject_id)))
    assert set(acknowledged) <= set(patient_of)
    urgent = {patient_of[id] for id, is_urgent in acknowledged.items() if is_urgent}
    because_of = {(patient, UUID(one["id"])) for patient, records in reasons for one in records}
    assert {patient for patient, _ in because_of} == set(alerts.values()) >= urgent
    assert all(patient_of.get(report) == patient for patient, report in because_of)
    mild = {id for id, is_urgent in acknowledged.items() if not is_urgent}
    assert not mild & {report for _, report in because_of}
    assert told == set(alerts), "each was told in the same transaction"
    print(
        f"{server.killed} kills, {len(acknowledged)} reports, {len(alerts)} alerts, {repeated} repeated"
    )
