"""Short ways to what the tests of alerts do again and again."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa

from service.accounts.models import Absence, Account, RosterEntry
from service.alerts.escalation import next_step_at, take_due_steps
from service.clinical import knowledge
from service.db import transaction
from service.notify.models import OutboxMessage
from tests.passing import steps


@pytest.fixture
def report(call, clock):
    """Ana, or somebody else, reports symptoms; what is not said is now."""

    def report(*, who: str = "ana", at: str | datetime | None = None, **what):
        moment = at or clock.now()
        said = moment if isinstance(moment, str) else moment.isoformat()
        body = {"id": str(uuid4()), "reported_at": said, "answers": [], **what}
        return call(who, "POST /patients/me/symptom-reports", body)

    return report


@pytest.fixture
def severe(report):
    """Report symptoms that are severe (SYM-SEV): an alert due soon."""

    def severe(*symptoms: str, severity: int = 3, **more):
        answers = [{"symptom": name, "frequency": 4, "severity": severity} for name in symptoms]
        answer = report(answers=answers, **more)
        assert answer.status_code == 201, answer.json
        return answer.json

    return severe


@pytest.fixture
def emergency(report):
    """Report a warning sign (EM-RESP): an urgent alert."""

    def emergency(flag: str = "chest_pain", **more):
        answer = report(red_flags=[flag], **more)
        assert answer.status_code == 201, answer.json
        return answer.json

    return emergency


@pytest.fixture
def not_safe(call, clock):
    """Ana says that she is not safe: an alert of the social workers."""

    def not_safe():
        body = {"id": str(uuid4()), "checked_at": clock.now().isoformat(), "safe_now": False}
        answer = call("ana", "POST /patients/me/wellbeing-checks", body)
        assert answer.status_code == 201, answer.json
        return answer.json

    return not_safe


@pytest.fixture
def alert(call):
    """The one unclosed alert of a queue, in full."""

    def alert(queue: str = "nursing", who: str = "nora", **query):
        [found] = call(who, "GET /alerts", query_string={"queue": queue, **query}).json["items"]
        return call(who, f"GET /alerts/{found['id']}").json

    return alert


@pytest.fixture
def do(call):
    """Do something about an alert: ``do("nora", alert, "acknowledge")``."""

    def do(who: str, alert, what: str, **body):
        return call(who, f"POST /alerts/{alert['id']}/{what}", body)

    return do


@pytest.fixture
def tick(app, clock):
    """Let the clock take the steps that are due."""

    def tick() -> int:
        with app.app_context(), transaction() as session:
            return take_due_steps(session, policy=knowledge().policy, now=clock.now())

    return tick


@pytest.fixture
def outbox(app, world):
    """Messages written so far, ``(name, kind, title)``, the first first."""
    names = {person.account_id: name for name, person in world.people.items()}

    def outbox(kind: str = "alert") -> list[tuple[str, str, str]]:
        with app.app_context(), transaction() as session:
            rows = session.scalars(
                sa.select(OutboxMessage)
                .where(OutboxMessage.kind == kind)
                .order_by(OutboxMessage.created_at, OutboxMessage.id)
            ).all()
        return [(names[row.recipient_id], row.kind, row.title) for row in rows]

    return outbox


@pytest.fixture
def told(outbox):
    """Who was told so far, in order; ``told()`` again says who since."""
    seen = 0

    def told(kind: str = "alert") -> list[str]:
        nonlocal seen
        names = [name for name, _, _ in outbox(kind)]
        new, seen = names[seen:], len(names)
        return new

    return told


@pytest.fixture
def rostered(app, world):
    """Put people on rosters, in this order, in place of whoever stood there."""

    def rostered(**duties: list[str]) -> None:
        with app.app_context(), transaction() as session:
            session.execute(sa.delete(RosterEntry).where(RosterEntry.duty.in_(duties)))
            for duty, names in duties.items():
                for position, name in enumerate(names):
                    session.add(
                        RosterEntry(
                            clinic_id=world.clinic_id, duty=duty, position=position,
                            account_id=world[name].account_id,
                        )
                    )  # fmt: skip

    return rostered


@pytest.fixture
def supervisor(rostered):
    """Omar supervises; Nora and Eva take turns in nursing."""
    rostered(nursing=["nora", "eva"], supervisor=["omar"])


@pytest.fixture
def emptied(rostered):
    """Take everybody off a duty."""

    def emptied(*duties: str) -> None:
        rostered(**{duty: [] for duty in duties})

    return emptied


@pytest.fixture
def away(app, world, clock):
    """Let somebody be absent from now on: ``away("nora", stand_in="eva")``."""

    def away(name: str, *, stand_in: str | None = None, days: float = 7) -> None:
        with app.app_context(), transaction() as session:
            session.add(
                Absence(
                    clinic_id=world.clinic_id, account_id=world[name].account_id,
                    starts_at=clock.now(), ends_at=clock.now() + timedelta(days=days),
                    stand_in_id=world[stand_in].account_id if stand_in else None,
                    entered_by=world["ada"].account_id, entered_at=clock.now(),
                )
            )  # fmt: skip

    return away


@pytest.fixture
def left(app, world, clock):
    """Close somebody's account."""

    def left(*names: str) -> None:
        with app.app_context(), transaction() as session:
            for name in names:
                session.get_one(Account, world[name].account_id).disabled_at = clock.now()

    return left


@pytest.fixture
def next_step(app):
    """When a step of some alert is due next."""

    def next_step():
        with app.app_context(), transaction() as session:
            return next_step_at(session)

    return next_step


@pytest.fixture
def until(clock, tick, told, next_step):
    """Let time pass in steps of a minute, and say who is told when: ``[(minutes, name)]``."""

    def until(minutes: int, step: int = 1) -> list[tuple[int, str]]:
        found = []
        every, within = timedelta(minutes=step), timedelta(minutes=minutes)
        for passed in steps(clock, next_step, every=every, within=within):
            tick()
            found += [(passed // timedelta(minutes=1), name) for name in told()]
        return found

    return until


def kinds(alert) -> list[str]:
    """Return what happened to an alert, the first first."""
    return [step["kind"] for step in alert["history"]]


CLOSING = {"outcome": "advice_given", "action": "talked it over", "contact_made": True}
