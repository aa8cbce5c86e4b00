"""What family sees: by topic, until a day, ended at once; every topic against every route."""

from datetime import date, timedelta
from itertools import chain, combinations
from uuid import uuid4

import pytest
import sqlalchemy as sa

from service.accounts.access import GRANT_OF, GRANT_TOPICS, TABLE, Do
from service.accounts.models import Account, Grant, Role
from service.db import transaction
from tests.conftest import API
from tests.family.conftest import ASKED, PRIVATE, WORDS
from tests.test_access_matrix import about_a_patient

SUBSETS = list(chain.from_iterable(combinations(GRANT_TOPICS, many) for many in range(6)))


@pytest.fixture
def let_in(app, world, clock, call):
    """Let Hugo in, or change what he sees; return the grant."""

    def let_in(*topics, until=None):
        with app.app_context(), transaction() as session:
            if not session.scalars(sa.select(Grant.id)).all():
                session.add(
                    Grant(
                        patient_id=world["ana"].patient_id, account_id=world["hugo"].account_id,
                        topics=[], granted_at=clock.now(),
                    )
                )  # fmt: skip
        body = {
            "id": str(uuid4()), "account_id": str(world["hugo"].account_id),
            "topics": list(topics), "until": until,
        }  # fmt: skip
        answer = call("ana", "POST /patients/me/grants", body)
        assert answer.status_code == 201, answer.json
        return answer.json

    return let_in


def test_s56_family_sees_what_was_granted_and_nothing_else(app, world, client, let_in, her_record):
    """Each of the 32 sets of topics, over every reading route: what is seen is what was granted."""
    pid, headers = str(world["ana"].patient_id), world["hugo"].headers
    routes = [one for one in about_a_patient(app) if one.method == "GET"]
    routes = [one for one in routes if not one.names_something_else]
    assert len(routes) > 25
    for topics in SUBSETS:
        let_in(*topics)
        seen = set()
        for route in routes:
            answer = client.get(route.path(pid), headers=headers)
            may = Do.READ in TABLE[route.topic][Role.CAREGIVER]
            needed = GRANT_OF.get(route.topic)
            let = may and (needed is None or needed in topics)
            assert (answer.status_code not in {401, 403, 404}) is (let or answer.status_code == 422)
            said = answer.text.casefold()
            seen |= {topic for topic, word in WORDS.items() if word in said}
            assert PRIVATE not in said
            assert ASKED not in said
        # Her words beside what she reports are her journal's, whatever they stand beside.
        expected = set(topics)
        if "journal" not in topics:
            expected -= {"symptoms", "wellbeing"}
        assert seen == expected, topics


def test_s81_family_invites_nobody_changes_no_consent_and_takes_nothing_back(
    app, world, client, let_in, her_record
):
    let_in(*GRANT_TOPICS)
    pid, headers = str(world["ana"].patient_id), world["hugo"].headers
    may_write = set()
    for route in about_a_patient(app):
        if route.do is Do.WRITE:
            answer = client.open(route.path(pid), method=route.method, headers=headers, json={})
            if answer.status_code != 403:
                may_write.add(str(route))
    assert may_write == {f"POST {API}/patients/<pid:pid>/symptom-reports"}
    body = {"role": "caregiver", "topics": ["symptoms"]}
    assert client.post(f"{API}/invitations", headers=headers, json=body).status_code == 403


def test_s81_access_ends_with_its_last_day_on_her_clock(call, world, clock, let_in):
    today = clock.now().date()
    let_in("calendar", until=str(today + timedelta(days=1)))
    path = f"GET /patients/{world['ana'].patient_id}/events"
    clock.pass_time(hours=38)  # 23:00 of the last day where she lives
    assert call("hugo", path).status_code == 200
    clock.pass_time(hours=2)
    assert call("hugo", path).status_code == 404
    [one] = [one for one in call("ana", "GET /patients/me/grants").json["items"] if one["until"]]
    assert (one["in_force"], one["revoked_at"]) == (False, None)


def test_s09_what_she_ends_and_who_leaves_is_out_at_the_next_call(
    app, world, call, clock, let_in, answer_consent
):
    """A grant ended, consent withdrawn, a nurse's account closed: nothing is cached in a token."""
    given = let_in("calendar")
    pid = world["ana"].patient_id
    assert call("hugo", f"GET /patients/{pid}/events").status_code == 200
    assert call("ana", f"DELETE /patients/me/grants/{given['id']}").status_code == 204
    assert call("hugo", f"GET /patients/{pid}/events").status_code == 404
    assert call("hugo", f"GET /patients/{pid}").status_code == 404

    assert call("nora", f"GET /patients/{pid}").status_code == 200
    answer_consent("care_team", False)
    assert call("nora", f"GET /patients/{pid}").status_code == 403
    answer_consent("care_team", True)
    assert call("nora", f"GET /patients/{pid}").status_code == 200
    with app.app_context(), transaction() as session:
        session.get_one(Account, world["nora"].account_id).disabled_at = clock.now()
    assert call("nora", f"GET /patients/{pid}").status_code == 401


def test_a_grant_takes_the_place_of_the_one_before_and_is_for_family_alone(
    call, world, let_in, clock
):
    first = let_in("calendar", "symptoms")
    clock.pass_time(minutes=1)
    second = let_in("treatments")
    assert (first["in_force"], second["in_force"]) == (True, True)
    listed = call("ana", "GET /patients/me/grants").json["items"]
    assert [one["in_force"] for one in listed] == [True, False, False]
    assert {one["display_name"] for one in listed} == {"Hugo"}
    pid = world["ana"].patient_id
    assert call("hugo", f"GET /patients/{pid}/events").status_code == 403

    hugo = str(world["hugo"].account_id)
    again = {"id": second["id"], "account_id": hugo, "topics": ["treatments"]}
    assert call("ana", "POST /patients/me/grants", again).status_code == 200
    other = call("ana", "POST /patients/me/grants", {**again, "topics": ["calendar"]})
    assert other.status_code == 409
    for wrong in (
        {"account_id": str(world["ben"].account_id)},
        {"account_id": str(world["nora"].account_id)},
        {"account_id": str(uuid4())},
        {"until": str(date(2026, 3, 1))},
    ):
        body = {"id": str(uuid4()), "account_id": hugo, "topics": ["calendar"], **wrong}
        assert call("ana", "POST /patients/me/grants", body).status_code == 422
    assert call("ben", f"DELETE /patients/me/grants/{second['id']}").status_code == 404
    assert call("nora", f"GET /patients/{pid}/grants").status_code == 200
    assert call("hugo", f"GET /patients/{pid}/grants").status_code == 403


@pytest.mark.parametrize(("born", "status"), [(2009, 422), (2015, 422), (2008, 200), (1960, 200)])
def test_s83_nobody_under_eighteen(call, born, status):
    answer = call("ana", "PATCH /patients/me", {"birth_year": born})
    assert answer.status_code == status
    if status == 422:
        assert answer.json["type"].endswith("/too-young")
        assert answer.json["errors"][0]["pointer"] == "/birth_year"
