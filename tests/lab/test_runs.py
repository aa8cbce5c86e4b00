"""Runs: same bytes again, on after a crash, stopped, counted, and bounded."""

import hashlib
from datetime import timedelta
from uuid import UUID

import orjson
import pytest
import sqlalchemy as sa

from service.accounts.models import Role
from service.alerts.models import AlertStep
from service.care.lab import runner
from service.care.rules import rule_set
from service.db import transaction
from service.rulebook.models import LabRun, RuleDraft
from tests.conftest import _add
from tests.counting import statements_counted
from tests.jobs.scheduler import Scheduler
from tests.lab.conftest import LATER, run_row, work_off
from tests.lab.life import Life
from tests.test_races import in_threads


@pytest.fixture
def history(app, world, call, clock):
    """A hundred changes of two patients, and a third who has nothing."""
    with app.app_context(), transaction() as session:
        for name in ("dana", "gail"):
            _add(app, session, clock, world, name, Role.PATIENT, world.clinic_id)
    life = Life.of(call, clock, seed=7)
    for _ in range(100):
        life.step()
    clock.pass_time(hours=1)


def test_a_re_run_has_the_same_bytes_whatever_the_slices(call, history, drafted, replayed, found):
    id = drafted()["id"]

    first, second = replayed(id, limit=1), replayed(id, limit=50)

    assert (first["state"], first["done"], first["patients"]) == ("done", 3, 3)
    assert first["digest"] == second["digest"]
    bytes_ = [call("nora", f"GET /lab/runs/{run['id']}/report").data for run in (first, second)]
    assert bytes_[0] == bytes_[1]
    assert hashlib.sha256(bytes_[0]).hexdigest() == first["digest"]
    assert found(first["id"], limit=3) == found(second["id"])
    assert len(found(first["id"])) > 10


def test_killed_in_the_middle_it_goes_on_and_ends_the_same(app, clock, history, drafted, replayed, step):  # fmt: skip
    id = drafted()["id"]
    whole = replayed(id)
    run_id = step("nora", "replay", id, {}).json["id"]
    work_off(app, clock.now(), limit=1)

    class Killed(BaseException):
        pass

    def killed():
        with app.app_context(), transaction() as session:
            runner.go_on(session, now=clock.now(), until=1e12, limit=1)
            raise Killed

    with pytest.raises(Killed):
        killed()
    after = run_row(app, run_id)
    while work_off(app, clock.now(), limit=1):
        pass

    assert (after.state, after.done) == ("running", 1)
    assert run_row(app, run_id).digest == whole["digest"]


def test_what_came_later_does_not_change_the_answer(history, clock, drafted, replayed, report):
    id, as_of = drafted()["id"], clock.now().isoformat()
    last = (clock.now() - timedelta(hours=9)).date().isoformat()
    before = replayed(id, as_of=as_of, last=last)
    clock.pass_time(minutes=5)
    report(nausea=3)

    assert replayed(id, as_of=as_of, last=last)["digest"] == before["digest"]
    assert replayed(id, last=last)["digest"] != before["digest"]


def test_a_draft_changed_while_it_runs_is_tried_as_it_was(app, clock, call, drafted, step, report):
    report(nausea=2)
    draft = drafted()
    run_id = step("nora", "replay", draft["id"], {}).json["id"]
    call("eva", f"PATCH /rules/drafts/{draft['id']}", {"text": LATER})
    while work_off(app, clock.now()):
        pass

    assert call("nora", f"GET /lab/runs/{run_id}").json["report"]["draft"]["alerts"] == 1


