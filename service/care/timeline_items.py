"""What is told of each thing in her line: no notes, no words of the staff among themselves."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, cast
from uuid import UUID

import sqlalchemy as sa

from service.accounts.models import Queue
from service.alerts.models import Alert
from service.care.reply_words import KIND_WORDS, QUEUE_WORDS
from service.clinical import knowledge
from service.db import Json, UtcDateTime
from service.words import Words

Row = Mapping[str, Any]
_SAID = cast(Words, Alert.__table__.c.reply_to_patient.type)

# The columns all kinds share; each fills some of them.
SHAPE: Mapping[str, Any] = {
    "ref": sa.Uuid(),
    **{f"s{number}": sa.String() for number in range(1, 7)},
    "n1": sa.Float(), "n2": sa.Float(), "j1": Json, "j2": Json,
    "d1": sa.Date(), "d2": sa.Date(), "m1": UtcDateTime(),
}  # fmt: skip
# What ``summary`` holds, by kind, as the contract tells it.
SUMMARIES: Mapping[str, str] = {
    "diagnosis": "recurrence, er, pr, her2, metastatic_sites, diagnosed_on, recurred_on, confirmed",
    "dose": "treatment_id, name, status (taken, missed, held), reason, local_at, cycle, taken_at",
    "event": "kind (appointment, scan, result, milestone, other), place",
    "measurement": "code, value, unit",
    "questionnaire": "questionnaire, status, total, band, positive",
    "reminder": "reminder_id, kind, status (done, skipped, missed), local_at",
    "reply": "by (who answered, in words), text (what they wrote her, null if nothing)",
    "support_request": "kind, state, contact_by",
    "symptom_report": "answers (symptom, grade), worst_grade, temperature_c, red_flags",
    "treatment_changed": "treatment_id, name, changes (held, resumed, dose, schedule, cycle), "
    "dose, dose_before, schedule, schedule_before",
    "treatment_ended": "on, code, name, modality, line, status, stop_reason",
    "treatment_started": "on, code, name, modality, line, status, dose",
    "wellbeing_check": "distress, mood, topics",
}
_TYPES: Mapping[str, str] = {
    "dose": "dose", "reminder": "reminder_occurrence", "reply": "alert",
    "questionnaire": "questionnaire_response", "treatment_changed": "dosage_period",
    "treatment_ended": "treatment", "treatment_started": "treatment",
}  # fmt: skip


def item_of(at: datetime, kind: str, id: UUID, day: date | None, row: Row) -> dict[str, Any]:
    """Return one thing as it is told: ``day`` is the day of what has no time, else ``None``."""
    title, summary = _TOLD[kind](row)
    if day is not None:
        summary = {"on": day, **summary}
    return {
        "id": id, "kind": kind, "type": _TYPES.get(kind, kind), "at": at, "title": title,
        "summary": summary,
    }  # fmt: skip


def _name(row: Row) -> str:
    known = knowledge().treatments.get(row["s1"] or "")
    return known.name if known else row["s2"] or ""


def _titled(row: Row) -> str:
    name = _name(row)
    return name[:1].upper() + name[1:]


def _course(row: Row) -> dict[str, Any]:
    return {
        "code": row["s1"], "name": _name(row), "modality": row["s3"], "line": _whole(row["n1"]),
        "status": row["s4"],
    }  # fmt: skip


def _started(row: Row) -> tuple[str, dict[str, Any]]:
    became = "planned" if row["s4"] == "planned" else "started"
    return f"{_titled(row)} {became}", {**_course(row), "dose": row["s5"]}


def _ended(row: Row) -> tuple[str, dict[str, Any]]:
    return f"{_titled(row)} ended", {**_course(row), "stop_reason": row["s5"]}


def _changed(row: Row) -> tuple[str, dict[str, Any]]:
    changes = []
    if row["s3"] != row["s5"]:
        changes.append("held" if row["s3"] == "held" else "resumed")
    changes += [
        word
        for word, now, before in (
            ("dose", row["s4"], row["s6"]),
            ("schedule", row["j1"], row["j2"]),
            ("cycle", row["d1"], row["d2"]),
        )
        if now != before
    ]
    said = [word if word in ("held", "resumed") else f"{word} changed" for word in changes]
    return f"{_titled(row)} {' and '.join(said) or 'changed'}", {
        "treatment_id": row["ref"], "name": _name(row), "changes": changes, "dose": row["s4"],
        "dose_before": row["s6"], "schedule": row["j1"], "schedule_before": row["j2"],
    }  # fmt: skip


def _dose(row: Row) -> tuple[str, dict[str, Any]]:
    return f"{_titled(row)} {row['s3']}", {
        "treatment_id": row["ref"], "name": _name(row), "status": row["s3"],
        "reason": row["s4"], "local_at": row["s5"], "cycle": _whole(row["n1"]),
        "taken_at": row["m1"],
    }  # fmt: skip


def _diagnosis(row: Row) -> tuple[str, dict[str, Any]]:
    return "Diagnosis", {
        "recurrence": row["s1"], "er": row["s2"], "pr": row["s3"], "her2": row["s4"],
        "metastatic_sites": row["j1"], "diagnosed_on": row["d1"], "recurred_on": row["d2"],
        "confirmed": row["s5"] is not None,
    }  # fmt: skip


def _event(row: Row) -> tuple[str, dict[str, Any]]:
    return row["s2"], {"kind": row["s1"], "place": row["s3"]}


def _report(row: Row) -> tuple[str, dict[str, Any]]:
    answers = [{"symptom": one["symptom"], "grade": one["grade"]} for one in row["j1"]]
    grades = [one["grade"] for one in answers if one["grade"] is not None]
    return "Symptom report", {
        "answers": answers, "worst_grade": max(grades, default=None), "temperature_c": row["n1"],
        "red_flags": row["j2"], "reported_by": row["s1"],
    }  # fmt: skip


def _measurement(row: Row) -> tuple[str, dict[str, Any]]:
    code, unit, value = row["s1"], row["s2"], row["n1"]
    said = code.upper() if code == "anc" else code.capitalize()
    return f"{said} {value:g} {unit}", {"code": code, "value": value, "unit": unit}


def _check(row: Row) -> tuple[str, dict[str, Any]]:
    return "Wellbeing check", {
        "distress": _whole(row["n1"]), "mood": _whole(row["n2"]), "topics": row["j1"],
    }  # fmt: skip


def _questionnaire(row: Row) -> tuple[str, dict[str, Any]]:
    known = knowledge().instruments.get(row["s1"])
    return known.title if known else row["s1"], {
        "questionnaire": row["s1"], "status": row["s2"], "total": _whole(row["n1"]),
        "band": row["s3"], "positive": None if row["n2"] is None else bool(row["n2"]),
    }  # fmt: skip


def _reminder(row: Row) -> tuple[str, dict[str, Any]]:
    return f"{row['s1']}: {row['s3']}", {
        "reminder_id": row["ref"], "kind": row["s2"], "status": row["s3"], "local_at": row["s4"],
    }  # fmt: skip


def _request(row: Row) -> tuple[str, dict[str, Any]]:
    return f"Asked for {KIND_WORDS[row['s1']]}", {
        "kind": row["s1"], "state": row["s2"], "contact_by": row["s3"],
    }  # fmt: skip


def _reply(row: Row) -> tuple[str, dict[str, Any]]:
    who = QUEUE_WORDS[Queue(row["s1"])]
    # Selected with its place, for it comes out of a union: see ``words.in_place``.
    text = _SAID.opened(row["s2"]) if row["s2"] else None
    did = "answered" if text else "closed what you reported"
    return f"{who[:1].upper()}{who[1:]} {did}", {"by": who, "text": text}


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)


_TOLD: Mapping[str, Callable[[Row], tuple[str, dict[str, Any]]]] = {
    "diagnosis": _diagnosis, "dose": _dose, "event": _event, "measurement": _measurement,
    "questionnaire": _questionnaire, "reminder": _reminder, "reply": _reply,
    "support_request": _request, "symptom_report": _report, "treatment_changed": _changed,
    "treatment_ended": _ended, "treatment_started": _started, "wellbeing_check": _check,
}  # fmt: skip
