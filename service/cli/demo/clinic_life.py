"""What the clinic of the demo has done besides answering: drills, plans, notes, a draft."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from random import Random
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.absence_actions import add_absence
from service.accounts.access import Viewer
from service.accounts.models import Queue
from service.accounts.queries import lock_patient
from service.accounts.roster_actions import add_entry
from service.alerts.models import Alert
from service.care import answering, away, drills
from service.care import status as standing
from service.clinical import knowledge
from service.content import revision_actions as revisions
from service.ids import new_id
from service.journey import note_actions as notes
from service.journey import question_actions as questions
from service.measures.actions import count_next
from service.panel import saving
from service.panel.looks import Look
from service.panel.models import PatientSummary
from service.records import Change
from service.support import cascade_actions as cascades
from service.support import entries_actions as entries
from service.support.models import Cascade
from service.wellbeing import safety_plans

# Behind the day's roster: who answers between closing and opening.
_NIGHT: Mapping[str, Any] = {"from_time": "17:00", "to_time": "08:00"}
_ANAS_QUESTIONS = (
    "May I fly to my sister in June?",
    "Is the tingling in my fingers going to stay?",
)
_ANAS_WISH = "To dance at Lena's wedding in September, and to be awake enough in the evenings."
_NOTE = "Prefers to be called after four, when her daughter is home. Hearing on the left is poor."
_PLAN: Mapping[str, str] = {
    "signs": "I stop answering the telephone, and I lie awake after three.",
    "alone": "Walk to the harbour. The radio in the kitchen.",
    "company": "The Thursday choir, even if I only listen.",
    "people": "My brother Tom, at any hour.",
    "professionals": "Sol at the clinic on weekdays; the crisis line at night.",
    "surroundings": "Tom keeps the strong painkillers and brings two days' worth.",
    "reasons": "My granddaughter starts school in autumn.",
}
_DRAFT: Mapping[str, Any] = {
    "slug": "fatigue", "language": "en", "title": "Tired, and what helps here at Harbor",
    "kind": "article", "audience": ["patient"], "tags": [], "needs": [],
    "summary": "Why treatment makes you tired, and whom to ask at Harbor Cancer Care.",
    "sources": ["Seattle Cancer Care Alliance, Advanced Breast Cancer page, paraphrased"],
    "body": (
        "Being tired is the most common effect of treatment, and it is real. Rest does not always "
        "take it away.\n\nShort walks help many people more than long rests. Plan the one thing "
        "that matters most for the hours when you have the most strength.\n\nTell us in your next "
        "report if it is new, or if it keeps you from what you want to do. Ask the front desk "
        "for the walking group that meets on Tuesdays."
    ),
}  # fmt: skip
# Whom patients of the clinic can turn to besides; every name is made up.
_OFFERS: tuple[Mapping[str, Any], ...] = (
    {
        "slug": "harbor-thursday-group", "kind": "support_group", "name": "Thursday group",
        "about": "People with advanced breast cancer meet and talk, with tea, led by Sol.",
        "languages": ["en", "es"], "faiths": [],
    },
    {
        "slug": "harbor-chaplain", "kind": "chaplain", "name": "Chaya Rosen, chaplain",
        "about": "Comes to your bed or calls you. Believing anything is not asked for.",
        "languages": ["en"], "faiths": ["jewish", "none", "spiritual"],
    },
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class OwnLife:
    """The clinic of the demo: who works there, and the moment it is filled for."""

    id: UUID
    team: Mapping[str, Viewer]
    now: datetime


def live(session: Session, clinic: OwnLife, rng: Random, *, ana: UUID, in_crisis: UUID | None,
         in_hospital: UUID | None) -> None:  # fmt: skip
    """Write it down, through the actions every edge uses."""
    _keep_a_roster(session, clinic)
    _hold_drills(session, clinic)
    _look_after(session, clinic, rng)
    _know_ana(session, clinic, ana)
    if in_crisis is not None:
        _plan_for_safety(session, clinic, in_crisis)
    if in_hospital is not None:
        _note_a_stay(session, clinic, in_hospital)
    _write_an_article(session, clinic)
    _offer_support(session, clinic)
    saving.save_view(
        session, clinic.team["nora"], name="Severe symptoms", look=Look("risk", "severe"),
        now=clinic.now,
    )  # fmt: skip


def _offer_support(session: Session, clinic: OwnLife) -> None:
    """Let Sol publish a group that meets every two weeks, and a chaplain."""
    began = clinic.now.date() - timedelta(weeks=8)
    first_thursday = began + timedelta(days=(3 - began.weekday()) % 7)
    meets = {
        "local_start": f"{first_thursday}T17:30", "minutes": 90, "not_on": [],
        "recurrence": "FREQ=WEEKLY;INTERVAL=2",
    }  # fmt: skip
    for offer in _OFFERS:
        dates = meets if offer["kind"] == "support_group" else None
        said = {"phone": None, "url": None, "when": None, **offer, "meets": dates}
        sol, id = clinic.team["sol"], new_id()
        entries.write(session, sol, said, id=id, now=clinic.now)
        entries.publish(session, sol, id, if_version=None, now=clinic.now)


def count_weeks(session: Session, *, now: datetime) -> int:
    """Count one week of the measures; return how many were left to count, 0 or 1."""
    return count_next(session, now=now)


def _keep_a_roster(session: Session, clinic: OwnLife) -> None:
    """Let Nina answer first at night, and let Omar be away next week."""
    nina, omar, ada = (clinic.team[name] for name in ("nina", "omar", "ada"))
    add_entry(
        session, clinic.id, duty="nursing", position=0,
        values={"account_id": nina.account_id, **_NIGHT},
    )  # fmt: skip
    add_absence(
        session, clinic.id, account_id=omar.account_id, starts_at=clinic.now + timedelta(days=5),
        ends_at=clinic.now + timedelta(days=12), stand_in_id=None, entered_by=ada.account_id,
        now=clinic.now,
    )  # fmt: skip


def _hold_drills(session: Session, clinic: OwnLife) -> None:
    """Two drills that are over: one taken in time, one late."""
    for scenario, who, days_ago, minutes in (
        ("fever", "nora", 30, 9), ("not-safe", "sol", 12, 41),
    ):  # fmt: skip
        at, by = clinic.now - timedelta(days=days_ago), clinic.team[who]
        drill = drills.start(session, clinic.team["ada"], scenario=scenario, now=at)
        case = knowledge().drills[scenario]
        alert_id = session.scalars(
            sa.select(Alert.id).where(
                Alert.patient_id == drill.patient_id, Alert.queue == case.queue
            )
        ).one()
        taken = at + timedelta(minutes=minutes)
        answering.acknowledge(session, by, alert_id, now=taken)
        reached = taken + timedelta(minutes=6)
        answering.record_contact(
            session, by, alert_id, how="phone", reached=True, now=reached
        )  # fmt: skip
        answering.close(
            session, by, alert_id, outcome="spoken_to", action="A drill: the line was answered.",
            contact_made=True, now=reached + timedelta(minutes=4),
        )  # fmt: skip
        drills.end(session, clinic.team["ada"], drill.id, now=reached + timedelta(minutes=10))


def _look_after(session: Session, clinic: OwnLife, rng: Random) -> None:
    """Follow up most of those whose day has come."""
    due = session.scalars(
        sa.select(Cascade)
        .where(
            Cascade.clinic_id == clinic.id, Cascade.ended_at.is_(None),
            Cascade.follow_up_on < clinic.now.date(), Cascade.is_drill.is_(False),
        )
        .order_by(Cascade.opened_at, Cascade.id)
    ).all()  # fmt: skip
    for cascade in due:
        if rng.random() < 0.3 or cascade.follow_up_on is None:
            continue
        by = clinic.team["chaya" if cascade.queue is Queue.CHAPLAINCY else "sol"]
        cascades.follow_up(
            session, by, cascade.id, outcome="She feels better supported.", note=None,
            next_on=None, if_version=None,
            now=datetime.combine(cascade.follow_up_on, time(18), UTC),
        )  # fmt: skip


def _know_ana(session: Session, clinic: OwnLife, ana: UUID) -> None:
    at = clinic.now - timedelta(days=3)
    ref = lock_patient(session, ana)
    assert ref.account_id is not None  # noqa: S101 - Ana has one
    hers = Change(patient_id=ana, change_no=ref.change_no, by=ref.account_id, now=at)
    standing.change_profile(session, ref, change=hers, values={"what_matters": _ANAS_WISH})
    for text in _ANAS_QUESTIONS:
        asked = {"id": new_id(), "text": text, "asked_at": None}
        questions.ask_question(session, change=hers, question=asked)
    nora = clinic.team["nora"]
    notes.write_note(
        session, change=hers._replace(by=nora.account_id), note={"id": new_id(), "text": _NOTE},
        by=nora,
    )  # fmt: skip


def _plan_for_safety(session: Session, clinic: OwnLife, patient_id: UUID) -> None:
    lock_patient(session, patient_id)
    safety_plans.write_plan(
        session, clinic.team["sol"], patient_id, sections=_PLAN,
        headings=knowledge().plan_headings, if_number=None, now=clinic.now - timedelta(days=20),
    )  # fmt: skip


def _note_a_stay(session: Session, clinic: OwnLife, patient_id: UUID) -> None:
    """Somebody who has not reported for weeks is in hospital: a known reason is no silence."""
    ref, cora = lock_patient(session, patient_id), clinic.team["cora"]
    change = Change(
        patient_id=patient_id, change_no=ref.change_no, by=cora.account_id, now=clinic.now
    )
    silent_since = session.get_one(PatientSummary, patient_id).last_report_at or clinic.now
    period = {
        "id": new_id(), "kind": "inpatient", "ends_on": None,
        "starts_on": ref.local_date(silent_since) + timedelta(days=1),
        "note": "Admitted with pneumonia; home is expected next week.",
    }  # fmt: skip
    away.note_away(session, ref, change=change, period=period)


def _write_an_article(session: Session, clinic: OwnLife) -> None:
    """Eva's own words for an article, handed in: somebody else has to sign it."""
    id, at = new_id(), clinic.now - timedelta(days=1)
    said = {**_DRAFT, "expires_on": (clinic.now + timedelta(days=365)).date()}
    revisions.write(session, clinic.team["eva"], said, id=id, now=at)
    revisions.submit(session, clinic.team["eva"], id, if_version=None, now=at)
