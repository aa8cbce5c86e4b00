"""Sends what Schemathesis makes of the contract, as everybody, and says what is wrong."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
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
from tests.conftest import API, World
from tests.test_bad_input import MARK, Route, routes

# Stands in every text of the other clinic's patient, as MARK stands in every one of Ana's.
CANARY = "Okapi-Narwhal"
HILLTOP = ("ben", "olga")
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
# What takes away what others ask for comes last.
ORDER = ("GET", "POST", "PUT", "PATCH", "DELETE")


class Fuzzer:
    """Asks every operation of the contract a few times, each time as somebody else.

    Every second time the caller is one whom the access table lets in, else whoever is next; so
    every role meets what it may do and what it may not.
    """

    def __init__(self, app: Flask, world: World, ids: dict[str, str], *, examples: int) -> None:
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
            for mode in MODES:
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

        try:
            ask()
        except Unsatisfiable:
            # Any text at all is right there, so there is nothing wrong to send.
            assert mode is GenerationMode.NEGATIVE, route.name

    def _next_caller(self, route: Route) -> str | None:
        self._turn += 1
        allowed = self._app.view_functions[route.rule.endpoint].allowed
        everybody = sorted(self._world.people)
        if allowed is None:
            return None
        topic, do = allowed
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
        return case.call(headers=headers)

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
        if who is None and self._app.view_functions[route.rule.endpoint].allowed is not None:
            if status not in {401, 404, 405}:
                yield "let in without a token"
        theirs = MARK if who in HILLTOP else CANARY
        if theirs.encode() in answer.content:
            yield "says what is another clinic's"


CHECKS: list[Callable[..., Any]] = [
    not_a_server_error,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
