"""What many reports in one push set off is what they set off one by one, in the order of time."""

import json
from datetime import UTC, datetime
from random import Random

import pytest
import sqlalchemy as sa

from service.accounts.models import Role
from service.alerts.models import Alert, AlertReason
from service.db import transaction
from service.panel.models import PatientSummary
from service.reminders.models import ReminderOccurrence
from service.sync.tables import TABLES
from tests.conftest import MONDAY_MORNING, _add
from tests.sync.conftest import HOUR, NOW, new

SYMPTOMS = ("nausea", "vomiting", "fatigue", "pain", "dizziness", "shortness_of_breath")
FLAGS = ("chest_pain", "rigors", "new_back_pain", "seizure")


def a_life(random):
    """Reports and temperatures of twelve days, some of them bad."""
    life = []
    for hours in sorted(random.sample(range(12 * 24), 24), reverse=True):
        at = NOW - hours * HOUR
        if random.random() < 0.2:
            degrees = random.choice((36.9, 38.4, 39.6))
            life.append(
                (
                    "measurements",
                    {"code": "temperature", "value": degrees, "unit": "C", "measured_at": at},
                )
            )
            continue
        if random.random() < 0.2:
            distress, safe = random.randint(0, 10), random.choice((None, None, True, False))
            life.append(
                ("wellbeing_checks", {"checked_at": at, "distress": distress, "safe_now": safe})
            )
            continue
        if random.random() < 0.15:
            answers = {str(item): random.randint(0, 3) for item in (1, 2)}
            life.append(
                (
                    "questionnaire_responses",
                    {
                        "questionnaire": "phq-2",
                        "answers": answers,
                        "status": "completed",
                        "answered_at": at,
                    },
                )
            )
            continue
        answers = [
            {"symptom": name, "severity": random.randint(0, 4), "frequency": random.randint(1, 4)}
            for name in random.sample(SYMPTOMS[:2], random.randint(0, 2))
        ] + [{"symptom": "fatigue", "severity": random.randint(0, 4)}]
        flags = random.sample(FLAGS, 1) if random.random() < 0.15 else []
        degrees = random.choice((None, None, 36.8, 38.6))
        life.append(
            (
                "symptom_reports",
                {
                    "reported_at": at,
                    "answers": answers,
                    "red_flags": flags,
                    "temperature_c": degrees,
                },
            )
        )
    return life


def as_posted(kind, said):
    moment = TABLES[kind].moment
    when = datetime.fromtimestamp(said[moment] / 1000, UTC).isoformat()
    return {**said, moment: when, "id": new()}


def as_pushed(said):
    return {
        name: json.dumps(value) if isinstance(value, list | dict) else value
        for name, value in {**said, "id": new()}.items()
    }


def what_followed(app, world, name):
    """Alerts and why, the summary, and what became of her reminders; without ids."""
    patient = world[name].patient_id
    with app.app_context(), transaction() as session:
        reasons = session.execute(
            sa.select(
                Alert.queue, Alert.severity, Alert.state, AlertReason.rule, AlertReason.subject,
                AlertReason.text,
            )
            .join(Alert, Alert.id == AlertReason.alert_id)
            .where(Alert.patient_id == patient)
        ).all()  # fmt: skip
        row = session.get_one(PatientSummary, patient)
        summary = (
            row.worst_symptoms, row.worst_grade, row.last_report_at, row.urgent_alerts,
            row.soon_alerts, row.info_alerts,
        )  # fmt: skip
        occurrences = session.execute(
            sa.select(ReminderOccurrence.local_at, ReminderOccurrence.status)
            .where(ReminderOccurrence.patient_id == patient)
            .order_by(ReminderOccurrence.local_at)
        ).all()
    return sorted(map(str, reasons)), summary, [tuple(one) for one in occurrences]


@pytest.mark.parametrize("seed", [20])
def test_a_push_sets_off_what_single_reports_do(seed, app, world, clock, call, push):
    random = Random(seed)
    with app.app_context(), transaction() as session:
        _add(app, session, clock, world, "dana", Role.PATIENT, world.clinic_id)
    reminder = {
        "kind": "check_in",
        "title": "How are you?",
        "local_start": "2026-03-02T08:00",
        "recurrence": "FREQ=DAILY",
    }
    treatment = {"code": "docetaxel", "started_on": "2026-02-02", "status": "active"}
    for name in ("ana", "dana"):
        assert (
            call(name, "POST /patients/me/reminders", {**reminder, "id": new()}).status_code == 201
        )
        assert (
            call(name, "POST /patients/me/treatments", {**treatment, "id": new()}).status_code
            == 201
        )
    assert clock.now() == MONDAY_MORNING
    life = a_life(random)
    alone = []
    for kind, said in life:
        answer = call("dana", f"POST /patients/me/{kind.replace('_', '-')}", as_posted(kind, said))
        assert answer.status_code == 201, answer.json
        alone.append(answer.json["guidance"])
    pushed = [(kind, as_pushed(said)) for kind, said in life]
    mixed = random.sample(pushed, len(pushed))
    changes = {kind: {"created": [raw for one, raw in mixed if one == kind]} for kind, _ in life}
    answer = push(**changes)
    assert (answer.status_code, answer.json["rejections"]) == (200, [])
    told = {one["id"]: one["guidance"] for one in answer.json["guidance"]}
    nothing = {"level": "none", "rules": [], "title": None, "text": None, "phone": None}
    assert [told.get(raw["id"], nothing) for _, raw in pushed] == alone
    assert what_followed(app, world, "ana") == what_followed(app, world, "dana")
    assert any(one["level"] != "none" for one in alone)
