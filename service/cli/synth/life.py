"""What a made-up life is: a person, and what she and those around her enter, in order.

Between the two halves of the synthetic clinic stands this and nothing else: ``lives`` deals the
lives without a database or a rule, ``clinic`` grades, raises, answers and writes them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, NamedTuple

Kind = Literal[
    "diagnosis",
    "treatment",
    "treatment_change",
    "dose",
    "event",
    "symptom_report",
    "wellbeing_check",
    "questionnaire",
    "support_request",
    "caregiver",
    "care_status",
]


class Happening(NamedTuple):
    """One thing entered at one moment.

    ``body`` is what the route of that kind takes with its ``id``; for
    ``treatment_change`` the changes and the treatment's ``id``; for ``caregiver`` a name, an
    address and topics; for ``care_status`` what staff sends, with ``died_on`` at a death.
    ``by`` is who enters it.
    """

    at: datetime
    by: Literal["patient", "caregiver", "staff"]
    kind: Kind
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who she is; every name, address and number is made up (``example.org``, 555 numbers)."""

    number: int
    display_name: str
    email: str
    phone: str | None
    birth_year: int
    sex: str
    ecog: int | None
    time_zone: str
    locale: str
    joined_at: datetime
    died_on: date | None


class Life(NamedTuple):
    """A person and everything that happens to her until the last day asked for, oldest first.

    ``stream`` seeds the dice of whoever goes on with this life: the same for the same seed and
    number, whatever other lives were dealt.
    """

    person: Person
    happenings: tuple[Happening, ...]
    stream: int
