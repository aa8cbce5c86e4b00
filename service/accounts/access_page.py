"""``docs/access.md``: who may do what, written out from the table that decides it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from service.accounts.access import COLUMNS, GRANT_OF, GRANT_TOPICS, QUEUES, TABLE, Do, Topic

_CELL: Mapping[frozenset[Do], str] = {
    frozenset(): "-",
    frozenset({Do.READ}): "read",
    frozenset({Do.WRITE}): "write",
    frozenset(Do): "read, write",
}
_INTRODUCTION = """\
# Who may do what

Written by `waymark access-page` from the one table that decides (`service/accounts/access.py`)
and from the routes as they are; a test fails when this page says anything else.

The patient's column is about her own record. The others' are about patients of their own clinic;
for everybody else's there is no patient at all: 404, as for an id that nobody has. Whoever is
related to a patient and may not do a thing is answered 403. Staff without a second factor may only
reach their own account.

`POST /patients/{pid}/break-glass` alone is about patients of other clinics: what it opens for an
hour is told in `docs/decisions/0044-emergency-access.md`.
"""


@dataclass(frozen=True, slots=True, order=True)
class RouteAccess:
    """One method of one route; ``allowed`` is ``None`` where anybody may call."""

    path: str
    method: str
    allowed: tuple[Topic, Do] | None


def render(routes: Iterable[RouteAccess]) -> str:
    """Return the page, in Markdown."""
    parts = (
        _INTRODUCTION,
        "## By role\n",
        _table(
            ["", *(role.value.replace("_", " ") for role in COLUMNS)],
            [
                [topic.value, *(_CELL[row[role]] for role in COLUMNS)]
                for topic, row in TABLE.items()
            ],
        ),
        "## Family\n",
        f"A patient gives access by topic: {', '.join(f'`{topic}`' for topic in GRANT_TOPICS)};\n"
        "until a day, or until she takes it back. What the caregiver's column allows and this\n"
        "list names needs that topic; what it allows and the list does not name is open to all\n"
        "her family.\n",
        _table(["about", "needs"], [[topic.value, need] for topic, need in GRANT_OF.items()]),
        "## Queues\n",
        "Whose alerts and requests a role works on, its own first.\n",
        _table(
            ["role", "queues"],
            [[role.value, ", ".join(queues)] for role, queues in QUEUES.items()],
        ),
        "## Routes\n",
        _table(
            ["route", "about", "does"],
            [[f"`{route.method} {route.path}`", *_words(route)] for route in sorted(routes)],
        ),
    )
    return "\n".join(parts)


def _words(route: RouteAccess) -> tuple[str, str]:
    if route.allowed is None:
        return "anybody", "-"
    topic, do = route.allowed
    return topic.value, do.value


def _table(heading: list[str], rows: list[list[str]]) -> str:
    lines = [heading, ["---"] * len(heading), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)