def test_the_report_says_what_differs_and_what_would_have_been_missed(
    call, clock, drafted, replayed, report, found
):
    report(nausea=3)
    clock.pass_time(hours=1)
    [alert] = call("nora", "GET /alerts").json["items"]
    call("nora", f"POST /alerts/{alert['id']}/acknowledge", {})
    closing = {"outcome": "advice_given", "action": "told", "contact_made": True}
    assert call("nora", f"POST /alerts/{alert['id']}/close", closing).status_code == 200
    clock.pass_time(days=1)
    report(vomiting=4)

    run = replayed(drafted(LATER)["id"], first="2026-02-24")
    made = run["report"]

    assert (made["in_force"]["alerts"], made["draft"]["alerts"]) == (2, 1)
    assert (made["both"], made["only_in_force"], made["only_draft"]) == (1, 1, 0)
    assert (made["answered_with_contact"], made["missed"], made["missed_patients"]) == (1, 1, 1)
    assert made["missed_outcomes"] == {"advice_given": 1}
    assert made["in_force"]["by_severity"] == {"urgent": 0, "soon": 2, "info": 0}
    # Two on the nurses' roster, eight days.
    assert (made["staff"], made["days"]) == (2, 8)
    assert made["in_force"]["a_day"] == 0.25
    assert made["in_force"]["a_week"] == 1.75
    assert made["in_force"]["a_person_and_week"] == 0.88
    [missed] = found(run["id"], side="missed")
    assert (missed["subject"], missed["outcome"]) == ("nausea", "advice_given")
    assert [one["subject"] for one in found(run["id"], side="both")] == ["vomiting"]


def test_told_counts_what_really_was_told(app, call, clock, drafted, replayed, report):
    ours = rule_set().by_id["SYM-SEV"]
    for level in (3, 3, 4, 4):
        report(nausea=level)
        clock.pass_time(hours=3)
    with app.app_context(), transaction() as session:
        steps = session.scalars(
            sa.select(AlertStep.detail).where(AlertStep.kind.in_(("opened", "joined")))
        ).all()
    told = sum("SYM-SEV" in one["rules"] for one in steps)

    made = replayed(drafted()["id"])["report"]

    assert made["in_force"]["alerts"] == 4
    assert made["in_force"]["told"] == told == 2
    assert made["in_force_version"] == ours.version


def test_editors_see_counts_and_no_small_ones(call, history, drafted, replayed):
    run = replayed(drafted()["id"])
    shown = call("eva", f"GET /lab/runs/{run['id']}").json

    whole, coarse = run["report"], shown["report"]
    assert (shown["digest"], shown["findings"]) == (None, None)
    for side in ("draft", "in_force"):
        for name in ("alerts", "patients"):
            number, seen = whole[side][name], coarse[side][name]
            assert seen == (None if 0 < number < 5 else number - number % 5)
    assert call("eva", f"GET /lab/runs/{run['id']}/findings").status_code == 403
    assert call("ada", f"GET /lab/runs/{run['id']}").json["report"] == coarse


def test_another_clinic_knows_of_no_run(call, drafted, replayed):
    run = replayed(drafted()["id"])
    for what in ("GET /lab/runs/{}", "GET /lab/runs/{}/findings", "GET /lab/runs/{}/report",
                 "POST /lab/runs/{}/stop"):  # fmt: skip
        assert call("olga", what.format(run["id"])).status_code == 404
    assert call("olga", "GET /lab/runs").json["items"] == []
    assert len(call("nora", f"GET /lab/runs?subject={run['subject_id']}").json["items"]) == 1


def test_it_is_stopped_and_stays_so(app, call, clock, history, drafted, step):
    id = drafted()["id"]
    run_id = step("nora", "replay", id, {}).json["id"]
    work_off(app, clock.now(), limit=1)

    stopped = call("nora", f"POST /lab/runs/{run_id}/stop").json
    again = call("nora", f"POST /lab/runs/{run_id}/stop").json

    assert (stopped["state"], stopped["done"]) == ("stopped", 1)
    assert again == stopped
    assert work_off(app, clock.now()) == 0
    assert call("nora", f"GET /lab/runs/{run_id}/report").status_code == 404


def test_so_many_wait_and_no_more(call, drafted, step):
    id = drafted()["id"]
    answers = [step("nora", "replay", id, {}) for _ in range(6)]

    assert [one.status_code for one in answers] == [201] * 5 + [409]
    assert answers[-1].json["type"].endswith("lab-busy")


def test_the_same_key_asks_once(call, drafted, step):
    id = drafted()["id"]
    key = {"Idempotency-Key": "one"}
    first, again = (step("nora", "replay", id, {}, headers=key) for _ in range(2))
    assert first.json["id"] == again.json["id"]


