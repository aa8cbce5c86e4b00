"""Playing a journey: its calls at their moments, and every round of the scheduler between them."""

import re
from collections.abc import Callable
from datetime import UTC
from typing import Any
from uuid import UUID

from flask import Flask

from service.accounts.access import QUEUES
from service.cli.replay.expectations import EXPECTATIONS, Answer, Marks, Seen
from service.cli.replay.faults import BadJourney, Unmet
from service.cli.replay.journey import Journey, Step, filled_in
from service.cli.replay.looking import Hero, Looking
from service.cli.replay.people import People, settle
from service.ids import new_id
from service.jobs.passing import HandClock, Passing
from service.notify.channels import KeptChannel, TryAgain
from service.notify.rules import Handed, Leased

_LAST_ALERT = re.compile(r"^/alerts/last/")
_FIRST_OCCURRENCE = re.compile(r"^(/patients/me/reminder-occurrences)/first/")
_FINE = range(200, 300)
# Stands where time passed and nobody called.
_NO_ANSWER = Answer(0, None, "")
Say = Callable[[str], None]


class Provider(KeptChannel):
    """Who takes the pushes of a story; while it is down it takes none."""

    def __init__(self) -> None:
        super().__init__()
        self.is_down = False

    def send(self, message: Leased) -> Handed:
        """Keep the message, or say that nobody answers."""
        if self.is_down:
            raise TryAgain("the provider does not answer")
        self.sent.append(message)
        return Handed()


class Player:
    """Plays one journey on one application over an empty database."""

    def __init__(
        self, app: Flask, clock: HandClock, journey: Journey, *, say: Say, verbose: bool = False
    ) -> None:
        self._app, self._clock, self._journey = app, clock, journey
        self._say, self._verbose = say, verbose
        self._provider = Provider()
        channels = {"push": self._provider, "email": KeptChannel()}
        self._passing = Passing(app, clock, channels, new_id())
        self._scheduler_runs = True
        self._people = People(app, clock, settle(app, journey, now=clock.now()))
        self._variables = {
            name: str(person.patient_id)
            for name in journey.people
            if (person := self._people[name]).patient_id is not None
        }
        self._hero: Hero | None = None
        self._pushes = 0

    def play(self) -> None:
        """Play every step, one line each.

        Raises:
            Unmet: an expectation was not met.
            BadJourney: a step cannot be played.
        """
        for step in self._journey.steps:
            self._let_time_pass(step)
            before = self._marks()
            answer, body = self._take(step) if step.caller else (_NO_ANSWER, None)
            self._check(step, answer, body, before)
            for name, member in step.save.items():
                self._variables[name] = str(answer.json[member])
            self._pushes = len(self._look.pushes_sent()) if self._hero else 0
            self._say(f"{step.number:3} {step.written_at} {step.label}{_status(answer)}")
            if self._verbose and answer.text:
                self._say(f"    {answer.text}")

    @property
    def _look(self) -> Looking:
        return Looking(self._app, self._known_hero)

    @property
    def _known_hero(self) -> Hero:
        if self._hero is None:
            raise BadJourney("no patient has registered yet")
        return self._hero

    def _let_time_pass(self, step: Step) -> None:
        """Run every round up to the step's moment.

        Where the story only lets time pass, there is one at its very moment too.
        """
        if self._scheduler_runs:
            self._passing.until(step.at)
            if step.caller is None and step.turn is None:
                self._passing.run(step.at)
        else:
            self._passing.pause_until(step.at)
        self._clock.moment = step.at
        if step.turn is not None:
            what, _, how = step.turn.partition(" ")
            if what == "provider":
                self._provider.is_down = how == "down"
            else:
                self._scheduler_runs = how == "up"

    def _marks(self) -> Marks:
        if self._hero is None:
            return Marks()
        return Marks(
            pushes=self._pushes,
            reasons=frozenset(one.id for one in self._look.reasons()),
            requests=frozenset(one.id for one in self._look.requests()),
        )

    def _take(self, step: Step) -> tuple[Answer, Any]:
        assert step.caller is not None  # noqa: S101 - the caller has looked
        path = filled_in(self._resolved(step), self._variables, step)
        body = filled_in(step.body, self._variables, step)
        answer = self._people.call(step.caller, step.method, path, body)
        if step.path == "/auth/register" and answer.status in _FINE:
            person = self._people.come_in(step.caller, body, answer.json)
            if person.patient_id is not None:
                self._variables[step.caller] = str(person.patient_id)
                self._hero = self._hero or Hero(
                    step.caller, person.patient_id, UUID(answer.json["account"]["id"])
                )
        return answer, body

    def _resolved(self, step: Step) -> str:
        """Put an id where a path says ``last`` or ``first``."""
        path = step.path
        if _LAST_ALERT.search(path):
            path = path.replace("/last/", f"/{self._last_alert(step)}/")
        found = _FIRST_OCCURRENCE.search(path)
        if found:
            path = path.replace("/first/", f"/{self._first_occurrence(step, found[1])}/")
        return path

    def _last_alert(self, step: Step) -> str:
        """Return the alert of the hero raised last, in the caller's own queue if there is one."""
        assert step.caller is not None  # noqa: S101 - only calls have a path
        queues = QUEUES.get(self._people[step.caller].role, ())
        alerts = self._items(step, f"/alerts?patient={self._known_hero.patient_id}&limit=200")
        if not alerts:
            raise BadJourney(f"step {step.number}: {step.caller} has no alert to answer")
        newest = max(alerts, key=lambda one: (one["queue"] == queues[0], one["raised_at"]))
        return str(newest["id"])

    def _first_occurrence(self, step: Step, path: str) -> str:
        now = self._clock.now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        due = self._items(step, f"{path}?to={now}&limit=1")
        if not due:
            raise BadJourney(f"step {step.number}: no reminder of {step.caller} has been due")
        return str(due[0]["id"])

    def _items(self, step: Step, path: str) -> list[Any]:
        assert step.caller is not None  # noqa: S101 - only calls have a path
        answer = self._people.call(step.caller, "GET", path)
        if answer.status not in _FINE:
            raise BadJourney(f"step {step.number}: GET {path}: {answer.status} {answer.text}")
        return list(answer.json["items"])

    def _check(self, step: Step, answer: Answer, body: Any, before: Marks) -> None:
        expect = dict(step.expect)
        if step.caller:
            # What nobody says anything about has to succeed.
            expect.setdefault("status", list(_FINE))
        seen = self._seen(answer, body, before)
        unmet = []
        for word, wanted in expect.items():
            met, got = EXPECTATIONS[word].check(wanted, seen)
            if not met:
                unmet.append(f"  expected {word}: {wanted}\n  got: {got}")
        if unmet:
            where = f"Step {step.number}, {step.written_at}, {step.label}"
            raise Unmet("\n".join([where, *([f"  ({step.note})"] if step.note else []), *unmet]))

    def _seen(self, answer: Answer, body: Any, before: Marks) -> Seen:
        return Seen(
            answer=answer, body=body, before=before, about=self._hero, app=self._app,
            ask=lambda name, path: self._people.call(name, "GET", path),
        )  # fmt: skip


def _status(answer: Answer) -> str:
    return f" → {answer.status}" if answer.status else ""
