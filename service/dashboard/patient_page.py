"""What the page of one patient is made of.  Parts a role may not see are not looked up at all."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from service.accounts.access import QUEUES, Do, Topic, readable_topics
from service.alerts import queries as alert_queries
from service.care.replies import replies_to
from service.clinical import knowledge
from service.dashboard import alert_page
from service.dashboard.access import Visit
from service.dashboard.formatting import listed, plain, symptom_name
from service.journey.queries import current_diagnosis, is_metastatic
from service.treatments.models import Treatment
from service.wellbeing.models import WellbeingCheck

SPAN = timedelta(days=90)
_CURRENT = ("active", "held", "planned")
_MOST_REPLIES, _MOST_CHECKS = 5, 5


def alerts(visit: Visit) -> list[dict[str, Any]]:
    """Return her unclosed alerts in the viewer's queues."""
    found = alert_queries.queue_page(
        visit.session, visit.viewer, queues=None, state=None, patient_id=visit.patient.id,
        limit=20,
    )  # fmt: skip
    return alert_page.rows(visit, found)


def diagnosis(visit: Visit) -> list[tuple[str, str]] | None:
    """Return what is known of her disease, as label and words; ``None`` if nothing is."""
    known = current_diagnosis(visit.session, visit.patient.id)
    if known is None:
        return None
    words = visit.frame.words
    sites = listed(plain(site).lower() for site in known.metastatic_sites)
    receptors = listed(
        f"{name} {value}"
        for name, value in (("ER", known.er), ("PR", known.pr), ("HER2", known.her2))
        if value
    )
    lines = [
        ("Extent", "Metastatic" if is_metastatic(known) else "Not known to be metastatic"),
        ("Recurrence", plain(known.recurrence) if known.recurrence else ""),
        ("Sites", sites),
        ("Receptors", receptors),
        ("Mutations", listed(known.mutations)),
        ("Diagnosed", words.day(known.diagnosed_on) if known.diagnosed_on else ""),
        ("Recurred", words.day(known.recurred_on) if known.recurred_on else ""),
        ("Surgery", plain(known.initial_surgery) if known.initial_surgery else ""),
        ("Confirmed", f"By {known.confirmed_by}" if known.confirmed_by else "Not yet: as she said"),
    ]
    return [(label, text) for label, text in lines if text]


def treatments(visit: Visit) -> dict[str, list[dict[str, Any]]]:
    """Return what she is on now, and what she was on, the latest started first."""
    rows = visit.session.scalars(
        sa.select(Treatment)
        .where(Treatment.patient_id == visit.patient.id, Treatment.deleted_at.is_(None))
        .order_by(Treatment.started_on.desc(), Treatment.id)
        .limit(100)
    ).all()
    shown: dict[str, list[dict[str, Any]]] = {"current": [], "past": []}
    for row in rows:
        known = knowledge().treatments.get(row.code or "")
        name = known.name if known else row.name or ""
        shown["current" if row.status in _CURRENT else "past"].append({"row": row, "name": name})
    return shown


def latest_report(rows: Sequence[Any]) -> dict[str, Any] | None:
    """Return the latest report, the worst first, each answer with its change since the last."""
    if not rows:
        return None
    latest, earlier = rows[-1], rows[:-1]
    answers = [
        _answer(answer, _grade_before(answer["symptom"], earlier)) for answer in latest.answers
    ]
    answers.sort(key=lambda one: -1 if one["grade"] is None else one["grade"], reverse=True)
    flags = knowledge().red_flags
    signs = [flags[code].prompt if code in flags else plain(code) for code in latest.red_flags]
    measured = [
        (label, f"{value:g} {unit}".strip())
        for label, value, unit in (
            ("Temperature", latest.temperature_c, "°C"),
            ("Blood glucose", latest.glucose_mg_dl, "mg/dL"),
            ("Stools a day over her usual", latest.stools_over_baseline, ""),
        )
        if value is not None
    ]
    return {"row": latest, "answers": answers, "signs": signs, "measured": measured}


def symptoms_in(visit: Visit, rows: Iterable[Any]) -> list[str]:
    """Return the symptoms of the last 90 days, those with the highest latest grade first."""
    latest: dict[str, int] = {}
    for row in rows:
        for answer in row.answers if row.at >= visit.now - SPAN else ():
            if answer["grade"] is not None:
                latest[answer["symptom"]] = answer["grade"]
    return sorted(latest, key=lambda symptom: (-latest[symptom], symptom_name(symptom)))


def wellbeing(visit: Visit) -> list[dict[str, Any]]:
    """Return her last wellbeing checks, newest first; private notes stay hers."""
    rows = visit.session.scalars(
        sa.select(WellbeingCheck)
        .where(WellbeingCheck.patient_id == visit.patient.id, WellbeingCheck.deleted_at.is_(None))
        .order_by(WellbeingCheck.at.desc(), WellbeingCheck.id.desc())
        .limit(_MOST_CHECKS)
    ).all()
    return [
        {
            "at": row.at,
            "distress": row.distress,
            "mood": row.mood,
            "topics": [plain(topic) for topic in row.topics],
            "wishes": [plain(wish) for wish in row.contact_wanted],
            "not_safe": row.safe_now is False,
            "note": None if row.note_is_private else row.note,
        }
        for row in rows
    ]


def replies(visit: Visit) -> list[dict[str, Any]]:
    """Return what she is told became of what she reported, newest first."""
    items, _more = replies_to(
        visit.session, visit.patient, now=visit.now, limit=_MOST_REPLIES,
        topics=readable_topics(visit.viewer, None), queues=QUEUES.get(visit.viewer.role, ()),
    )  # fmt: skip
    return items


def log_what_is_shown(visit: Visit, *topics: Topic) -> None:
    """Write the topics the page shows into her access log, as reading them one by one would."""
    for topic in topics:
        if visit.frame.may(topic):
            visit.log(visit.patient, topic, Do.READ)


def _grade_before(symptom: str, earlier: Sequence[Any]) -> int | None:
    for row in reversed(earlier):
        for answer in row.answers:
            if answer["symptom"] == symptom and answer["grade"] is not None:
                return int(answer["grade"])
    return None


def _answer(answer: Mapping[str, Any], before: int | None) -> dict[str, Any]:
    grade = answer["grade"]
    change = ""
    if grade is not None and before is not None:
        change = "worse" if grade > before else "better" if grade < before else "same"
    return {
        "symptom": answer["symptom"],
        "name": symptom_name(answer["symptom"]),
        "grade": grade,
        "presence": answer.get("presence"),
        "before": before,
        "change": change,
    }
