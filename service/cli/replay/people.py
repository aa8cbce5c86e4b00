"""The people of a journey: let in before it begins, and signed in as its time passes."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
import pyotp
from flask import Flask
from sqlalchemy.orm import Session

from service.accounts import actions
from service.accounts.factor import new_factor_secret
from service.accounts.models import STAFF, Role
from service.accounts.registering import Newcomer, register_patient
from service.accounts.roster_actions import put_on_roster
from service.cli.replay.expectations import Answer
from service.cli.replay.faults import BadJourney
from service.cli.replay.journey import Journey
from service.clock import Clock
from service.db import transaction
from service.panel import actions as panel

API = "/api/v1"
PASSWORD = "only ever used in a story"  # noqa: S105 - of accounts that live for one replay
# Reserved for fiction: nobody has them.
PHONES = {"oncology_line": "206-555-0100", "emergency_number": "911", "crisis_line": "988"}
_OTHER_CLINIC = "Another clinic"
# A token is renewed this long before it runs out.
_MARGIN = timedelta(seconds=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """What somebody signs in with, and the tokens she has; ``good_until`` is the access token's."""

    role: Role
    email: str
    password: str
    totp_secret: str | None = None
    patient_id: UUID | None = None
    access_token: str | None = None
    refresh_token: str | None = None
    good_until: datetime | None = None


class People:
    """Calls the API as somebody of the story, over HTTP as a phone or a browser would."""

    def __init__(self, app: Flask, clock: Clock, people: Mapping[str, Person]) -> None:
        self._client = app.test_client()
        self._clock = clock
        self._people = dict(people)

    def __getitem__(self, name: str) -> Person:
        """Return somebody.

        Raises:
            KeyError: nobody of this name has come in yet.
        """
        return self._people[name]

    def call(self, name: str, method: str, path: str, body: Any = None) -> Answer:
        """Make a call; whoever has come in signs it with a token that is good now."""
        headers = {}
        if name in self._people:
            headers["Authorization"] = f"Bearer {self._token(name)}"
        return self._send(method, path, body, headers)

    def come_in(self, name: str, body: Mapping[str, Any], answer: Mapping[str, Any]) -> Person:
        """Remember somebody who has just registered."""
        person = Person(
            role=Role(answer["account"]["role"]), email=body["email"], password=body["password"]
        )
        if answer["account"]["patient_id"] is not None:
            person = replace(person, patient_id=UUID(answer["account"]["patient_id"]))
        self._people[name] = self._with_tokens(person, answer)
        return self._people[name]

    def _token(self, name: str) -> str:
        person = self._people[name]
        if person.good_until is None or self._clock.now() >= person.good_until - _MARGIN:
            person = self._people[name] = self._renewed(name, person)
        assert person.access_token is not None  # noqa: S101 - a renewed one has it
        return person.access_token

    def _renewed(self, name: str, person: Person) -> Person:
        if person.refresh_token is not None:
            answer = self._send("POST", "/auth/refresh", {"refresh_token": person.refresh_token})
            if answer.status == 200:
                return self._with_tokens(person, answer.json)
        body = {"email": person.email, "password": person.password}
        if person.totp_secret is not None:
            body["totp_code"] = pyotp.TOTP(person.totp_secret).at(self._clock.now())
        answer = self._send("POST", "/auth/login", body)
        if answer.status != 200:
            raise BadJourney(f"{name} cannot sign in: {answer.status} {answer.text}")
        return self._with_tokens(person, answer.json)

    def _with_tokens(self, person: Person, answer: Mapping[str, Any]) -> Person:
        return replace(
            person,
            access_token=answer["access_token"],
            refresh_token=answer["refresh_token"],
            good_until=self._clock.now() + timedelta(seconds=answer["expires_in"]),
        )

    def _send(
        self, method: str, path: str, body: Any, headers: Mapping[str, str] | None = None
    ) -> Answer:
        more = {} if body is None else {"json": body}
        response = self._client.open(API + path, method=method, headers=headers, **more)
        text = response.get_data(as_text=True)
        return Answer(response.status_code, orjson.loads(text) if response.is_json else None, text)


def settle(app: Flask, journey: Journey, *, now: datetime) -> dict[str, Person]:
    """Open the clinics of a journey and let its people in, staff with a second factor.

    Raises:
        BadJourney: somebody has a role one can only register for.
    """
    password_hash = app.extensions["passwords"].hash(PASSWORD)
    people: dict[str, Person] = {}
    with app.app_context(), transaction() as session:
        clinic_ids = {
            elsewhere: actions.add_clinic(
                session, name=title, time_zone=journey.time_zone, hours=journey.hours,
                phones=PHONES, now=now,
            ).id
            for elsewhere, title in ((False, journey.clinic), (True, _OTHER_CLINIC))
        }  # fmt: skip
        accounts = {}
        for name, part in journey.people.items():
            newcomer = Newcomer(
                email=f"{name}@people.example.org", password_hash=password_hash,
                display_name=name.title(), time_zone=journey.time_zone, locale="en",
            )  # fmt: skip
            accounts[name], people[name] = _let_in(
                session, newcomer, role=part.role, clinic_id=clinic_ids[part.elsewhere], now=now
            )
        for duty, on_duty in journey.roster.items():
            for name in on_duty:
                put_on_roster(
                    session, clinic_id=clinic_ids[False], duty=duty, account_id=accounts[name]
                )
    return people


def _let_in(
    session: Session, newcomer: Newcomer, *, role: Role, clinic_id: UUID, now: datetime
) -> tuple[UUID, Person]:
    """Make somebody an account; return its id, and what she signs in with."""
    person = Person(role=role, email=newcomer.email, password=PASSWORD)
    if role is Role.PATIENT:
        account, patient = register_patient(
            session, newcomer, clinic_id=clinic_id, is_shared=True, now=now
        )
        panel.open_summary(
            session, patient_id=patient.id, clinic_id=clinic_id, name=patient.display_name, now=now
        )
        return account.id, replace(person, patient_id=patient.id)
    if role not in STAFF:
        raise BadJourney(f"people: {newcomer.display_name}: a {role} registers in the steps")
    secret = new_factor_secret()
    account = actions.add_staff(
        session, clinic_id=clinic_id, role=role, email=newcomer.email,
        display_name=newcomer.display_name, password_hash=newcomer.password_hash,
        totp_secret=secret, time_zone=newcomer.time_zone, now=now,
    )  # fmt: skip
    return account.id, replace(person, totp_secret=secret)
