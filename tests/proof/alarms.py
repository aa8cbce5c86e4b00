"""Alerts nobody may lose: who is on the list, what arrived for whom, and what is on file."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa

from service.accounts.models import Account, Queue, Role, RosterEntry
from service.alerts import queries
from service.alerts.models import Alert, AlertStep
from service.db import transaction
from service.notify.models import Device, OutboxMessage
from tests.conftest import API, _add
from tests.proof.people import called

LIST = {
    "nursing": ["nora", "cora", "sol"], "supervisor": ["omar", "chaya"],
    "administrator": ["ada", "per"],
}  # fmt: skip
# How many minutes after it opened each is told of an urgent alert that nobody takes.
LADDER = (
    (0, ["nora"]), (15, ["nora"]), (30, ["cora"]), (45, ["omar"]), (60, ["ada"]),
    (75, ["sol", "chaya", "per"]),
)  # fmt: skip
EVERYBODY = {name for _, names in LADDER for name in names}
# As ``in_order`` reads what arrived.
IN_ORDER = [name for _, names in LADDER for name in sorted(names)]


@dataclass(frozen=True)
class Told:
    """One message about an alert that arrived somewhere: who, under which key, when."""

    name: str
    key: str
    at: datetime


class Alarms:
    """Harbor's list with a browser each, and patients who report what is urgent."""

    def __init__(self, app: Any, world: Any, clock: Any) -> None:
        self._app, self._world, self._clock = app, world, clock

    def give_browsers(self, provider: Any, names: Iterable[str] = EVERYBODY) -> None:
        with self._app.app_context(), transaction() as session:
            for name in sorted(names):
                session.add(
                    Device(
                        id=called(f"{name} device"), account_id=self._world[name].account_id,
                        platform="webpush", address=provider.browser(name).subscription(),
                        created_at=self._clock.now(),
                    )
                )  # fmt: skip

    def take_devices(self) -> None:
        """Leave nobody a device."""
        with self._app.app_context(), transaction() as session:
            session.execute(sa.delete(Device))

    def put_on_roster(self, **duties: list[str]) -> None:
        """Put these in place of everybody, all duties of the clinic."""
        clinic_id = self._world.clinic_id
        with self._app.app_context(), transaction() as session:
            session.execute(sa.delete(RosterEntry).where(RosterEntry.clinic_id == clinic_id))
            session.add_all(
                RosterEntry(
                    clinic_id=clinic_id, duty=duty, position=position,
                    account_id=self._world[name].account_id,
                )
                for duty, names in duties.items()
                for position, name in enumerate(names)
            )  # fmt: skip

    def add_patients(self, number: int, prefix: str = "p") -> list[str]:
        names = [f"{prefix}{n}" for n in range(number)]
        with self._app.app_context(), transaction() as session:
            for name in names:
                _add(
                    self._app, session, self._clock, self._world, name, Role.PATIENT,
                    self._world.clinic_id,
                )  # fmt: skip
        return names

    def report(
        self, names: Iterable[str], *, at: datetime | None = None, body: Any = None
    ) -> list[UUID]:
        """Let each report a warning sign, or what ``body`` says; return their alerts' ids.

        ``at`` is when by her phone, ``None`` for now.
        """
        client = self._app.test_client()
        for name in names:
            said = body or urgent_report(at or self._clock.now())
            path, headers = f"{API}/patients/me/symptom-reports", self._world[name].headers
            answer = client.post(path, json=said, headers=headers)
            assert answer.status_code == 201, answer.json
        ids = [self._world[name].patient_id for name in names]
        with self._app.app_context(), transaction() as session:
            found = dict(
                session.execute(
                    sa.select(Alert.patient_id, Alert.id).where(
                        Alert.patient_id.in_(ids), Alert.queue == Queue.NURSING
                    )
                ).all()  # type: ignore[arg-type]
            )
        return [found[id] for id in ids]

    def disable(self, *names: str, again: bool = False) -> None:
        """Close accounts; ``again``: open them once more."""
        ids = [self._world[name].account_id for name in names]
        at = None if again else self._clock.now()
        with self._app.app_context(), transaction() as session:
            session.execute(sa.update(Account).where(Account.id.in_(ids)).values(disabled_at=at))

    def take(self, name: str, alert_id: UUID) -> None:
        """Take an alert by the API: she has been reached, so that no other clock runs."""
        answer = self._app.test_client().post(
            f"{API}/alerts/{alert_id}/contact-attempts", json={"how": "phone", "reached": True},
            headers=self._world[name].headers,
        )  # fmt: skip
        assert answer.status_code == 201, answer.json

    def steps(self) -> dict[UUID, list[AlertStep]]:
        """What is on file of each alert, the first step first."""
        found = defaultdict(list)
        with self._app.app_context(), transaction() as session:
            for step in session.scalars(sa.select(AlertStep).order_by(AlertStep.at, AlertStep.id)):
                found[step.alert_id].append(step)
            session.expunge_all()
        return found

    def unanswered(self, who: str = "nora") -> int:
        """How many alerts the banner counts."""
        viewer = type("Viewer", (), {
            "clinic_id": self._world.clinic_id, "role": self._world[who].role,
        })()  # fmt: skip
        with self._app.app_context(), transaction() as session:
            return sum(queries.unanswered(session, viewer).values())

    def waiting(self) -> int:
        """How many messages to staff are still to go out."""
        with self._app.app_context(), transaction() as session:
            return session.scalar(
                sa.select(sa.func.count())
                .select_from(OutboxMessage)
                .where(OutboxMessage.to_staff, OutboxMessage.state == "pending")
            )


def urgent_report(now: datetime) -> dict[str, Any]:
    return {
        "id": str(uuid4()), "reported_at": now.isoformat(), "answers": [],
        "red_flags": ["chest_pain"],
    }  # fmt: skip


def severe_report(now: datetime) -> dict[str, Any]:
    """Return what is due soon, by the clinic's hours."""
    answers = [{"symptom": "nausea", "frequency": 4, "severity": 3}]
    return urgent_report(now) | {"red_flags": [], "answers": answers}


def arrived(provider: Any) -> dict[UUID, list[Told]]:
    """What arrived of each alert, in the order of arrival: the first time of every key."""
    found: dict[UUID, dict[tuple[str, str], Told]] = defaultdict(dict)
    for one in list(provider.log):
        told = Told(one.browser, one.key, one.at)
        found[UUID(one.key.partition(".")[0])].setdefault((one.browser, one.key), told)
    return {id: list(told.values()) for id, told in found.items()}


def in_order(told: Iterable[Told]) -> list[str]:
    """Return the names; the last rung tells several at once, whose order no network keeps."""
    names = [one.name for one in told]
    before = len(IN_ORDER) - len(LADDER[-1][1])
    return names[:before] + sorted(names[before:])