@pytest.mark.parametrize(
    "window",
    [{"first": "2026-03-03"}, {"last": "2026-03-04"}, {"first": "2020-01-01"},
     {"first": "2026-03-02", "last": "2026-03-01"}, {"as_of": "2027-01-01T00:00:00Z"},
     {"first": "0001-01-01", "last": "0001-01-01"}],
)  # fmt: skip
def test_odd_windows_are_refused_or_empty(step, drafted, window):
    answer = step("nora", "replay", drafted()["id"], window)
    assert answer.status_code in {201, 422}, answer.json
    assert (answer.status_code == 201) == ("last" in window and window["last"].startswith("0001"))


def test_a_fault_ends_the_run_and_not_the_scheduler(app, call, clock, drafted, step, report):
    report(nausea=3)
    id = drafted()["id"]
    broken, whole = (step("nora", "replay", id, {}).json["id"] for _ in range(2))
    with app.app_context(), transaction() as session:
        run = session.get_one(LabRun, UUID(broken))
        run.tried = "id: SYM-SEV\nwhen: {gone: 1}"

    Scheduler(app, clock).tick()

    failed = call("nora", f"GET /lab/runs/{broken}").json
    assert (failed["state"], failed["report"]) == ("failed", None)
    assert "gone" in failed["error"] or "missing" in failed["error"]
    assert call("nora", f"GET /lab/runs/{whole}").json["state"] == "done"


def test_statements_grow_with_patients_and_not_with_records(
    app, call, clock, drafted, step, report
):
    def cost() -> int:
        step("nora", "replay", id, {})
        with statements_counted(app) as seen:
            work_off(app, clock.now())
        return len(seen)

    id = drafted()["id"]
    report(nausea=3)
    few = cost()
    for _ in range(40):
        clock.pass_time(hours=1)
        report(nausea=3, vomiting=2)
    # Findings are written five hundred at a time.
    assert cost() == few
    assert few <= 12


def test_of_two_who_activate_at_once_one_does(app, world, drafted):
    id = drafted()["id"]

    def activate(name):
        client = app.test_client()
        return client.post(f"/api/v1/rules/{id}/activate", headers=world[name].headers)

    for _ in range(3):
        answers = in_threads([lambda: activate("nora"), lambda: activate("omar")])
        assert sorted(one.status_code for one in answers) in ([200, 409], [409, 409])
    with app.app_context(), transaction() as session:
        assert (
            session.scalar(sa.text("SELECT rules_release FROM clinics ORDER BY rules_release DESC"))
            == 1
        )


def test_of_two_versions_activated_at_once_one_is_in_force(app, world, drafted):
    ids = [drafted()["id"], drafted(LATER)["id"]]

    def activate(id, name):
        client = app.test_client()
        return client.post(f"/api/v1/rules/{id}/activate", headers=world[name].headers)

    answers = in_threads([lambda: activate(ids[0], "nora"), lambda: activate(ids[1], "omar")])
    assert [one.status_code for one in answers] == [200, 200]
    with app.app_context(), transaction() as session:
        statuses = session.scalars(sa.select(RuleDraft.status)).all()
    assert sorted(statuses) == ["active", "retired"]


def test_two_schedulers_do_each_patient_once(app, call, clock, history, drafted, step, replayed):
    id = drafted()["id"]
    whole = replayed(id)
    run_id = step("nora", "replay", id, {}).json["id"]

    def work():
        while work_off(app, clock.now(), limit=1):
            pass

    in_threads([work, work])
    while work_off(app, clock.now(), limit=1):
        pass
    assert run_row(app, run_id).digest == whole["digest"]


def test_a_report_is_json_that_sorts_its_keys(call, drafted, replayed):
    run = replayed(drafted()["id"])
    bytes_ = call("nora", f"GET /lab/runs/{run['id']}/report").data
    assert bytes_ == orjson.dumps(run["report"], option=orjson.OPT_SORT_KEYS)
    assert run["report"]["to"] == run["last"]
