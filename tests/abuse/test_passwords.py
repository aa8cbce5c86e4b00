"""Nobody sets or sees another's password: neither by the API nor by a form of the dashboard."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from service import dashboard
from service.accounts.models import Account
from service.dashboard.routing import GET
from service.db import transaction
from service.notify.models import OutboxMessage
from tests.conftest import API
from tests.dashboard.conftest import OURS, Browser, browse

__all__ = ["browse"]

# Where a password is given: with it one proves oneself, or one chooses one's own, signed in or
# with a code that only its owner was given.
ONES_OWN = {
    "/auth/register", "/auth/login", "/auth/password/reset", "/auth/password/change",
    "/auth/step-up",
}  # fmt: skip
FORMS = {"/join", "/sign-in", "/step-up", "/account", "/password-reset"}
A_PASSWORD = re.compile(r"pass(word|phrase|code)|(^|_)(pwd|hash)", re.IGNORECASE)
GUESS = "herons stand on one leg"


@pytest.fixture
def contract(client: Any, world: Any) -> Any:
    return client.get(f"{API}/openapi.json").json


def names_below(contract: Any, part: Any, seen: frozenset[str] = frozenset()) -> Iterator[str]:
    """Yield every name of a property or parameter that a part of the contract leads to."""
    if isinstance(part, list):
        for one in part:
            yield from names_below(contract, one, seen)
    elif isinstance(part, dict):
        ref = part.get("$ref")
        if isinstance(ref, str) and ref not in seen:
            found = contract["components"]
            for step in ref.split("/")[2:]:
                found = found[step]
            yield from names_below(contract, found, seen | {ref})
        yield from part.get("properties", {})
        if "in" in part:
            yield part["name"]
        for one in part.values():
            yield from names_below(contract, one, seen)


def test_s25_no_route_takes_or_gives_a_password_but_ones_own(contract):
    asked, given, looked_at = set(), set(), 0
    for path, operations in contract["paths"].items():
        for operation in operations.values():
            if not isinstance(operation, dict) or "responses" not in operation:
                continue
            looked_at += 1
            taken = [operation.get("requestBody", {}), operation.get("parameters", [])]
            if any(A_PASSWORD.search(name) for name in names_below(contract, taken)):
                asked.add(path.removeprefix(API))
            if any(A_PASSWORD.search(n) for n in names_below(contract, operation["responses"])):
                given.add(path)
    assert looked_at > 150
    assert asked == ONES_OWN
    assert given == set()


def test_s25_no_form_of_the_dashboard_asks_for_a_password_but_ones_own(app, world, browse):
    with_one = {
        path.stem.replace("_", "-")
        for path in Path(dashboard.__path__[0]).rglob("*.html")
        if re.search(r"<input[^>]*(type=\"password\"|name=\"pass)", path.read_text())
    }
    assert {f"/{name}" for name in with_one} == FORMS

    ada: Browser = browse("ada")
    nora = world["nora"].account_id
    for route in (route for module in dashboard.PAGES for route in module.ROUTES):
        if route.method == GET and route.rule.startswith(("/staff", "/roster", "/clinic")):
            page = ada.get(route.rule.replace("<uuid:staff_id>", str(nora)))
            assert page.status_code == 200, route.rule
            assert not A_PASSWORD.search(" ".join(_fields(page.get_data(as_text=True))))


def test_s25_an_administrator_who_sends_one_all_the_same_changes_nothing(app, call, world, browse):
    nora = world["nora"].account_id

    def kept():
        with app.app_context(), transaction() as session:
            return session.get_one(Account, nora).password_hash

    before = kept()
    refused = [
        call("ada", f"PATCH /staff/{nora}", {"password": GUESS}),
        call("ada", f"PATCH /staff/{nora}", {"password_hash": GUESS}),
        call("ada", f"POST /staff/{nora}/second-factor/reset?password={GUESS}"),
    ]
    form = {"display_name": "Nora", "role": "nurse", "password": GUESS, "password_hash": GUESS}
    browse("ada").post(f"/staff/{nora}", form, headers=OURS)

    assert [answer.status_code for answer in refused[:2]] == [422, 422]
    assert kept() == before


def test_s25_a_forgotten_password_is_the_owners_alone_to_set(app, call, world):
    asked = call("ada", "POST /auth/password/forgot", {"email": "nora@example.org"})

    assert (asked.status_code, asked.json) == (202, {})
    with app.app_context(), transaction() as session:
        mail = session.scalars(sa.select(OutboxMessage)).one()
    assert (mail.recipient_id, mail.channel) == (world["nora"].account_id, "email")
    # Not even who may look at what was not sent reads the code.
    assert "body" not in str(call("ada", "GET /outbox").json)


def _fields(page: str) -> list[str]:
    return re.findall(r"<(?:input|textarea|select)[^>]*\bname=\"([^\"]+)\"", page)
