"""The made-up clinic: where it is, who works there, and who answers for what."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from service.accounts.access import QUEUES
from service.accounts.models import Account, Clinic, Queue, Role, RosterEntry
from service.accounts.rules import email_key, parse_hours
from service.alerts.ladder import People
from service.alerts.worktime import WorkingTime
from service.care.rules import RuleSet, rule_set
from service.ids import derived_id

ZONE = "America/New_York"
_HOURS = "Mon-Fri 08:00-17:00"
# Reserved for fiction: nobody has them.
_PHONES: Mapping[str, str] = {
    "oncology_line": "206-555-0100", "emergency_number": "911", "crisis_line": "988",
}  # fmt: skip
# So many patients for one of each; one more for every further so many.  A nurse navigator has 100
# to 150 patients at most places that say so; of the others it is a project choice.
_PATIENTS_OF: Mapping[Role, int] = {
    Role.NURSE: 150, Role.PHYSICIAN: 600, Role.SOCIAL_WORKER: 800, Role.CHAPLAIN: 4_000,
    Role.COORDINATOR: 1_000, Role.ADMINISTRATOR: 10_000, Role.EDITOR: 10_000,
    Role.PRIVACY_OFFICER: 10_000,
}  # fmt: skip
_DUTIES: Mapping[str, tuple[Role, ...]] = {
    "nursing": (Role.NURSE, Role.PHYSICIAN), "social_work": (Role.SOCIAL_WORKER,),
    "chaplaincy": (Role.CHAPLAIN,), "coordination": (Role.COORDINATOR,),
    "supervisor": (Role.PHYSICIAN,), "administrator": (Role.ADMINISTRATOR,),
}  # fmt: skip
_OPENED_BEFORE = timedelta(days=30)
# Nobody signs in with it: no hash of any password begins like this.
NO_PASSWORD = "!"  # noqa: S105 - the very opposite of one


class Worker(NamedTuple):
    """Somebody who works there."""

    account_id: UUID
    role: Role
    name: str


@dataclass(frozen=True, kw_only=True)
class MadeClinic:
    """A clinic of which everything is made up.

    ``until`` is the moment its history ends, ``opened_at`` some time before the first patient.
    """

    id: UUID
    seed: int
    name: str
    opened_at: datetime
    until: datetime
    workers: tuple[Worker, ...]
    working: WorkingTime
    rules: RuleSet
    _on_duty: Mapping[str, list[UUID]] = field(repr=False)

    def on_duty(self, clinic_id: UUID, duty: str) -> list[UUID]:
        """Return who answers for a duty, the first to be told first: the same at every hour."""
        del clinic_id  # there is only one
        return self._on_duty[duty]

    def people(self, clinic_id: UUID, queue: Queue) -> People:
        """Return everybody there is to tell about alerts of a queue."""
        on_duty = self.on_duty
        return People(
            on_duty(clinic_id, queue.value), on_duty(clinic_id, "supervisor"),
            on_duty(clinic_id, "administrator"),
        )  # fmt: skip

    def in_place_of(self, clinic_id: UUID, account_id: UUID) -> UUID:
        """Return who does what somebody would do: nobody is ever away."""
        del clinic_id
        return account_id

    def at_work_on(self, queue: Queue) -> list[Worker]:
        """Return those whose own queue it is, else all who may see it."""
        own = [one for one in self.workers if QUEUES.get(one.role, ())[:1] == (queue,)]
        return own or [one for one in self.workers if queue in QUEUES.get(one.role, ())]

    def rows(self) -> Iterator[tuple[sa.Table, list[dict[str, Any]]]]:
        """Give the rows of the clinic itself."""
        yield _table(Clinic), [{
            "id": self.id, "name": self.name, "time_zone": ZONE, "hours": parse_hours(_HOURS),
            "holidays": [], "phones": dict(_PHONES), "created_at": self.opened_at,
            "rules_release": 0, "content_release": 0,
        }]  # fmt: skip
        yield _table(Account), [self._account(one) for one in self.workers]
        yield _table(RosterEntry), [
            {
                "id": derived_id(self.id, "roster", duty, account_id), "clinic_id": self.id,
                "duty": duty, "position": place, "account_id": account_id,
            }
            for duty, accounts in self._on_duty.items()
            for place, account_id in enumerate(accounts)
        ]  # fmt: skip

    def _account(self, one: Worker) -> dict[str, Any]:
        email = f"{one.name.replace(' ', '.').lower()}.s{self.seed}@example.org"
        return {
            "id": one.account_id, "clinic_id": self.id, "role": one.role, "email": email,
            "email_key": email_key(email), "password_hash": NO_PASSWORD,
            "display_name": one.name, "time_zone": ZONE, "locale": "en",
            "channels": {}, "created_at": self.opened_at,
        }  # fmt: skip


def made_clinic(
    seed: int, patients: int, *, name: str, years: float, until: datetime
) -> MadeClinic:
    """Return the clinic of a seed, with as many people as so many patients need."""
    id = clinic_id(seed)
    workers = tuple(
        Worker(derived_id(id, role.value, number), role, f"{_title(role)} {number + 1}")
        for role, share in _PATIENTS_OF.items()
        for number in range(-(-patients // share))
    )
    return MadeClinic(
        id=id, seed=seed, name=name, opened_at=opened_at(years, until), until=until,
        workers=workers, working=WorkingTime.of(ZONE, parse_hours(_HOURS), []),
        rules=rule_set(),
        _on_duty={
            duty: [one.account_id for role in roles for one in workers if one.role is role]
            for duty, roles in _DUTIES.items()
        },
    )  # fmt: skip


def clinic_id(seed: int) -> UUID:
    """Return the id of a seed's clinic: one a database, whatever it is called."""
    return derived_id("synthetic clinic", seed)


def patient_id(seed: int, number: int) -> UUID:
    """Return the id of a life of a seed."""
    return derived_id("synthetic patient", seed, number)


def opened_at(years: float, until: datetime) -> datetime:
    """Return when a clinic opened that has been at work for so many years."""
    return until - timedelta(days=round(years * 365.25)) - _OPENED_BEFORE


def until_of(years: float, opened: datetime) -> datetime:
    """Return when the history of a clinic ends that opened at a moment; see ``opened_at``."""
    return opened + timedelta(days=round(years * 365.25)) + _OPENED_BEFORE


def _title(role: Role) -> str:
    return role.value.replace("_", " ").capitalize()


def _table(model: type[Any]) -> sa.Table:
    table: sa.Table = model.__table__
    return table
