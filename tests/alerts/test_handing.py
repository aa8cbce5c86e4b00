"""Handing on: to a colleague, from a colleague, and everything at the end of a shift."""

from uuid import uuid4

import pytest

from service.accounts.models import Patient
from service.alerts.models import Alert, AlertState
from service.db import transaction
from tests.alerts.conftest import CLOSING, kinds
from tests.counting import statements_counted

# Who is calling, whose they are twice (once for the log), the colleague, locks, alerts, requests,
# then what is written, the cascades among it.
HAND_OVER = 15


@pytest.fixture
def assign(do, world):
    def assign(who: str, alert, to: str):
        return do(who, alert, "assign", assignee=str(world[to].account_id))

    return assign


@pytest.fixture
def hand_over(call, world):
    def hand_over(who: str, to: str, **more):
        return call(who, "POST /alerts/hand-over", {"to": str(world[to].account_id), **more})

    return hand_over


@pytest.fixture
def ward(app, world, clock):
    """So many patients with an alert each, all of them Nora's; the last is the most urgent."""

    def ward(count: int) -> None:
        nora, now = world["nora"].account_id, clock.now()
        with app.app_context(), transaction() as session:
            for number in range(count):
                urgent = number == count - 1
                patient = Patient(
                    clinic_id=world.clinic_id, display_name=f"Patient {number:03}",
                    time_zone="America/Los_Angeles", locale="en", joined_at=now,
                )  # fmt: skip
                session.add(patient)
                session.flush()
                session.add(
                    Alert(
                        clinic_id=world.clinic_id, patient_id=patient.id, queue="nursing",
                        severity="urgent" if urgent else "soon", rank=0 if urgent else 2,
                        state=AlertState.ACKNOWLEDGED, opened_at=now, raised_at=now,
                        acknowledged_at=now, acknowledged_by=nora, assignee_id=nora,
                    )
                )  # fmt: skip

    return ward


def test_taking_over_is_said_outright_and_the_former_is_told(emergency, alert, do, assign, told):
    emergency()
    do("nora", alert(), "acknowledge")
    told()
    answer = assign("omar", alert(), "omar")
    assert answer.json["assignee"]["display_name"] == "Omar"
    assert kinds(answer.json)[-1] == "taken_over"
    assert told() == ["nora"]
    assert answer.json["history"][-1]["by"]["display_name"] == "Omar"


def test_a_third_may_give_it_to_a_fourth_and_both_are_told(emergency, alert, do, assign, told):
    emergency()
    do("nora", alert(), "acknowledge")
    told()
    answer = assign("ada", alert(), "omar")
    assert (kinds(answer.json)[-1], sorted(told())) == ("taken_over", ["nora", "omar"])


def test_after_taking_over_it_is_no_longer_the_formers(emergency, alert, do, assign):
    emergency()
    do("nora", alert(), "acknowledge")
    assign("omar", alert(), "omar")
    assert do("omar", alert(), "acknowledge").status_code == 200
    assert do("nora", alert(), "acknowledge").status_code == 409


def test_giving_it_to_who_has_it_changes_nothing(emergency, alert, do, assign, told):
    emergency()
    before = do("nora", alert(), "acknowledge").json
    told()
    answer = assign("omar", alert(), "nora")
    assert (answer.status_code, answer.json, told()) == (200, before, [])


def test_who_had_it_is_told_when_another_answers_what_is_new(emergency, alert, do, told, clock):
    emergency()
    do("nora", alert(), "acknowledge")
    clock.pass_time(minutes=5)
    emergency("seizure")
    told()
    answer = do("omar", alert(), "acknowledge")
    assert kinds(answer.json)[-2:] == ["taken_over", "acknowledged"]
    assert told() == ["nora"]


@pytest.mark.parametrize("gone", ["away", "left"])
def test_nothing_is_handed_to_who_is_not_there(request, emergency, alert, assign, hand_over, gone):
    emergency()
    request.getfixturevalue(gone)("omar")
    for answer in (assign("nora", alert(), "omar"), hand_over("nora", "omar")):
        assert (answer.status_code, answer.json["type"].rpartition("/")[2]) == (
            409,
            "colleague-away",
        )
    assert alert()["assignee"] is None


