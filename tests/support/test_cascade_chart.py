"""Where people drop out: counted, small numbers hidden, drills apart; and the list in pages."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from service.accounts.models import Queue
from service.db import db, transaction
from service.ids import new_id
from service.support.models import Cascade, SupportRequest
from tests.conftest import MONDAY_MORNING

MOMENTS = ("offered_at", "contacted_at", "assessed_at", "followed_up_at")


@pytest.fixture
def needs(app, world):
    """Enter needs of Ana's that came so far and ended so, each told as a request."""

    def needs(number, reached=(), *, ended_as=None, queue="chaplaincy", days_ago=1, **more):
        at = MONDAY_MORNING - timedelta(days=days_ago)
        ana = world["ana"]
        with app.app_context(), transaction() as session:
            for place in range(number):
                request = SupportRequest(
                    id=new_id(), patient_id=ana.patient_id, created_change_no=1, change_no=1,
                    entered_by=ana.account_id, received_at=at, content_hash=b"",
                    clinic_id=world.clinic_id, kind="chaplain", queue=Queue(queue),
                    state="received", requested_at=at,
                )  # fmt: skip
                session.add(request)
                session.flush()
                session.add(
                    Cascade(
                        clinic_id=world.clinic_id, patient_id=ana.patient_id, queue=Queue(queue),
                        kind="chaplain", request_id=request.id,
                        opened_at=at + timedelta(minutes=place),
                        ended_at=at + timedelta(days=1) if ended_as else None, ended_as=ended_as,
                        **dict.fromkeys((f"{stage}_at" for stage in reached), at), **more,
                    )
                )  # fmt: skip

    return needs


@pytest.fixture
def funnel(call):
    def funnel(who="chaya", source="request", queue="chaplaincy", **days):
        answer = call(who, "GET /cascade/chart", query_string=days)
        assert answer.status_code == 200, answer.json
        [one] = [
            one
            for one in answer.json["funnels"]
            if (one["source"], one["queue"]) == (source, queue)
        ]
        return {stage["stage"]: stage for stage in one["stages"]}

    return funnel


def test_each_stage_counts_who_came_at_least_so_far(needs, funnel):
    needs(5, ended_as="not_reached")
    needs(7, ("contacted",))
    needs(6, ("contacted", "assessed", "followed_up"), ended_as="completed")

    stages = funnel()
    assert list(stages) == ["opened", "contacted", "assessed", "followed_up"]
    assert [stages[name]["number"] for name in stages] == [18, 13, 6, 6]
    assert [stages[name]["share"] for name in stages] == [1.0, 0.722, 0.333, 0.333]
    assert stages["opened"]["ended"] == [{"as": "not_reached", "number": 5, "hidden": False}]
    assert stages["contacted"]["waiting"] == {"number": 7, "hidden": False}
    assert stages["assessed"]["waiting"] == {"number": 0, "hidden": False}


def test_numbers_from_one_to_four_are_hidden_and_none_is_not(needs, funnel):
    needs(6)
    needs(4, ("contacted",), ended_as="declined")

    stages = funnel()
    assert (stages["opened"]["number"], stages["opened"]["hidden"]) == (10, False)
    hidden = stages["contacted"]
    assert (hidden["number"], hidden["share"], hidden["hidden"]) == (None, None, True)
    assert hidden["ended"] == [{"as": "declined", "number": None, "hidden": True}]
    assert (stages["assessed"]["number"], stages["assessed"]["share"]) == (0, 0.0)


def test_a_share_of_few_is_not_shown_at_all(needs, funnel):
    needs(3)
    stages = funnel()
    assert [stages[name]["share"] for name in stages] == [None] * 4


def test_an_offer_to_who_asked_is_no_step_of_its_own(needs, funnel):
    needs(5, ("offered",))
    stages = funnel()
    assert stages["opened"]["waiting"]["number"] == 5
    assert stages["contacted"]["number"] == 0


def test_drills_are_counted_apart(needs, funnel, call):
    needs(5)
    needs(2, is_drill=True)
    assert funnel()["opened"]["number"] == 5
    assert call("chaya", "GET /cascade/chart").json["drills"] == 2


def test_a_screen_and_a_request_are_two_funnels(check_in, funnel, needs):
    check_in(distress=8)
    needs(5, queue="social_work")
    assert funnel("sol", "screen", "social_work")["offered"]["hidden"] is True
    assert funnel("sol", "request", "social_work")["opened"]["number"] == 5


