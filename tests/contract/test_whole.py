"""The contract says all a stranger needs, and has every route the design promises."""

import re

import jsonschema_rs
import pytest

from service.accounts.models import Role
from service.errors import DomainError
from tests.conftest import API
from tests.contract.conftest import HERE
from tests.test_openapi import operations, resolved

ROOT = HERE.parents[1]
# In a body or an answer of these nothing stands that an example would make clearer.
LEAST_EXAMPLES = 175
# Short lists, answered whole: their ``next_cursor`` is always null.
IN_ONE_PAGE = {
    "GET /auth/passkeys",
    "GET /catalog/pathway",
    "GET /catalog/questionnaires",
    "GET /catalog/red-flags",
    "GET /catalog/symptoms",
    "GET /catalog/treatments",
    "GET /catalog/wellbeing-check",
    "GET /patients/{pid}/consents",
    "GET /patients/{pid}/erasure",
    "GET /patients/{pid}/feed",
    "GET /support",
    "GET /views",
    "GET /webhooks",
}


@pytest.fixture
def schemas(document):
    return document["components"]["schemas"]


def designed():
    lines = (HERE / "design_routes.txt").read_text().splitlines()
    for line in lines:
        if line and not line.startswith("#"):
            method, path, *mark = line.split(" ", 2)
            yield f"{method} {path}", mark[0].split(":")[0] if mark else None


def test_every_route_of_the_design_is_there_or_marked(document):
    there = {re.sub(r"\{\w+\}", "{}", name) for name in operations(document)}
    wrong = [name for name, mark in designed() if mark is None and name not in there]
    too_late = [name for name, mark in designed() if mark and name in there]
    assert (wrong, too_late) == ([], [])


def test_every_operation_has_a_name_an_app_can_call(document):
    names = [one["operationId"] for one in operations(document).values()]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z][a-z_]+", name) for name in names)


def test_every_schema_and_every_parameter_is_described(document, schemas):
    assert [name for name, one in schemas.items() if len(one.get("description", "")) < 10] == []
    bare = []
    for path, item in document["paths"].items():
        for one in item.get("parameters", ()):
            if len(one.get("description", "")) < 10:
                bare.append((path, one["name"]))
        for method, operation in item.items():
            for one in operation.get("parameters", ()) if isinstance(operation, dict) else ():
                if len(one.get("description", "")) < 10:
                    bare.append((method, path, one["name"]))
    assert bare == []


def test_every_list_in_pages_takes_limit_and_cursor(document):
    wrong = set()
    for name, operation in operations(document).items():
        good = operation["responses"].get("200", {})
        schema = resolved(document, good).get("content", {}).get("application/json", {})
        fields = resolved(document, schema.get("schema", {})).get("properties", {})
        if "next_cursor" in fields:
            taken = {one["name"] for one in operation.get("parameters", ())}
            wrong |= set() if {"limit", "cursor"} <= taken else {name}
    assert wrong == IN_ONE_PAGE


def test_every_operation_says_how_it_refuses(document):
    for name, operation in operations(document).items():
        told = set(operation["responses"])
        signed_in = operation.get("security") != []
        assert told >= ({"401", "403", "429"} if signed_in else {"429"}), name
        assert "{" not in name or "404" in told, name


def test_every_kind_of_problem_is_named(schemas):
    def below(kind):
        return [one for child in kind.__subclasses__() for one in (child, *below(child))]

    kinds = {kind.slug: kind.title for kind in below(DomainError)}
    assert schemas["Problem"]["x-problem-types"] == kinds
    page = (ROOT / "docs" / "problems.md").read_text()
    assert [slug for slug in kinds if f"`{slug}`" not in page] == []


def test_every_body_has_an_example_and_every_example_fits(document, schemas):
    sent = {
        operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
        for operation in operations(document).values()
        if "requestBody" in operation
    }
    without = [ref for ref in sent if "examples" not in schemas[ref.rpartition("/")[2]]]
    assert without == []
    wrong = []
    for name, schema in schemas.items():
        checked = {**schema, "components": document["components"]}
        validator = jsonschema_rs.Draft202012Validator(checked)
        wrong += [
            (name, str(e)) for one in schema.get("examples", ()) for e in validator.iter_errors(one)
        ]
    assert wrong == []
    assert sum("examples" in one for one in schemas.values()) >= LEAST_EXAMPLES


def test_what_is_one_of_a_few_words_says_which(schemas):
    said = schemas["GuidanceOut"]["properties"]["level"]
    assert said["enum"] == ["none", "self_care", "call_today", "call_now", "emergency", "crisis"]
    roles = schemas["StaffIn"]["properties"]["role"]["enum"]
    assert set(roles) == {role.value for role in Role} - {"patient", "caregiver"}


def test_the_patterns_are_those_of_the_web_too(document):
    """JSON Schema's patterns are JavaScript's: no end of a text as Python has it."""
    assert r"\\Z" not in str(document)


def test_every_address_the_app_developers_page_names_is_there(document):
    page = (ROOT / "docs" / "app-developers.md").read_text()
    named = re.findall(r"`((?:GET|POST|PUT|PATCH|DELETE) (?:/|…)[^\s`?]*)", page)
    assert len(named) > 40
    missing = [
        name
        for name in named
        if not any(_is_in(name, route) for route in operations(document))
        and name != f"GET {API}/openapi.json"
    ]
    assert missing == []


def _is_in(name, route):
    """Tell whether a page's address (``…/x`` for what ends so) is that of a route."""
    (method, path), (there, whole) = name.split(" "), route.split(" ")
    if path.startswith("…"):
        asked, given = path.split("/")[1:], whole.split("/")[1 - len(path.split("/")) :]
    else:
        asked, given = path.split("/"), whole.split("/")
    return (
        method == there
        and len(asked) == len(given)
        and all(one == other or "{" in other for one, other in zip(asked, given, strict=True))
    )
