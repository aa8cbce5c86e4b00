"""Every route about a patient, as every role, about every kind of patient.

What is expected is worked out from the one table (``accounts/access.py``) and the topic and
action each view declares, so a route added later is walked too, and by the same rule:

    the role never may             403   the answer does not depend on the patient
    the patient is none of hers    404   as for an id that nobody has
    family without the topic       403
    otherwise                      let in: neither 401 nor 403, and what is found depends on it

One route is for those who are not related at all: opening a record in an emergency (S-80).  It
finds its patient itself, and what it then lets through is tested in ``tests/emergency``.

Bodies are ``{}``: access is decided before a body is read, so a route that lets somebody in may
still say 422.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.routing import Rule

from service.accounts.access import COLUMNS, GRANT_OF, TABLE, Do, Topic
from service.accounts.models import STAFF, Account, Grant, Role
from service.db import transaction
from tests.conftest import API, STAFF_OF_HARBOR, World, _add

HUGOS_TOPICS = ("treatments", "calendar")
# One of each role, all of Harbor; Dana is its other patient.
CALLERS = ("ana", "dana", "hugo", *STAFF_OF_HARBOR)
_PLACE = re.compile(r"<(?:(?P<kind>\w+)(?:\((?P<choices>[^)]*)\))?:)?(?P<name>\w+)>")
SAFE_FIRST = {"GET": 0, "POST": 1, "PUT": 2, "PATCH": 3, "DELETE": 4}


@dataclass(frozen=True)
class Route:
    """One method of one route that is about a patient or needs a sign-in."""

    rule: Rule
    method: str
    topic: Topic
    do: Do

    def path(self, pid: str) -> str:
        """Return the path for a patient; every other id in it is nobody's."""
        return _PLACE.sub(
            lambda found: pid if found["name"] == "pid" else _anything(found), self.rule.rule
        )

    @property
    def is_about_a_patient(self) -> bool:
        return "pid" in self.rule.arguments

    @property
    def names_something_else(self) -> bool:
        return bool(self.rule.arguments - {"pid"})

    def __str__(self) -> str:
        return f"{self.method} {self.rule.rule}"


@pytest.fixture
def crowd(app: Flask, world: World, clock: Any) -> World:
    """The world, with Dana as a second patient of Harbor and Hugo let in by Ana."""
    with app.app_context(), transaction() as session:
        _add(app, session, clock, world, "dana", Role.PATIENT, world.clinic_id)
        session.add(
            Grant(
                patient_id=world["ana"].patient_id, account_id=world["hugo"].account_id,
                topics=list(HUGOS_TOPICS), granted_at=clock.now(),
            )
        )  # fmt: skip
    return world


@pytest.fixture
def knock(crowd: World, client: Any) -> Any:
    """Call a route as somebody, about a patient."""

    def knock(route: Route, who: str | None, pid: UUID | str) -> Any:
        headers = crowd[who].headers if who else {}
        kwargs: dict[str, Any] = {} if route.method == "GET" else {"json": {}}
        return client.open(route.path(str(pid)), method=route.method, headers=headers, **kwargs)

    return knock


@pytest.mark.parametrize("whose", ["ana", "dana", "ben"])
@pytest.mark.parametrize("who", CALLERS)
def test_every_route_lets_in_whom_the_table_lets_in(app, crowd, knock, who, whose):
    wrong = []
    for route in about_a_patient(app):
        answer = knock(route, who, crowd[whose].patient_id)
        expected = refusal(route, crowd, who, whose)
        if not is_as_expected(answer.status_code, expected, route):
            wrong.append(f"{route}: {answer.status_code} instead of {expected or 'being let in'}")
    assert wrong == []


@pytest.mark.parametrize("who", CALLERS)
def test_another_clinics_patient_is_answered_as_nobody_at_all(app, crowd, knock, who):
    for route in about_a_patient(app):
        bens = knock(route, who, crowd["ben"].patient_id)
        nobodys = knock(route, who, uuid4())
        assert bens.status_code == nobodys.status_code, str(route)
        assert _shown(bens) == _shown(nobodys), str(route)


def test_me_is_nobody_for_who_is_no_patient(app, crowd, knock):
    for route in about_a_patient(app):
        for who in ("nora", "hugo"):
            assert knock(route, who, "me").status_code in {403, 404}, str(route)


def test_me_is_her_own_record(app, crowd, knock):
    for route in about_a_patient(app):
        if Do.READ is route.do:
            assert knock(route, "ana", "me").status_code not in {401, 403}, str(route)


def test_nobody_is_let_in_without_a_token(app, crowd, knock):
    for route in signed_in(app):
        answer = knock(route, None, crowd["ana"].patient_id)
        assert answer.status_code == 401, str(route)
        assert answer.headers["WWW-Authenticate"] == "Bearer", str(route)


@pytest.mark.parametrize(
    "token",
    ["", "x", "Bearer", "a.b.c", "0-0.x", "eyJhbGciOiJub25lIn0.e30.", "\u00e9\u00e9\u00e9\u00e9"],
)
def test_a_forged_token_is_no_token(client, world, token):
    headers = {"Authorization": f"Bearer {token}"}

    assert client.get(f"{API}/me", headers=headers).status_code == 401


