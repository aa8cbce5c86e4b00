"""SQL through every text the contract takes: it stays text, whatever it says."""

from itertools import cycle, product
from typing import Any

import orjson
import pytest
import sqlalchemy as sa

from service.db import db
from tests.abuse.contract import body_places, query_names
from tests.test_bad_input import BODIES, QUERIES, ids, routes, send, with_value

__all__ = ["ids", "send"]

# Stands in all of them, so that it can be looked for in statements.
MARK = "zq9"
_OPENERS = (
    "", "'", '"', "`", "\\'", "')", '")', "'))", "%27", "\u02bc", "\uff07", "1", "$$", "/*", "';",
)  # fmt: skip
_TAILS = (
    " OR 1=1 -- zq9", " OR 'zq9'='zq9", " OR zq9 LIKE '%", "; DROP TABLE zq9; --",
    "; DELETE FROM patients WHERE 'zq9'='zq9' --", " UNION SELECT zq9 FROM accounts --",
    " UNION ALL SELECT NULL, NULL, 'zq9' --", " AND pg_sleep(9) IS NULL -- zq9",
    "||pg_sleep(9)||'zq9", "; COPY patients TO PROGRAM 'zq9' --", "; ATTACH 'zq9' AS zq9; --",
    " AND randomblob(900000000) --zq9", " AND (SELECT zq9 FROM sqlite_master) --",
    "{zq9}%(zq9)s:zq9?%s$1",
)  # fmt: skip
PAYLOADS = [opener + tail for opener, tail in product(_OPENERS, _TAILS)]
_EACH = 2


@pytest.fixture
def statements(app):
    """Every statement that is run, as the database gets it, without its parameters."""
    heard: list[str] = []

    def hear(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        heard.append(statement)

    with app.app_context():
        sa.event.listen(db.engine, "before_cursor_execute", hear)
        yield heard
        sa.event.remove(db.engine, "before_cursor_execute", hear)


def test_s36_sql_in_any_text_is_text(app, send, ids, statements):
    contract = app.extensions["contract"].to_dict()
    payloads, tried, kept = cycle(PAYLOADS), 0, 0
    for route in routes(app):
        for place, said in body_places(contract, route.name):
            for payload in (next(payloads) for _ in range(_EACH if is_text(said) else 0)):
                body = with_value(BODIES[route.name], place, orjson.dumps(payload))
                answer = send(route, body)
                assert answer.status_code < 500, (route.name, place, payload)
                tried, kept = tried + 1, kept + (payload in texts_of(answer))
        for name, said in query_names(contract, route.name):
            for payload in (next(payloads) for _ in range(_EACH if is_text(said) else 0)):
                query = {**QUERIES.get(route.name, {}), name: payload}
                assert send(route, query_string=query).status_code < 500, (route.name, name)
                tried += 1
        for name in sorted(route.rule.arguments & {"slug", "code", "rule_id", "nct_id", "token"}):
            answer = send(route, ids={**ids, name: next(payloads)})
            assert answer.status_code < 500, (route.name, name)
            tried += 1
    assert tried > len(PAYLOADS)
    # Where it is let in as text it comes back as it was.
    assert kept > 20
    assert statements
    assert [one for one in statements if MARK in one] == []


def is_text(said: dict[str, Any]) -> bool:
    """Tell whether any text at all is right there."""
    return "string" in str(said.get("type")) and not {"enum", "format"} & said.keys()


def texts_of(answer: Any) -> set[str]:
    """Return every text an answer in JSON holds."""
    found, waiting = set(), [answer.json if answer.is_json else None]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            found.add(one)
        elif isinstance(one, dict | list):
            waiting.extend(one.values() if isinstance(one, dict) else one)
    return found
