"""What a stream tells, and to whom: names of what has changed, and nothing of anybody else."""

from uuid import uuid4

import pytest

from service.live.watching import RECORD, REPLIES
from service.sync.tables import TABLES
from tests.dashboard.conftest import check_in, fever, on_ribociclib, report
from tests.live.conftest import HERS, NOW, QUEUES

__all__ = ["check_in", "fever", "on_ribociclib", "report"]


@pytest.fixture
def event(call):
    """Let Ana, or somebody else, write down a scan."""

    def event(name="ana"):
        body = {"id": str(uuid4()), "kind": "scan", "title": "CT", "starts_at": NOW}
        assert call(name, "POST /patients/me/events", body).status_code == 201

    return event


def test_a_stream_begins_with_where_things_stand_and_tells_names_alone(listen, streams, event):
    ana = listen("ana", HERS)
    headers = ana.answer.headers

    assert headers["Content-Type"] == "text/event-stream; charset=utf-8"
    assert (headers["Cache-Control"], headers["X-Accel-Buffering"]) == ("no-store", "no")
    assert not {"Content-Encoding", "Content-Length", "ETag"} & set(headers.keys())
    assert ana.next() == ("0.0", [])
    event()
    streams.look()
    assert ana.next() == ("1.0", ["events"])


def test_who_comes_back_hears_what_she_missed(listen, event, report, call):
    event()
    report(answers=[{"symptom": "nausea", "frequency": 1, "severity": 1}])

    assert listen("ana", HERS, last="0.0").next() == ("2.0", ["events", "symptom_reports"])
    assert listen("ana", HERS, last="1.0").next() == ("2.0", ["symptom_reports"])


def test_she_hears_that_somebody_has_answered_her(listen, streams, call, report, on_ribociclib):
    ana = listen("ana", HERS)
    ana.next()
    report(temperature_c=38.2)
    streams.look()
    assert ana.next()[1] == ["symptom_reports", REPLIES]
    [alert] = call("nora", "GET /alerts?queue=nursing").json["items"]
    call("nora", f"POST /alerts/{alert['id']}/acknowledge", {})
    streams.look()
    assert ana.next()[1] == [REPLIES]
    body = {"id": str(uuid4()), "kind": "chaplain", "message": None, "contact_by": "phone"}
    assert call("ana", "POST /patients/me/support-requests", body).status_code == 201
    streams.look()
    assert ana.next()[1] == [REPLIES]


def test_what_staff_do_among_themselves_is_not_hers_to_hear(listen, streams, call, fever, world):
    ana, nora = listen("ana", HERS), listen("nora", QUEUES)
    ana.next(), nora.next()
    to = {"assignee": str(world["omar"].account_id)}
    assert call("nora", f"POST /alerts/{fever}/assign", to).status_code == 200
    streams.look()

    assert nora.next()[1] == ["nursing"]
    assert ana.next() is None


def test_what_no_phone_keeps_is_told_as_the_record(listen, streams, call, event):
    ana = listen("ana", HERS)
    ana.next()
    assert call("ana", "PATCH /patients/me", {"what_matters": "My garden"}).status_code == 200
    event()
    streams.look()

    assert ana.next()[1] == ["events", RECORD]


def test_who_says_what_cannot_be_is_told_that_everything_may_have_changed(call, event):
    event()
    for last in ("7", "-1", "1e3", "x" * 400, "\u0662", "9" * 18, "9" * 30):
        told = call("ana", f"GET {HERS}", headers={"Last-Event-ID": last}).json
        assert told == {"id": "1.0", "changed": [*TABLES, REPLIES, RECORD]}, last
    told = call("nora", f"GET {QUEUES}", headers={"Last-Event-ID": "7"}).json
    assert told["changed"] == ["nursing", "coordination", "social_work"]


def test_who_has_missed_very_much_is_told_all_names(listen, event, app, streams):
    ana = listen("ana", HERS)
    ana.next()
    for _time in range(101):
        event()
    streams.look()

    assert ana.next() == ("101.0", [*TABLES, REPLIES, RECORD])


def test_nobody_hears_of_another_patient_or_another_clinic(listen, streams, report, fever):
    ben, olga, sol = listen("ben", HERS), listen("olga", QUEUES), listen("sol", QUEUES)
    nora = listen("nora", QUEUES)
    for one in (ben, olga, sol, nora):
        one.next()
    report(answers=[{"symptom": "vomiting", "frequency": 4, "severity": 4}], temperature_c=39.0)
    streams.look()

    assert nora.next()[1] == ["nursing"]
    assert [one.next() for one in (ben, olga, sol)] == [None, None, None]


def test_staff_hear_which_queue_has_changed_and_that_it_was_answered(
    listen, streams, call, check_in, fever
):
    sol, nora = listen("sol", QUEUES), listen("nora", QUEUES)
    first, _ = sol.next()
    nora.next()
    check_in(distress=9, safe_now=False)
    streams.look()
    second, changed = sol.next()
    assert changed == ["social_work"]
    assert nora.next()[1] == ["social_work"]
    [alert] = call("sol", "GET /alerts?queue=social_work").json["items"]
    call("sol", f"POST /alerts/{alert['id']}/acknowledge", {})
    streams.look()
    assert sol.next()[1] == ["social_work"]
    for missed in (first, second):
        sol.hang_up()
        sol = listen("sol", QUEUES, last=missed)
        assert sol.next()[1] == ["social_work"]


def test_who_asks_for_somebody_changes_a_queue(listen, streams, call):
    sol, chaya = listen("sol", QUEUES), listen("chaya", QUEUES)
    sol.next(), chaya.next()
    body = {"id": str(uuid4()), "kind": "chaplain", "message": None, "contact_by": "phone"}
    assert call("ana", "POST /patients/me/support-requests", body).status_code == 201
    streams.look()

    assert sol.next()[1] == ["chaplaincy"]
    assert chaya.next()[1] == ["chaplaincy"]


def test_of_who_does_not_share_nobody_hears(listen, streams, call, report, world):
    refused = {"given": False, "text_version": 1}
    assert call("ana", "PUT /patients/me/consents/care_team", refused).status_code == 200
    nora, ana = listen("nora", QUEUES), listen("ana", HERS)
    nora.next(), ana.next()
    report(temperature_c=39.0, answers=[{"symptom": "nausea", "frequency": 4, "severity": 4}])
    streams.look()

    assert nora.next() is None
    assert "symptom_reports" in ana.next()[1]


def test_only_a_patient_watches_a_record_and_who_works_on_queues_those(ask_for_stream, streams):
    for name in ("hugo", "nora", "eva", "per"):
        assert ask_for_stream(name, HERS).status_code == 403, name
    for name in ("ana", "hugo", "eva", "per"):
        assert ask_for_stream(name, QUEUES).status_code == 403, name


def test_asked_for_once_it_answers_at_once_and_304_where_nothing_has_changed(call, event):
    first = call("ana", f"GET {HERS}")
    assert first.json == {"id": "0.0", "changed": []}
    seen = {"Last-Event-ID": "0.0"}
    assert call("ana", f"GET {HERS}", headers=seen).headers["ETag"] == first.headers["ETag"]
    unchanged = seen | {"If-None-Match": first.headers["ETag"]}
    assert call("ana", f"GET {HERS}", headers=unchanged).status_code == 304
    event()
    told = call("ana", f"GET {HERS}", headers=unchanged)
    assert told.json == {"id": "1.0", "changed": ["events"]}
