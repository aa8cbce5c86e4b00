"""Somebody at home holds a family account, and perhaps her phone: what is private stays hers."""

from uuid import uuid4

import pytest
import sqlalchemy as sa

from service.accounts.models import Grant
from service.db import transaction
from service.exports.models import Export
from service.notify.models import OutboxMessage
from tests.family.conftest import ASKED, PRIVATE, WORDS
from tests.jobs.scheduler import Scheduler
from tests.test_bad_input import QUERIES, ids, routes

__all__ = ["ids"]

HERS = {WORDS["wellbeing"], WORDS["journal"], PRIVATE, ASKED}
SHARED = WORDS["treatments"]


@pytest.fixture
def hugo_sees_the_rest(app, world, clock):
    """Hugo may see her treatments, her symptoms and her calendar."""
    with app.app_context(), transaction() as session:
        session.add(
            Grant(
                patient_id=world["ana"].patient_id, account_id=world["hugo"].account_id,
                topics=["treatments", "symptoms", "calendar"], granted_at=clock.now(),
            )
        )  # fmt: skip


@pytest.fixture
def whole_story(call, ids, hugo_sees_the_rest, her_record, clock):
    """All that follows from what she wrote: alerts, an answer of the nurse's, a file of hers."""
    [alert, *_] = call("sol", "GET /alerts?queue=social_work").json["items"]
    reply = {"reply_to_patient": f"About your {WORDS['wellbeing']}"}
    assert call("sol", f"POST /alerts/{alert['id']}/acknowledge", reply).status_code == 200
    phone = {"platform": "fcm", "token": "x" * 40}
    answer = call("hugo", f"PUT /me/devices/{uuid4()}", phone)
    assert answer.status_code in {200, 201}, answer.json


def test_s82_nothing_she_keeps_from_family_is_in_any_answer_to_them(
    app, client, world, ids, whole_story
):
    read, refused = {"ana": set(), "hugo": set()}, 0
    for route in routes(app):
        if route.method != "GET" or route.who is None:
            continue
        path = route.path(ids | {"pid": str(world["ana"].patient_id)})
        query = {"limit": "200"} | QUERIES.get(route.name, {})
        for who, words in read.items():
            answer = client.get(path, query_string=query, headers=world[who].headers)
            found = {word for word in (*HERS, SHARED) if word.encode() in answer.data}
            assert who == "ana" or not found & HERS, route.name
            words |= found
            refused += who == "hugo" and answer.status_code in {403, 404}
    # She reads all of it herself, so it was there to be found.
    assert read == {"ana": HERS | {SHARED}, "hugo": {SHARED}}
    assert refused > 20


def test_s82_nothing_of_it_is_pushed_or_mailed_to_them_whatever_the_hour(
    app, world, clock, whole_story
):
    scheduler = Scheduler(app, clock)
    for _ in range(4):
        scheduler.tick()
        clock.pass_time(hours=12)

    sent = [*scheduler.phone.sent, *scheduler.mail.sent]
    said = [f"{one.title} {one.body}" for one in sent if not one.to_staff]
    assert said
    assert not [one for one in said if any(word in one for word in HERS)]
    hugos = [one for one in sent if one.recipient_id == world["hugo"].account_id]
    assert not [one for one in hugos if one.kind not in {"account", "reminder"}]
    with app.app_context(), transaction() as session:
        kept = session.scalars(sa.select(OutboxMessage)).all()
        assert not [one for one in kept if any(word in f"{one.title} {one.body}" for word in HERS)]


def test_s82_no_file_of_hers_is_made_for_them_or_fetched_by_them(app, call, world, whole_story):
    pid = world["ana"].patient_id
    before = _exports(app)

    assert call("hugo", f"POST /patients/{pid}/exports", {}).status_code == 403
    assert call("hugo", "POST /patients/me/exports", {}).status_code in {403, 404}
    for export in before:
        for path in ("", "/file"):
            answer = call("hugo", f"GET /patients/{pid}/exports/{export}{path}")
            assert answer.status_code in {403, 404}

    assert _exports(app) == before != []


def _exports(app):
    with app.app_context(), transaction() as session:
        return session.scalars(sa.select(Export.id)).all()