def test_who_is_entered_as_away_and_works_may_take_one(emergency, alert, assign, away):
    emergency()
    away("omar")
    assert assign("omar", alert(), "omar").status_code == 200


def test_what_is_closed_is_handed_to_nobody(emergency, alert, do, assign):
    emergency()
    found = alert()
    do("nora", found, "close", **CLOSING)
    assert assign("nora", found, "omar").status_code == 409


def test_everything_one_has_goes_over_in_one_message(
    call, emergency, not_safe, alert, do, hand_over, told, outbox
):
    emergency()
    not_safe()
    do("nora", alert(), "acknowledge")
    do("nora", alert("social_work"), "acknowledge")
    asked = str(uuid4())
    call(
        "ana",
        "POST /patients/me/support-requests",
        {"id": asked, "kind": "nurse", "contact_by": "phone"},
    )
    call("nora", f"POST /support-requests/{asked}/claim", {})
    told()
    answer = hand_over("nora", "omar")
    assert (answer.status_code, answer.json) == (200, {"handed_over": 3, "more": False})
    assert told() == ["omar"]
    assert outbox()[-1][2] == "A colleague has handed you 2 alerts and 1 request."
    for queue in ("nursing", "social_work"):
        now = alert(queue)
        assert (now["assignee"]["display_name"], kinds(now)[-1]) == ("Omar", "handed_over")
    [request] = call("omar", "GET /support-requests").json["items"]
    assert request["state"] == "claimed"
    log = call("ana", "GET /patients/me/access-log").json["items"]
    assert ("Nora", "alerts", "write") in {
        (one["name"], one["topic"], one["action"]) for one in log
    }


def test_only_of_one_queue_if_one_is_named(emergency, not_safe, alert, do, hand_over):
    emergency()
    not_safe()
    do("nora", alert(), "acknowledge")
    do("nora", alert("social_work"), "acknowledge")
    assert hand_over("nora", "sol", queue="social_work").json["handed_over"] == 1
    assert alert()["assignee"]["display_name"] == "Nora"
    assert alert("social_work")["assignee"]["display_name"] == "Sol"


def test_a_colleague_of_other_queues_gets_nothing_rather_than_half(
    emergency, not_safe, alert, do, hand_over
):
    emergency()
    not_safe()
    do("nora", alert(), "acknowledge")
    do("nora", alert("social_work"), "acknowledge")
    answer = hand_over("nora", "sol")
    assert (answer.status_code, answer.json["type"].rpartition("/")[2]) == (
        409,
        "colleague-elsewhere",
    )
    assert alert("social_work")["assignee"]["display_name"] == "Nora"
    do("nora", alert(), "close", **CLOSING)
    assert hand_over("nora", "sol").json["handed_over"] == 1


@pytest.mark.parametrize(("to", "queue"), [("chaya", "nursing"), ("omar", "chaplaincy"),
                                           ("olga", None), ("ana", None)])  # fmt: skip
def test_nothing_goes_where_it_is_not_worked_on(emergency, alert, do, hand_over, to, queue):
    emergency()
    do("nora", alert(), "acknowledge")
    answer = hand_over("nora", to, **({"queue": queue} if queue else {}))
    assert answer.status_code in {404, 409}
    assert alert()["assignee"]["display_name"] == "Nora"


def test_with_nothing_in_hand_nobody_is_told(emergency, hand_over, told):
    emergency()
    told()
    for to in ("omar", "nora"):
        assert hand_over("nora", to).json == {"handed_over": 0, "more": False}
    assert told() == []


def test_of_very_many_the_most_urgent_go_first_and_the_rest_is_said(ward, hand_over, call):
    ward(201)
    assert hand_over("nora", "omar").json == {"handed_over": 200, "more": True}
    path = "GET /alerts?assignee={}&limit=200"
    omars = call("omar", path.format(call("omar", "GET /me").json["id"])).json["items"]
    assert (len(omars), omars[0]["severity"]) == (200, "urgent")
    assert hand_over("nora", "omar").json == {"handed_over": 1, "more": False}


def test_many_cost_no_more_statements_than_one(app, ward, hand_over):
    counts = []
    for many in (1, 20):
        ward(many)
        with statements_counted(app) as seen:
            assert hand_over("nora", "omar").json["handed_over"] == many
        counts.append(len(seen))
    assert counts[0] == counts[1] <= HAND_OVER, "\n".join(seen)