def test_the_days_are_the_clinics(needs, funnel, call):
    needs(5, days_ago=0)
    needs(6, days_ago=10)
    assert funnel(**{"from": "2026-03-02", "to": "2026-03-02"})["opened"]["number"] == 5
    assert funnel(**{"from": "2026-02-20", "to": "2026-03-01"})["opened"]["number"] == 6
    shown = call("chaya", "GET /cascade/chart").json
    assert (shown["from"], shown["to"]) == ("2025-12-03", "2026-03-02")


@pytest.mark.parametrize(
    ("since", "until"),
    [("2026-03-02", "2026-03-01"), ("2025-01-01", "2026-01-03"), ("0001-01-01", "0001-01-01"),
     ("9999-12-31", "9999-12-31"), (None, "1999-01-01"), ("2999-01-01", None)],
)  # fmt: skip
def test_at_most_a_year_and_only_forwards(call, since, until):
    query = {name: day for name, day in (("from", since), ("to", until)) if day}
    answer = call("chaya", "GET /cascade/chart", query_string=query)
    assert (answer.status_code, answer.json["type"].rpartition("/")[2]) == (
        422, "chart-stretch-unusable",
    )  # fmt: skip


def test_a_chaplain_counts_her_own_queue_and_another_clinic_nothing(needs, call):
    needs(9, queue="social_work")
    shown = call("chaya", "GET /cascade/chart").json["funnels"]
    assert {one["queue"] for one in shown} == {"chaplaincy"}
    olgas = call("olga", "GET /cascade/chart").json["funnels"]
    assert {stage["number"] for one in olgas for stage in one["stages"]} == {0}


def test_due_follow_ups_come_first_and_then_who_waits_longest(needs, running):
    day = MONDAY_MORNING.date()
    needs(1, ("contacted", "assessed"), days_ago=1, follow_up_on=day)
    needs(1, ("contacted", "assessed"), days_ago=2, follow_up_on=day - timedelta(days=3))
    needs(1, ("contacted", "assessed"), days_ago=9, follow_up_on=day + timedelta(days=3))
    needs(1, days_ago=3)
    order = [(one["follow_up_on"], one["opened_at"][:10]) for one in running("chaya")]
    assert order == [
        ("2026-02-27", "2026-02-28"), ("2026-03-02", "2026-03-01"), ("2026-03-05", "2026-02-21"),
        (None, "2026-02-27"),
    ]  # fmt: skip


@pytest.mark.parametrize("stage", [None, "opened", "assessed", "ended"])
def test_every_need_is_on_one_page_and_on_no_other(needs, running, call, stage):
    day = MONDAY_MORNING.date()
    needs(5)
    needs(4, ("contacted", "assessed"), follow_up_on=day, days_ago=2)
    needs(3, ("contacted", "assessed"), follow_up_on=day + timedelta(days=1))
    needs(5, ended_as="declined")
    whole = [one["id"] for one in running("chaya", **({"stage": stage} if stage else {}))]

    seen, cursor = [], None
    while True:
        query = {"limit": "2", "stage": stage, "cursor": cursor}
        page = call(
            "chaya", "GET /cascade", query_string={k: v for k, v in query.items() if v}
        ).json
        seen += [one["id"] for one in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == whole
    assert len(whole) == {None: 12, "opened": 5, "assessed": 7, "ended": 5}[stage]


def test_list_and_chart_cost_the_same_for_few_and_for_many(app, call, needs):
    def cost(path):
        statements = []
        with app.app_context():
            engine = db.engine
        note = lambda _c, _cur, statement, *_rest: statements.append(statement)  # noqa: E731
        sa.event.listen(engine, "before_cursor_execute", note)
        try:
            assert call("chaya", f"GET {path}").status_code == 200
        finally:
            sa.event.remove(engine, "before_cursor_execute", note)
        return len([one for one in statements if not one.startswith("BEGIN")])

    needs(1)
    few = [cost("/cascade"), cost("/cascade/chart")]
    needs(40, ("contacted",))
    # Who calls, her clinic, the list, its log; who calls, her clinic, the numbers.
    assert few == [cost("/cascade"), cost("/cascade/chart")] == [4, 3]
