"""Sends what Schemathesis makes of the contract, as everybody, and says what is wrong."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import schemathesis
import sqlalchemy as sa
from flask import Flask
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import FailureGroup
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
)

from service.accounts.access import TABLE
from service.accounts.emergency_models import BreakGlass
from service.accounts.session_models import DeviceSession
from service.db import transaction
from tests.abuse.conftest import HERS, HERS_ALONE, HIS
from tests.conftest import API, STAFF_OF_HARBOR, World
from tests.test_bad_input import Route, routes

# Who may never read what is marked so: neither clinic of the other, no patient of another's.
STRANGERS: dict[str, set[str | None]] = {
    HERS: {"ben", "olga", "dana", None},
    HIS: {*STAFF_OF_HARBOR, "ana", "hugo", "dana", None},
    HERS_ALONE: {*STAFF_OF_HARBOR, "ben", "olga", "hugo", "dana", None},
}
# Whoever knows the address reads it: that is how calendar apps are let in.
BY_SECRET = {"GET /calendar/{token}.ics"}
# What takes away what others ask for comes last.
ORDER = ("GET", "POST", "PUT", "PATCH", "DELETE")


class Fuzzer:
    """Asks every operation of the contract a few times, each time as somebody else.

    Every second time the caller is one whom the access table lets in, else whoever is next; so
    every role meets what it may do and what it may not.
    """

    def __init__(self, app: Flask, world: World, ids: dict[str, str], *, examples: int) -> None:
        """Get ready to ask.

        Args:
            app: whom to ask.
            world: as whom.
            ids: what to name in paths: one of everything of Ana's.
            examples: how many requests that fit the contract each operation gets, and as many
                that do not; 1 for one request, by turns of either kind.
        """
        self.answers: Counter[tuple[str | None, int]] = Counter()
        self.complaints: list[str] = []
        self._app, self._world, self._ids, self._examples = app, world, ids, examples
        self._turn = 0

    def run(self) -> None:
        """Ask everything."""
        config = SchemathesisConfig()
        config.projects.default.generation.update(with_security_parameters=False)
        contract = schemathesis.openapi.from_wsgi(f"{API}/openapi.json", self._app, config=config)
        walked = {route.name: route for route in routes(self._app)}
        operations = [one.ok() for one in contract.get_all_operations()]
        operations.sort(key=lambda one: ORDER.index(one.method.upper()))
        for number, operation in enumerate(operations):
            route = walked[f"{operation.method.upper()} {operation.path.removeprefix(API)}"]
            self._begin_anew()
            modes = modes_of(operation)
            for mode in modes if self._examples > 1 else [modes[number % len(modes)]]:
                self._ask(operation, route, mode, number)

    def _ask(self, operation: Any, route: Route, mode: GenerationMode, number: int) -> None:
        @seed(number)
        @settings(
            max_examples=self._examples, database=None, deadline=None, phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(case=operation.as_strategy(generation_mode=mode))
        def ask(case: Any) -> None:
            who = self._next_caller(route)
            self._complain(case, route, who, self._call(case, route, who))

        ask()

    def _begin_anew(self) -> None:
        # One of the operations signs its caller out, and others take a session away.  Who has
        # opened a record in an emergency would rightly read it.
        with self._app.app_context(), transaction() as session:
            session.execute(sa.update(DeviceSession).values(revoked_at=None))
            session.execute(sa.update(BreakGlass).values(ends_at=BreakGlass.opened_at))

    def _next_caller(self, route: Route) -> str | None:
        self._turn += 1
        if route.who is None:
            return None
        topic, do = self._app.view_functions[route.rule.endpoint].allowed
        everybody = sorted(self._world.people)
        let_in = [name for name in everybody if do in TABLE[topic][self._world[name].role]]
        among = let_in if self._turn % 2 and let_in else [*everybody, None]
        return among[self._turn // 2 % len(among)]

    def _call(self, case: Any, route: Route, who: str | None) -> Any:
        broken = case.meta.components.get(ParameterLocation.PATH)
        if broken is None or not broken.mode.is_negative:
            case.path_parameters = {
                name: self._pid(who) if name == "pid" else self._ids.get(name, value)
                for name, value in case.path_parameters.items()
            }
        headers = self._world[who].headers if who else {}
        # Called without a network, nobody unpacks what is answered.
        return case.call(headers={**headers, "Accept-Encoding": "identity"})

    def _pid(self, who: str | None) -> str:
        own = self._world[who].patient_id if who else None
        return str(own or self._world["ana"].patient_id)

    def _complain(self, case: Any, route: Route, who: str | None, answer: Any) -> None:
        self.answers[who, answer.status_code] += 1
        wrong = list(self._wrong(case, route, who, answer))
        if wrong:
            self.complaints.append(
                f"{route.name} as {who}: {answer.status_code} {wrong}\n"
                f"    {case.as_curl_command()}\n    {answer.content[:300]!r}"
            )

    def _wrong(self, case: Any, route: Route, who: str | None, answer: Any) -> Iterator[str]:
        status = answer.status_code
        try:
            case.validate_response(answer, checks=CHECKS)
        except FailureGroup as group:
            yield from (str(one) for one in group.exceptions)
        if status < 400 and str(status) not in case.operation.responses.status_codes:
            yield "a status that the contract does not name"
        if who is None and route.who is not None and status not in {401, 404}:
            yield "let in without a token"
        for mark, strangers in STRANGERS.items() if route.name not in BY_SECRET else ():
            if who in strangers and mark.encode() in answer.content:
                yield f"says what is not theirs: {mark}"


def modes_of(operation: Any) -> list[GenerationMode]:
    """Return what to send: what fits the contract, and what does not where something can."""
    if operation.body or operation.query:
        return [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]
    return [GenerationMode.POSITIVE]


CHECKS: list[Callable[..., Any]] = [
    not_a_server_error,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
