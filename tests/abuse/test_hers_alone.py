"""What of a record is shown to nobody but her, and what is shown to nobody at all."""

import orjson

from service.accounts.access import TABLE, Do
from tests.abuse.conftest import HERS, HERS_ALONE
from tests.conftest import STAFF_OF_HARBOR
from tests.test_bad_input import QUERIES, ids, routes

__all__ = ["ids"]

# Names of columns that no answer has, whoever asks.
NEVER = {
    "password_hash", "password", "totp_secret", "pending_secret", "email_key", "content_hash",
    "sha256", "token_sha256", "address_key", "idempotency_key", "p256dh",
}  # fmt: skip


def test_s07_what_is_hers_alone_is_in_no_answer_to_anybody_else(app, client, world, ids, corners):
    read = {HERS: 0, HERS_ALONE: 0}
    for route in routes(app):
        if route.method != "GET" or route.who is None:
            continue
        topic, _do = app.view_functions[route.rule.endpoint].allowed
        for who in ("ana", "hugo", *STAFF_OF_HARBOR):
            if Do.READ not in TABLE[topic][world[who].role]:
                continue
            path = route.path(ids | {"pid": str(world["ana"].patient_id)})
            query = {"limit": "200"} | QUERIES.get(route.name, {})
            answer = client.get(path, query_string=query, headers=world[who].headers)
            for mark in read:
                read[mark] += mark.encode() in answer.data
            assert who == "ana" or HERS_ALONE.encode() not in answer.data, (route.name, who)
            if answer.is_json:
                # What she agrees to is said with the hash of its words, which everybody may read.
                known = {"sha256"} if "{pid}/consents" in route.name else set()
                assert not names_in(answer.data) & NEVER - known, (route.name, who)
    # Hers it is: she reads it herself, and others read what she shares.
    assert read[HERS_ALONE] > 0
    assert read[HERS] > 20


def names_in(body: bytes) -> set[str]:
    """Return every name of an object in a body."""
    found: set[str] = set()
    waiting = [orjson.loads(body)]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            found |= one.keys()
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)
    return found