def test_a_token_with_one_character_changed_is_forged(client, world):
    token = world["ana"].headers["Authorization"]
    for place in range(len("Bearer "), len(token) - 1, 7):
        other = "A" if token[place] != "A" else "B"
        forged = token[:place] + other + token[place + 1 :]

        answer = client.get(f"{API}/me", headers={"Authorization": forged})

        assert answer.status_code == 401, place


@pytest.mark.parametrize("who", sorted(STAFF_OF_HARBOR))
def test_staff_without_a_second_factor_reach_no_patient(app, crowd, knock, who):
    with app.app_context(), transaction() as session:
        session.execute(
            sa.update(Account)
            .where(Account.id == crowd[who].account_id)
            .values(totp_confirmed_at=None)
        )
    for route in signed_in(app):
        answer = knock(route, who, crowd["ana"].patient_id)
        if route.topic is Topic.ACCOUNT:
            assert answer.status_code not in {401, 403}, str(route)
            continue
        assert answer.status_code == 403, str(route)
        assert answer.json["type"].endswith("/second-factor-needed"), str(route)


def test_who_has_left_is_let_in_nowhere(app, crowd, knock, clock):
    with app.app_context(), transaction() as session:
        session.get_one(Account, crowd["nora"].account_id).disabled_at = clock.now()

    for route in signed_in(app):
        assert knock(route, "nora", crowd["ana"].patient_id).status_code == 401, str(route)


@pytest.mark.parametrize("how", ["taken back", "its day is over"])
def test_what_family_was_given_ends(app, crowd, knock, clock, how):
    route = next(
        route
        for route in about_a_patient(app)
        if GRANT_OF.get(route.topic) in HUGOS_TOPICS
        and route.do is Do.READ
        and not route.names_something_else
    )
    hers = crowd["ana"].patient_id
    assert knock(route, "hugo", hers).status_code not in {403, 404}
    yesterday = clock.now().date() - timedelta(days=1)
    ended = {"revoked_at": clock.now()} if how == "taken back" else {"until": yesterday}
    with app.app_context(), transaction() as session:
        session.execute(sa.update(Grant).values(**ended))

    assert knock(route, "hugo", hers).status_code == 404


def test_the_table_has_every_topic_and_every_role():
    assert set(TABLE) == set(Topic)
    assert set(COLUMNS) == set(Role)
    assert all(set(row) == set(Role) for row in TABLE.values())


def test_one_route_alone_is_for_who_is_not_related(app):
    unrelated = [
        str(route)
        for route in about_a_patient(app)
        if (route.topic, route.do) == (Topic.BREAK_GLASS, Do.WRITE)
    ]
    assert unrelated == ["POST /api/v1/patients/<pid:pid>/break-glass"]


def test_there_are_routes_to_walk(app):
    assert len(list(about_a_patient(app))) >= 2
    assert {route.do for route in about_a_patient(app)} == set(Do)


def refusal(route: Route, crowd: World, who: str, whose: str) -> int | None:
    """Return the status the table asks for, ``None`` if it lets the caller in."""
    role = crowd[who].role
    if route.do not in TABLE[route.topic][role]:
        return 403
    if (route.topic, route.do) == (Topic.BREAK_GLASS, Do.WRITE):
        return None
    of_harbor = whose in {"ana", "dana"}
    if role in STAFF:
        return None if of_harbor else 404
    if role is Role.PATIENT:
        return None if who == whose else 404
    if whose != "ana":
        return 404
    needed = GRANT_OF.get(route.topic)
    return None if needed is None or needed in HUGOS_TOPICS else 403


def is_as_expected(status: int, expected: int | None, route: Route) -> bool:
    """Tell whether an answer is the refusal expected, or that of somebody let in."""
    if expected is not None:
        return status == expected
    may_be_missing = route.names_something_else or route.do is Do.WRITE
    return status < 500 and status not in {401, 403} and (may_be_missing or status != 404)


def signed_in(app: Flask) -> Iterator[Route]:
    """Return every route of the interface that needs a sign-in, reading ones first."""
    found = []
    for rule in app.url_map.iter_rules():
        allowed = getattr(app.view_functions[rule.endpoint], "allowed", None)
        if allowed is None or not rule.rule.startswith(API):
            continue
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            found.append(Route(rule, method, *allowed))
    # What is deleted or signed out first could not be asked for afterwards.
    found.sort(
        key=lambda route: (
            route.rule.rule.endswith("/logout"),
            SAFE_FIRST[route.method],
            route.rule.rule,
        )
    )
    yield from found


def about_a_patient(app: Flask) -> list[Route]:
    """Return every route with a patient in its path."""
    return [route for route in signed_in(app) if route.is_about_a_patient]


def _anything(place: re.Match[str]) -> str:
    if place["kind"] == "any":
        return place["choices"].split(",")[0].strip("'\" ")
    return "1" if place["kind"] in {"int", "float"} else str(uuid4())


def _shown(answer: Any) -> Any:
    if not answer.is_json and "problem" not in (answer.content_type or ""):
        return answer.content_type
    return {name: value for name, value in answer.json.items() if name != "instance"}
