"""Filling an empty database: two clinics, their people, and two to three months of their days."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import count
from random import Random
from uuid import UUID

from flask import Flask
from sqlalchemy.orm import Session

from service.accounts import actions
from service.accounts.access import Viewer
from service.accounts.factor import new_factor_secret
from service.accounts.models import CareStatus, Clinic, Role
from service.accounts.roster_actions import put_on_roster
from service.accounts.rules import parse_hours
from service.cli.demo import clinic_life, days
from service.cli.demo.answers import CareTeam
from service.cli.demo.cast import (
    HARBOR,
    HILLTOP,
    HOURS,
    PHONES,
    ROSTER,
    STAFF,
    STAFF_OF_HILLTOP,
    ZONE,
)  # fmt: skip
from service.cli.demo.clinic_life import OwnLife
from service.cli.demo.course import Event, course
from service.cli.demo.plans import Plan, plans
from service.cli.demo.writing import Diary, viewer_of
from service.clinical import knowledge
from service.db import transaction

Progress = Callable[[int, int], None]
_OPENED = timedelta(days=200)


@dataclass(frozen=True, slots=True)
class Login:
    """What somebody of the demo signs in with; patients have no second factor."""

    role: str
    email: str
    password: str
    totp_secret: str | None

    def as_json(self) -> dict[str, str | None]:
        """Return it as it stands in the accounts file."""
        return {
            "role": self.role, "email": self.email, "password": self.password,
            "totp_secret": self.totp_secret,
        }  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What to fill in: from which seed, for how many patients, with which password for all."""

    seed: int
    patients: int
    password: str
    now: datetime


def fill(app: Flask, order: Order, *, progress: Progress) -> list[Login]:
    """Fill an empty database and return who can sign in, staff first, then Ana.

    One transaction for the clinics and one for each patient: a patient's weeks are there whole
    or not at all.

    Args:
        app: over a database with every migration and nothing else.
        order: what to fill in.
        progress: is told how many patients are written, and of how many.
    """
    rng = Random(order.seed)  # noqa: S311 - dice, not secrets
    password_hash = app.extensions["passwords"].hash(order.password)
    with app.app_context(), transaction() as session:
        harbor, viewers, logins = _open(session, HARBOR, STAFF, order, password_hash)
        hilltop, _others, more = _open(session, HILLTOP, STAFF_OF_HILLTOP, order, password_hash)
        for duty, names in ROSTER.items():
            for name in names:
                put_on_roster(
                    session, clinic_id=harbor.id, duty=duty, account_id=viewers[name].account_id
                )
    logins += more
    team = CareTeam(viewers, rng, now=order.now)
    people = plans(rng, patients=order.patients, now=order.now)
    ben = replace(
        people[0], name="Ben Castle", email="ben@example.org", matter=None,
        status=CareStatus.ACTIVE,
    )  # fmt: skip
    ids: list[UUID] = []
    for done, plan in enumerate(people, 1):
        with app.app_context(), transaction() as session:
            diary = _live(session, plan, harbor, password_hash, team, rng, order.now)
            ids.append(diary.patient_id)
        logins.append(_patient(plan, order))
        progress(done, len(people))
    _live_as_a_clinic(app, OwnLife(harbor.id, viewers, order.now), rng, people, ids)
    with app.app_context(), transaction() as session:
        diary = Diary.begin(session, ben, clinic=hilltop, password_hash=password_hash)
        diary.say_what_she_has(ben)
    return [*logins, _patient(ben, order)]


def _open(
    session: Session,
    name: str,
    staff: Mapping[str, tuple[str, Role]],
    order: Order,
    password_hash: str,
) -> tuple[Clinic, dict[str, Viewer], list[Login]]:
    """Open a clinic and hire its staff, each with a second factor of her own."""
    opened = order.now - _OPENED
    clinic = actions.add_clinic(
        session, name=name, time_zone=ZONE, hours=parse_hours(HOURS), phones=PHONES, now=opened
    )
    viewers: dict[str, Viewer] = {}
    logins = []
    for key, (display_name, role) in staff.items():
        secret = new_factor_secret()
        account = actions.add_staff(
            session, clinic_id=clinic.id, role=role, email=f"{key}@example.org",
            display_name=display_name, password_hash=password_hash, totp_secret=secret,
            time_zone=ZONE, now=opened,
        )  # fmt: skip
        viewers[key] = viewer_of(account)
        logins.append(Login(role.value, account.email, order.password, secret))
    return clinic, viewers, logins


def _live(
    session: Session,
    plan: Plan,
    clinic: Clinic,
    password_hash: str,
    team: CareTeam,
    rng: Random,
    now: datetime,
) -> Diary:
    """Write a patient's weeks in the order of time, answers between her reports."""
    diary = Diary.begin(session, plan, clinic=clinic, password_hash=password_hash)
    diary.say_what_she_has(plan)
    # The count keeps apart what happens at the same moment; ``None`` is the team's answer.
    order = count()
    waiting: list[tuple[datetime, int, Event | None]] = []
    for sent in course(plan, knowledge(), rng, now=now):
        heappush(waiting, (sent.at, next(order), sent))
    while waiting and waiting[0][0] < now:
        at, _number, event = heappop(waiting)
        if event is None:
            team.answer(session, diary.ref(), at)
            diary.let_messages_out(at + timedelta(minutes=3))
            continue
        diary.enter(event)
        answered_at = team.answer_after(session, diary.ref(), at)
        # What has only just come in waits for whoever looks at the demo.
        if answered_at is not None and not _is_todays(plan, at, now):
            heappush(waiting, (answered_at, next(order), None))
    days.live(session, diary, rng, plan, now=now)
    if plan.status is not CareStatus.ACTIVE:
        diary.move_to(plan.status, by=team["nora"], at=now - timedelta(days=2))
    return diary


def _live_as_a_clinic(
    app: Flask, clinic: OwnLife, rng: Random, people: Sequence[Plan], ids: Sequence[UUID]
) -> None:
    """Let the clinic hold drills, make plans and count its weeks."""
    of_matter = {plan.matter: id for plan, id in zip(people, ids, strict=True)}
    silent = next((id for plan, id in zip(people, ids, strict=True) if plan.is_silent), None)
    with app.app_context(), transaction() as session:
        clinic_life.live(
            session, clinic, rng, ana=ids[0], in_crisis=of_matter.get("suicidal_thoughts"),
            in_hospital=silent,
        )  # fmt: skip
    counted = 1
    while counted:
        with app.app_context(), transaction() as session:
            counted = clinic_life.count_weeks(session, now=clinic.now)


def _is_todays(plan: Plan, at: datetime, now: datetime) -> bool:
    return plan.matter is not None and now - at < timedelta(hours=24)


def _patient(plan: Plan, order: Order) -> Login:
    return Login(Role.PATIENT.value, plan.email, order.password, None)
