"""Who is silent, as JSON: ranked, page by page, and no more than the caller may see."""

import pytest
import sqlalchemy as sa

from service.accounts.models import Role
from service.care import silence
from service.db import transaction
from service.panel.models import PatientSummary
from tests.conftest import _add


@pytest.fixture
def silent(app, world, clock):
    """Ana, Bea, Cleo and Dana have never reported; Cleo was worst off, then Bea."""
    names = ["bea", "cleo", "dana"]
    with app.app_context(), transaction() as session:
        for name in names:
            _add(app, session, clock, world, name, Role.PATIENT, world.clinic_id)
        session.flush()
        for name, grade, distress in (("bea", 2, 4), ("cleo", 3, 8)):
            session.execute(
                sa.update(PatientSummary)
                .where(PatientSummary.patient_id == world[name].patient_id)
                .values(worst_grade=grade, distress=distress,
                        worst_symptoms=[{"symptom": "nausea", "grade": grade}])
            )  # fmt: skip
    clock.pass_time(days=15)
    with app.app_context(), transaction() as session:
        silence.check_silence(session, now=clock.now(), limit=500)


def listed(call, who="nora", **query):
    answer = call(who, "GET /welfare-checks", query_string=query)
    assert answer.status_code == 200, answer.json
    return answer.json


def test_the_most_worrying_stands_first(call, silent):
    items = listed(call)["items"]
    assert [one["display_name"] for one in items[:2]] == ["Cleo", "Bea"]
    assert {one["display_name"] for one in items} == {"Ana", "Bea", "Cleo", "Dana"}
    first = items[0]
    assert (first["missed_check_ins"], first["rhythm_days"], first["last_heard_at"]) == (
        2, None, None,
    )  # fmt: skip
    assert (first["distress"], first["worst_symptoms"][0]["grade"], first["risks"]) == (8, 3, [])
    assert first["alert_id"] is not None
    assert "silence_score" not in first


def test_it_goes_on_page_by_page(call, silent):
    seen, cursor = [], None
    for _ in range(2):
        page = listed(call, limit=2, **({"cursor": cursor} if cursor else {}))
        seen += page["items"]
        cursor = page["next_cursor"]
    assert cursor is None
    assert seen == listed(call)["items"]
    assert len(seen) == 4


@pytest.mark.parametrize("cursor", ["x", "WzFd", "Wy0xLCJhIl0", "WzFlNDAwLCJhIl0"])
def test_a_place_of_somebody_elses_is_refused(call, silent, cursor):
    answer = call("nora", f"GET /welfare-checks?cursor={cursor}")
    assert answer.status_code == 422


def test_what_a_role_may_not_see_is_left_out(call, silent):
    [first, *_] = listed(call, "chaya")["items"]
    assert (first["worst_symptoms"], first["risks"], first["distress"]) == (None, None, 8)
    [first, *_] = listed(call, "cora")["items"]
    assert (first["distress"], first["risks"]) == (None, [])
    assert listed(call, "olga")["items"][0]["display_name"] == "Ben"
    assert call("ada", "GET /welfare-checks").status_code == 403
