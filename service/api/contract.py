"""What the contract says beside routes and schemas: words, problems and examples for strangers.

``/api/v1/openapi.json`` is written from the routes themselves; this adds what they have in common.
``tests/contract`` keeps it whole: linted, held against the design and the document before.
"""

import inspect
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import orjson
from apispec import BasePlugin

from service.errors import DomainError

ABOUT = """\
Waymark answers people living with advanced breast cancer, and serves those who care for them.

**Signing in.** `POST /auth/register` or `/auth/login` answers an access token (10 minutes) and a
refresh token; send `Authorization: Bearer <access token>`.  `me` in a path is the patient who is
signed in.

**Retries.** Ids of what she logs are chosen by the app (UUID, version 7 preferred): the same
request again answers 200 and the stored record.  Any other `POST` takes an `Idempotency-Key`.
`PATCH`, `PUT` and `DELETE` take `If-Match: "<version>"`; every `GET` in JSON answers an `ETag`.

**Lists** take `limit` (50, at most 200) and `cursor`, and answer `items` and `next_cursor`: give it
back as `cursor` for the next page; null is the end.  Newest first unless said otherwise.

**Words.** Where values are listed, more may come: show what you do not know as something general.
Moments are RFC 3339, with an offset in and in UTC out; days are `YYYY-MM-DD`, her own.

**Errors** are problem documents (RFC 9457); the kinds stand in the schema `Problem`.
"""

OPTIONS: Mapping[str, Any] = {
    "info": {
        "description": ABOUT,
        "license": {"name": "All rights reserved", "identifier": "LicenseRef-Waymark"},
    },
    "servers": [{"url": "/", "description": "The site that serves this document"}],
}

# What a place in a path names, where its name does not say it.
PATHS: Mapping[str, str] = {
    "pid": "A patient's id, or `me` for the patient who is signed in.",
    "act": "What is done: one of those the summary names.",
    "slug": "The name the article or card has in links.",
    "code": "The code of a questionnaire, as `phq-9`.",
    "purpose": "What the consent is to, as `care_team`.",
    "token": "The token of a calendar link: whoever has it reads.",
    "unsubscribe_token": "The token from the foot of a mail.",
    "nct_id": "The study's number in the registry, as `NCT01234567`.",
    "rule_id": "The rule's name, as `EM-FEVER`.",
    "glass_id": "The id of one emergency access.",
    "receipt_id": "The id given when erasure was asked for.",
}
_QUERIES: Mapping[str, str] = {
    "limit": "How many at most: 50 unless said, 1 to 200.",
    "cursor": "`next_cursor` of the page before; left out for the first page.",
    "from": "The first day or moment of the stretch; days are hers.",
    "to": "The last day or moment of the stretch; it belongs to it.",
    "since": "Only what has happened since this day or moment.",
    "q": "Words to look for.",
    "queue": "Only what waits in this queue of the team.",
    "patient": "Only what is about the patient of this id.",
    "state": "Only what is in this state.",
    "status": "Only what has this status.",
    "kind": "Only what is of this kind.",
    "kinds": "Only what is of these kinds, separated by commas.",
    "language": "Only what is in this language, as `es`.",
    "open": "`true` for those not answered yet alone.",
    "sort": "What the list is ordered by.",
    "filter": "Only rows like this.",
    "phase": "Only studies of this phase.",
    "measure": "What is drawn: a symptom, a measurement or a score.",
    "assignee": "Only what this member of staff has in hand.",
    "account": "Only what this account did.",
    "topic": "Only what is about this topic.",
    "wipe": "`true` also tells the device to delete everything it keeps.",
    "reminder_id": "Only occurrences of this reminder.",
}
_ELSEWHERE = "Narrows the list; left out, nothing is left out."
_SIGNED_IN = {"401": "UNAUTHORIZED", "403": "FORBIDDEN", "429": "TOO_MANY_REQUESTS"}
_WITH_PLACES = {"404": "NOT_FOUND"}
_PUBLIC = {"429": "TOO_MANY_REQUESTS"}

IF_MATCH: Mapping[str, Any] = {
    "in": "header",
    "name": "If-Match",
    "required": False,
    "description": "The version the caller has seen; 412 if there is a newer one.",
    "schema": {"type": "string"},
    "example": '"3"',
}

IDEMPOTENCY_KEY: Mapping[str, Any] = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": False,
    "description": "Random text of yours, a new one for each thing you want done.  Sent again with "
    "the same request after a lost answer, it is done once and answered the same, with "
    "`Idempotency-Replayed: true`.  Kept 30 days.  409 `key-reused` with another request.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
    "example": "0198c1f2-7c1e-7d3a-9d55-3f1f0a6b8c21",
}


class WordsForStrangers(BasePlugin):
    """Says of every operation and schema what they themselves do not."""

    def operation_helper(
        self, path: str | None = None, operations: Any = None, **_kwargs: Any
    ) -> None:
        """Add the answers of refusal, and describe what is asked in a query."""
        for operation in (operations or {}).values():
            refusals = _PUBLIC if operation.get("security") == [] else _SIGNED_IN
            if "{" in (path or ""):
                refusals = {**refusals, **_WITH_PLACES}
            for status, answer in refusals.items():
                operation["responses"].setdefault(status, answer)
            for one in operation.get("parameters", ()):
                if one.get("in") == "query":
                    one.setdefault("description", _QUERIES.get(one["name"], _ELSEWHERE))

    def schema_helper(
        self, name: str, definition: Any, schema: Any = None, **_kwargs: Any
    ) -> dict[str, Any]:
        """Say what a schema is, by its class's own words, and show one."""
        said: dict[str, Any] = {}
        for field in definition.get("properties", {}).values():
            # "Null unless said" says nothing, and some generators read it as "must be said".
            if field.get("default", "") is None:
                del field["default"]
        kind = schema if isinstance(schema, type) else type(schema)
        if schema is not None and kind.__doc__:
            said["description"] = inspect.cleandoc(kind.__doc__).replace("``", "`")
        if name == "Problem":
            said["x-problem-types"] = _problems()
        if name in examples():
            said["examples"] = [examples()[name]]
        return said


@cache
def examples() -> Mapping[str, Any]:
    """Return an example of each schema that has one, by name."""
    found: Mapping[str, Any] = orjson.loads((files("service.api") / "examples.json").read_bytes())
    return found


def path_parameters(rule: str) -> list[dict[str, Any]]:
    """Return what is to be said of the places in a route."""
    names = [place.rpartition(":")[2] for place in rule.replace("<", ">").split(">")[1::2]]
    return [
        {
            "in": "path", "name": name, "required": True,
            "description": PATHS.get(name, f"The id of the {name[:-3].replace('_', ' ')}."),
        }
        for name in names
    ]  # fmt: skip


def _problems() -> dict[str, str]:
    """Return every kind of problem there is: its slug and its title."""

    def below(kind: type[DomainError]) -> list[type[DomainError]]:
        return [one for child in kind.__subclasses__() for one in (child, *below(child))]

    return {kind.slug: kind.title for kind in sorted(below(DomainError), key=lambda k: k.slug)}
