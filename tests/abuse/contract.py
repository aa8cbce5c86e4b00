"""What the contract says of a route: where it takes what."""

from collections.abc import Iterator
from typing import Any

from tests.conftest import API
from tests.test_bad_input import BODIES, places

Place = tuple[Any, ...]


def body_places(contract: dict[str, Any], name: str) -> Iterator[tuple[Place, dict[str, Any]]]:
    """Yield the way to every value in a route's example, and what the contract says of it."""
    operation = operation_of(contract, name)
    if "requestBody" not in operation:
        return
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    for place in places(BODIES[name]):
        yield place, _at(contract, schema, place)


def query_names(contract: dict[str, Any], name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the names of a route's query, and what the contract says of each."""
    for one in operation_of(contract, name).get("parameters", []):
        if one["in"] == "query":
            yield one["name"], one["schema"]


def operation_of(contract: dict[str, Any], name: str) -> dict[str, Any]:
    """Return what the contract says of a route, ``"POST /patients/{pid}/notes"``."""
    method, path = name.split(" ", 1)
    operation: dict[str, Any] = contract["paths"][API + path][method.lower()]
    return operation


def _at(contract: dict[str, Any], schema: dict[str, Any], place: Place) -> dict[str, Any]:
    for step in (*place, None):
        while "$ref" in schema:
            schema = contract["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        if step is None:
            break
        below = schema.get("properties", {})
        schema = schema.get("items", {}) if isinstance(step, int) else below.get(step, {})
    return schema
