"""A clinic to measure: patients with a history, signed in, written in bulk."""

import random
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from service.accounts.models import Account, Clinic, Patient, Role, RosterEntry
from service.accounts.session_models import DeviceSession
from service.accounts.tokens import TokenSigner
from service.clinical import knowledge
from service.clock import SystemClock
from service.ids import new_id
from service.journey.models import Diagnosis
from service.panel.models import PatientSummary
from service.symptoms.models import SymptomReport
from service.symptoms.rules import graded
from service.treatments.models import Treatment

SYMPTOMS = ("nausea", "fatigue", "general_pain", "numbness_tingling", "insomnia", "constipation")
HOURS = {day: ["08:00", "17:00"] for day in ("mon", "tue", "wed", "thu", "fri")}


def build(
    engine: sa.Engine, *, patients: int, reports: int, secret: str, now: datetime
) -> list[tuple[UUID, str]]:
    """Write a clinic and return its patients, each with an access token."""
    dice = random.Random(7)
    clinic_id, signer = new_id(), TokenSigner(secret)
    far = now + timedelta(days=1)
    people = [(new_id(), new_id(), new_id()) for _ in range(patients)]
    with engine.begin() as connection:
        connection.execute(sa.insert(Clinic.__table__), {
            "id": clinic_id, "name": "Bench", "time_zone": "America/Los_Angeles",
            "hours": HOURS, "holidays": [], "created_at": now,
            "phones": {"oncology_line": "1", "emergency_number": "911", "crisis_line": "988"},
        })  # fmt: skip
        nurse = new_id()
        connection.execute(sa.insert(Account.__table__), {
            "id": nurse, "clinic_id": clinic_id, "role": Role.NURSE, "email": "n@x.org",
            "email_key": "n@x.org", "password_hash": "!", "display_name": "N",
            "time_zone": "America/Los_Angeles", "locale": "en", "channels": {}, "created_at": now,
        })  # fmt: skip
        connection.execute(sa.insert(RosterEntry.__table__), {
            "id": new_id(), "clinic_id": clinic_id, "duty": "nursing", "position": 0,
            "account_id": nurse,
        })  # fmt: skip
        connection.execute(sa.insert(Account.__table__), [
            {"id": account, "clinic_id": clinic_id, "role": Role.PATIENT, "email": f"{n}@x.org",
             "email_key": f"{n}@x.org", "password_hash": "!", "display_name": f"P{n}",
             "time_zone": "America/Los_Angeles", "locale": "en", "channels": {},
             "created_at": now} for n, (account, _, _) in enumerate(people)
        ])  # fmt: skip
        connection.execute(sa.insert(Patient.__table__), [
            {"id": patient, "account_id": account, "clinic_id": clinic_id, "display_name": "P",
             "time_zone": "America/Los_Angeles", "locale": "en", "care_status": "active",
             "information_preferences": {}, "joined_at": now - timedelta(days=900),
             "change_no": reports, "version": 1} for account, patient, _ in people
        ])  # fmt: skip
        connection.execute(sa.insert(DeviceSession.__table__), [
            {"id": device, "account_id": account, "kind": "app", "created_at": now,
             "last_used_at": now, "expires_at": far} for account, _, device in people
        ])  # fmt: skip
        connection.execute(sa.insert(PatientSummary.__table__), [
            {"patient_id": patient, "clinic_id": clinic_id, "name_key": "p",
             "urgent_alerts": 0, "soon_alerts": 0, "info_alerts": 0, "worst_symptoms": [],
             "worst_grade": 0, "updated_at": now,
             "silence_check_at": now + timedelta(days=7)} for _, patient, _ in people
        ])  # fmt: skip
        for account, patient, _ in people:
            _history(connection, account, patient, reports, dice, now)
        connection.execute(sa.text("ANALYZE")) if engine.dialect.name == "postgresql" else None
    return [
        (patient, signer.sign(device, kind="app", expires_at=far)) for _, patient, device in people
    ]


def _history(
    connection: sa.Connection, account: UUID, patient: UUID, reports: int, dice: random.Random,
    now: datetime,
) -> None:  # fmt: skip
    def record(at: datetime, number: int) -> dict[str, object]:
        return {
            "id": new_id(),
            "patient_id": patient,
            "version": 1,
            "created_change_no": number,
            "change_no": number,
            "entered_by": account,
            "received_at": at,
            "content_hash": b"0" * 32,
        }

    begun = now - timedelta(days=800)
    connection.execute(sa.insert(Diagnosis.__table__), {
        **record(begun, 1), "recurrence": "distant", "metastatic_sites": ["bone", "liver"],
        "mutations": [], "er": "positive", "pr": "positive", "her2": "negative",
    })  # fmt: skip
    connection.execute(sa.insert(Treatment.__table__), [
        {**record(begun, 1), "code": code, "modality": modality, "started_on": begun.date(),
         "status": "active", "facts_changed_at": begun}
        for code, modality in (("letrozole", "hormonal"), ("ribociclib", "targeted"),
                               ("denosumab_120", "bone_modifying"))
    ])  # fmt: skip
    rows = []
    for n in range(reports):
        at = now - timedelta(days=3.5 * (n + 1))
        answers = [
            {"symptom": name, "frequency": dice.randint(0, 2), "severity": dice.randint(0, 1)}
            if name == "nausea" else {"symptom": name, "severity": dice.randint(0, 1)}
            for name in dice.sample(SYMPTOMS, 4)
        ]  # fmt: skip
        rows.append({
            **record(at, reports - n), "reported_at": at, "at": at,
            "answers": graded(answers, knowledge()), "grading_version": "1", "red_flags": [],
            "body_sites": [],
        })  # fmt: skip
    if rows:
        connection.execute(sa.insert(SymptomReport.__table__), rows)


def utc_now() -> datetime:
    """Return the moment the benchmark is made for."""
    return SystemClock().now()
