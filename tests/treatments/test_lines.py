"""A new line of therapy closes the courses of the lines before it, and nothing else."""

from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from service.db import transaction
from service.treatments.models import Dose

TREATMENTS = "/patients/me/treatments"


@pytest.fixture
def log(call):
    def log(code, line=None, started_on="2026-01-05", status="active", **what):
        body = {
            "id": str(uuid4()), "code": code, "line": line, "started_on": started_on,
            "status": status, **what,
        }  # fmt: skip
        answer = call("ana", f"POST {TREATMENTS}", body)
        assert answer.status_code == 201, answer.json
        return answer.json["id"]

    return log


@pytest.fixture
def read(call):
    def read(id):
        one = call("ana", f"GET {TREATMENTS}/{id}").json
        return one["status"], one["ended_on"], one["stop_reason"]

    return read


@pytest.fixture
def doses_ahead(app):
    def doses_ahead(id):
        with app.app_context(), transaction() as session:
            return session.scalar(
                sa.select(sa.func.count())
                .select_from(Dose)
                .where(
                    Dose.treatment_id == UUID(id), Dose.deleted_at.is_(None),
                    Dose.status == "expected",
                )
            )  # fmt: skip

    return doses_ahead


def test_what_was_against_the_cancer_ends_and_what_supports_goes_on(log, read, doses_ahead):
    goes_on = [
        log("denosumab_120", 1), log("loperamide", 1), log("letrozole"), log("capecitabine", 3),
        log("fulvestrant", 2),
    ]  # fmt: skip
    ended = [log("letrozole", 1), log("ribociclib", 1), log("capecitabine", 1, status="held")]
    ahead = [doses_ahead(id) for id in goes_on]
    assert doses_ahead(ended[0]) > 0
    log("t_dxd", 2, started_on="2026-03-02")
    assert [read(id) for id in ended] == [("stopped", "2026-03-01", "Change of line")] * 3
    assert [doses_ahead(id) for id in ended] == [0, 0, 0]
    assert [read(id) for id in goes_on] == [("active", None, None)] * 5
    assert [doses_ahead(id) for id in goes_on] == ahead


def test_a_line_put_off_or_put_right_takes_along_the_ends_it_made(
    log, read, call, doses_ahead, clock
):
    begun, held = log("letrozole", 1), log("ribociclib", 1, status="held")
    elsewhere = log("capecitabine", 1, status="stopped", ended_on="2026-03-01")
    expected = doses_ahead(begun)
    clock.pass_time(days=1)
    second = log("t_dxd", 2, started_on="2026-03-02")
    assert doses_ahead(begun) == 0
    for first_day, last_day, status in (
        ("2026-03-10", "2026-03-09", ("active", "held")),
        ("2026-02-20", "2026-02-19", ("stopped", "stopped")),
        ("2026-05-05", "2026-05-04", ("active", "held")),
    ):
        path = f"PATCH {TREATMENTS}/{second}"
        assert call("ana", path, {"started_on": first_day}).status_code == 200
        assert [read(begun), read(held)] == [(one, last_day, "Change of line") for one in status]
    assert doses_ahead(begun) >= expected
    assert doses_ahead(held) == 0
    assert read(elsewhere) == ("stopped", "2026-03-01", None)


def test_its_history_stays(log, call, clock):
    id = log("letrozole", 1)
    clock.pass_time(days=2)
    path = f"{TREATMENTS}/{id}/doses"
    [first] = call("ana", f"GET {path}?from=2026-03-03&to=2026-03-03").json["items"]
    assert call("ana", f"PUT {path}/{first['id']}", {"status": "taken"}).status_code == 200
    log("t_dxd", 2, started_on="2026-03-05")
    items = call("ana", f"GET {path}?from=2026-03-01&to=2026-03-20").json["items"]
    assert [(one["local_at"][:10], one["status"]) for one in items] == [
        ("2026-03-04", "expected"), ("2026-03-03", "taken"), ("2026-03-02", "expected"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("begins", "ends"),
    [
        ("2026-03-20", ("active", "2026-03-19", "Change of line")),
        ("2026-03-03", ("active", "2026-03-02", "Change of line")),
        ("2026-03-02", ("stopped", "2026-03-01", "Change of line")),
        # Not before its own first day, whatever order they were entered in.
        ("2026-01-02", ("stopped", "2026-01-05", "Change of line")),
    ],
)
def test_it_ends_the_day_before_and_goes_on_until_then(log, read, doses_ahead, begins, ends):
    id = log("letrozole", 1)
    log("t_dxd", 2, started_on=begins)
    assert read(id) == ends
    assert doses_ahead(id) == {"2026-03-19": 15, "2026-03-02": 1}.get(ends[1], 0)


def test_an_earlier_end_and_its_reason_stay(log, read):
    id = log("letrozole", 1, ended_on="2026-03-04", stop_reason="Side effects")
    log("t_dxd", 2, started_on="2026-03-20")
    assert read(id) == ("active", "2026-03-04", "Side effects")


def test_a_line_begins_when_it_becomes_active_and_only_with_a_number(log, read, call):
    first = log("letrozole", 1)
    second = log("t_dxd", 2, status="planned", started_on="2026-03-01")
    log("capecitabine", None)
    log("zoledronic_acid", 2)
    assert read(first) == ("active", None, None)
    call("ana", f"PATCH {TREATMENTS}/{second}", {"notes": "soon"})
    assert read(first)[0] == "active"
    call("ana", f"PATCH {TREATMENTS}/{second}", {"status": "active"})
    assert read(first) == ("stopped", "2026-02-28", "Change of line")
    # Put right by hand, it is not closed again by a mere note.
    call("ana", f"PATCH {TREATMENTS}/{first}", {"status": "active", "ended_on": None})
    call("ana", f"PATCH {TREATMENTS}/{second}", {"notes": "both", "status": "active"})
    assert read(first) == ("active", None, "Change of line")


def test_lines_of_another_patient_are_not_hers(log, call):
    body = {
        "id": str(uuid4()), "code": "letrozole", "line": 1, "started_on": "2026-01-05",
        "status": "active",
    }  # fmt: skip
    assert call("ben", f"POST {TREATMENTS}", body).status_code == 201
    log("t_dxd", 2)
    assert call("ben", f"GET {TREATMENTS}/{body['id']}").json["status"] == "active"
