"""``Idempotency-Key``, case by case (promise P-20)."""

import threading
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
import sqlalchemy as sa

from service.accounts.forgetting import forget_some
from service.accounts.kept_models import KeptAnswer
from service.accounts.models import RosterEntry
from service.alerts.models import AlertStep
from service.db import db, transaction
from tests.conftest import API

PAIN = {"answers": [], "red_flags": ["chest_pain"], "reported_at": "2026-03-02T16:00:00Z"}
CALLED = {"how": "phone", "reached": True, "note": "Zebra: she is at home"}


@pytest.fixture
def alert_id(call):
    assert (
        call("ana", "POST /patients/me/symptom-reports", {"id": str(uuid4()), **PAIN}).status_code
        == 201
    )
    [alert, *_] = call("nora", "GET /alerts").json["items"]
    return alert["id"]


@pytest.fixture
def note_call(call, alert_id):
    """Note an attempt to reach Ana, under a key."""

    def note_call(key, body=CALLED, *, who="nora", what="contact-attempts"):
        headers = {"Idempotency-Key": key}
        return call(who, f"POST /alerts/{alert_id}/{what}", body, headers=headers)

    return note_call


def count(app, model):
    with app.app_context(), transaction() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(model))


def test_a_repeat_is_answered_what_was_answered_and_done_once(app, note_call):
    first = note_call("one")
    steps = count(app, AlertStep)
    second = note_call("one")

    assert (second.status_code, second.data) == (first.status_code, first.data)
    assert second.content_type == first.content_type == "application/json"
    assert second.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert count(app, AlertStep) == steps


def test_another_key_is_another_thing_done(app, note_call):
    note_call("one")
    steps = count(app, AlertStep)
    assert note_call("two").status_code == 201
    assert count(app, AlertStep) == steps + 1


@pytest.mark.parametrize("other", [{"body": {**CALLED, "reached": False}}, {"what": "reopen"}])
def test_the_same_key_with_another_request_is_refused(note_call, other):
    note_call("one")
    refused = note_call("one", **({"body": {}} | other))

    assert refused.status_code == 409
    assert refused.json["type"].endswith("/key-reused")
    assert "Zebra" not in refused.text


def test_the_same_key_of_somebody_else_is_another_key(app, note_call):
    first = note_call("one")
    second = note_call("one", who="omar")

    assert second.status_code == 201
    assert "Idempotency-Replayed" not in second.headers
    assert len(second.json["contact_attempts"]) == len(first.json["contact_attempts"]) + 1


def test_what_was_refused_may_be_corrected_under_the_same_key(note_call):
    assert note_call("one", {**CALLED, "how": "by owl"}).status_code == 422
    assert note_call("one").status_code == 201


@pytest.mark.parametrize("key", ["", "x" * 256, "\u00e9"])
def test_a_key_that_is_none_is_refused(note_call, key):
    refused = note_call(key)
    assert refused.status_code == 422
    assert refused.json["type"].endswith("/key-unusable")


def test_who_may_no_longer_is_told_so_and_not_what_was_answered(app, call, world, note_call):
    note_call("one")
    with app.app_context(), transaction() as session:
        account = db.metadata.tables["accounts"]
        session.execute(
            sa.update(account)
            .where(account.c.id == world["nora"].account_id)
            .values(role="privacy_officer")
        )
    assert note_call("one").status_code == 403


def test_of_several_at_once_one_is_done_and_all_are_answered_it(app, world):
    body = {"duty": "nursing", "account_id": str(world["omar"].account_id)}
    before, together = count(app, RosterEntry), threading.Barrier(6)

    def put(_n):
        together.wait()
        headers = {**world["ada"].headers, "Idempotency-Key": "one"}
        return app.test_client().post(f"{API}/rosters", json=body, headers=headers)

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(put, range(6)))

    assert [one.status_code for one in answers] == [201] * 6, [one.json for one in answers]
    assert len({one.data for one in answers}) == 1
    assert sum("Idempotency-Replayed" in one.headers for one in answers) == 5
    assert count(app, RosterEntry) == before + 1


def test_what_is_kept_says_nothing_without_the_callers_key(app, note_call):
    note_call("one of nora's")
    with app.app_context(), db.engine.connect() as connection:
        [row] = connection.execute(sa.text("SELECT * FROM kept_answers")).all()
    assert "Zebra" not in repr(row)
    assert "one of nora's" not in repr(row)
    assert row.patient_id is not None


def test_an_answer_is_kept_thirty_days_and_then_forgotten(app, clock, note_call):
    first = note_call("one")
    clock.pass_time(days=29)
    with app.app_context(), transaction() as session:
        forget_some(session, now=clock.now(), limit=100)
    assert note_call("one").data == first.data
    clock.pass_time(days=2)
    with app.app_context(), transaction() as session:
        forget_some(session, now=clock.now(), limit=100)
    assert count(app, KeptAnswer) == 0


def test_two_who_change_a_roster_a_clinic_or_somebody_are_told_of_each_other(call, world):
    entry = call(
        "ada", "POST /rosters", {"duty": "nursing", "account_id": str(world["omar"].account_id)}
    ).json
    for path, body in (
        (f"/rosters/{entry['id']}", {"days": ["mon"]}),
        (f"/clinics/{world.clinic_id}", {"phones": {"crisis_line": "988"}}),
        (f"/staff/{world['nora'].account_id}", {"display_name": "Nora N."}),
    ):
        seen = {"headers": {"If-Match": '"1"'}}
        changed = call("ada", f"PATCH {path}", body, **seen)
        assert (changed.status_code, changed.json["version"]) == (200, 2), path
        late = call("ada", f"PATCH {path}", body, **seen)
        assert late.status_code == 412, path
        assert late.json["type"].endswith("/version-outdated")
    outdated = {"headers": {"If-Match": '"1"'}}
    assert call("ada", f"DELETE /rosters/{entry['id']}", **outdated).status_code == 412


def test_two_who_say_what_the_disease_is_are_told_of_each_other(call, world):
    path = f"/patients/{world['ana'].patient_id}/diagnosis"
    seen = call("nora", f"GET {path}").json
    assert seen["version"] == 0
    body = {
        "recurrence": "distant", "metastatic_sites": ["bone"], "er": "positive", "pr": "positive",
        "her2": "low", "mutations": [], "stage_iv_at_diagnosis": False,
        "initial_surgery": "unknown",
    }  # fmt: skip
    first = call("nora", f"PUT {path}", body, headers={"If-Match": '"0"'})
    assert first.status_code == 200, first.json
    late = call("omar", f"PUT {path}", {**body, "er": "negative"}, headers={"If-Match": '"0"'})
    assert late.status_code == 412
    version = call("omar", f"GET {path}").json["version"]
    assert first.json["version"] == version
    headers = {"If-Match": f'"{version}"'}
    answer = call("omar", f"PUT {path}", {**body, "er": "negative"}, headers=headers)
    assert answer.status_code == 200
