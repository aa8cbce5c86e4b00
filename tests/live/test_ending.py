"""Streams end with the right to hear, with their minute, and where there is no room."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from service.accounts.models import Account, Patient, Role
from service.accounts.session_models import DeviceSession
from service.db import db, transaction
from service.ids import new_id
from service.live.looking import Asked
from service.live.streams import MIMETYPE, Streams
from service.live.watching import News, Watch
from tests.conftest import FixedClock
from tests.dashboard.conftest import browse, statements_counted
from tests.live.conftest import HERS, QUEUES, Listening

__all__ = ["browse"]


@pytest.fixture
def change(app):
    """Change a row: ``change(Account, id, role=…)``."""

    def change(model, id, **values):
        with app.app_context(), transaction() as session:
            session.execute(sa.update(model).where(model.id == id).values(**values))

    return change


CUTS = {
    "signed out": ("nora", DeviceSession, {"revoked_at": datetime(2026, 3, 2, tzinfo=UTC)}),
    "signed in long ago": ("nora", DeviceSession, {"expires_at": datetime(2026, 3, 2, tzinfo=UTC)}),
    "her device cut off": ("ana", DeviceSession, {"revoked_at": datetime(2026, 3, 2, tzinfo=UTC)}),
    "closed off": ("nora", Account, {"disabled_at": datetime(2026, 3, 2, tzinfo=UTC)}),
    "in another role": ("nora", Account, {"role": Role.EDITOR}),
    "without a second factor": ("nora", Account, {"totp_confirmed_at": None}),
    "at another clinic": ("nora", Account, {"clinic_id": "other"}),
    "no patient any more": ("ana", Patient, {"account_id": None}),
}


@pytest.mark.parametrize("what", CUTS)
def test_s09_a_stream_ends_when_its_right_does(listen, streams, change, world, what):
    name, model, values = CUTS[what]
    person = world[name]
    ids = {DeviceSession: person.session_id, Account: person.account_id, Patient: person.patient_id}
    if "clinic_id" in values:
        values = {"clinic_id": world.other_clinic_id}
    stays, goes = listen("sol", QUEUES), listen(name, HERS if name == "ana" else QUEUES)
    stays.next(), goes.next()
    change(model, ids[model], **values)
    streams.look()

    assert goes.next() == "over"
    assert stays.next() is None


def test_s09_a_browser_nobody_uses_hears_no_longer_and_a_stream_is_no_use(
    app, browse, streams, clock
):
    nora = browse("nora")
    clock.pass_time(seconds=app.config["DASHBOARD_IDLE"].total_seconds() - 30)
    answer = nora.get("/changes", headers={"Accept": MIMETYPE}, buffered=False)
    listening = Listening(answer)
    assert listening.next()[1] == []
    clock.pass_time(seconds=31)
    streams.look()

    assert listening.next() == "over"


def test_a_stream_ends_after_a_minute_and_gives_its_place_away(listen, streams, clock):
    ana = listen("ana", HERS)
    ana.next()
    clock.pass_time(seconds=59)
    streams.look()
    assert ana.next() is None
    clock.pass_time(seconds=1)
    streams.look()

    assert ana.next() == "over"
    ana.hang_up()
    assert streams._open == []


def test_a_quarter_of_the_threads_stream_and_two_of_an_account(streams, listen, ask_for_stream):
    for name, path in (("ana", HERS), ("ana", HERS)):
        listen(name, path)
    third = ask_for_stream("ana", HERS)
    assert (third.status_code, third.headers["Retry-After"]) == (503, "60")
    assert third.json["type"].endswith("/no-stream")
    sol, _nora = listen("sol", QUEUES), listen("nora", QUEUES)
    assert ask_for_stream("omar", QUEUES).status_code == 503
    sol.hang_up()
    assert ask_for_stream("omar", QUEUES).status_code == 200


def test_an_open_stream_holds_no_connection_and_all_cost_one_statement(app, listen, streams):
    for name, path in (("ana", HERS), ("ben", HERS), ("nora", QUEUES), ("olga", QUEUES)):
        listen(name, path).next()
    with app.app_context():
        assert db.engine.pool.checkedout() == 0
    with statements_counted(app) as seen:
        streams.look()
    assert len([one for one in seen if not one.startswith("BEGIN")]) == 1
    with app.app_context():
        assert db.engine.pool.checkedout() == 0


def test_asking_costs_two_statements(app, call):
    with statements_counted(app) as seen:
        call("ana", f"GET {HERS}")
    assert len([one for one in seen if not one.startswith("BEGIN")]) == 2


def test_a_page_without_room_is_told_so_without_a_page(browse, app):
    answer = browse("nora").get("/changes", headers={"Accept": MIMETYPE})

    assert (answer.status_code, answer.data) == (503, b"")
    assert answer.headers["Retry-After"] == "60"


def test_nobody_opens_a_stream_as_a_page(browse, streams):
    assert browse("nora").get("/changes").status_code == 404
    by_script = {"HX-Request": "true"}
    told = browse("nora").get("/changes", headers=by_script)
    assert told.json == {"id": "0.0.0", "changed": []}
    assert browse("eva").get("/changes", headers={"Accept": MIMETYPE}).status_code == 403


# The rest is about the streams themselves, without application or database.

NEWS = News("1.0", ())


HER_WATCH = Watch(new_id(), new_id(), Role.PATIENT, None, new_id())


def test_where_nobody_can_look_all_streams_end():
    def fail(_asked, _now):
        raise OSError

    streams = Streams(fail, FixedClock())
    streams.give_room(threads=8, every=None)
    stream = streams.open(HER_WATCH, NEWS)
    lines = stream.lines()
    next(lines)
    streams.look()

    assert list(lines) == []


def test_an_answer_that_was_never_begun_keeps_no_place():
    clock = FixedClock()
    streams = Streams(lambda asked, _now: [NEWS] * len(asked), clock)
    streams.give_room(threads=4, every=None)
    assert streams.open(HER_WATCH, NEWS)
    clock.moment += timedelta(minutes=1)
    streams.look()

    assert streams.open(HER_WATCH, NEWS)


def test_a_thread_looks_while_somebody_listens_and_ends_with_the_last():
    asked: list[list[Asked]] = []

    def look(those, _now):
        asked.append(list(those))
        return [News(f"{len(asked)}.0", ("doses",)) for _one in those]

    streams = Streams(look, FixedClock())
    streams.give_room(threads=4, every=0.001)
    stream = streams.open(HER_WATCH, NEWS)
    lines = stream.lines()
    heard = [next(lines) for _line in range(3)]
    thread = streams._thread
    streams.close(stream)
    thread.join(timeout=10)

    assert heard[2] == b'retry: 2000\nid: 2.0\ndata: {"changed":["doses"]}\n\n'
    assert asked[1][0].seen_id == "1.0"
    assert not thread.is_alive()


def test_a_worker_that_stops_waits_for_no_stream():
    streams = Streams(lambda asked, _now: [NEWS] * len(asked), FixedClock())
    streams.give_room(threads=4, every=60)
    lines = streams.open(HER_WATCH, NEWS).lines()
    thread = streams._thread
    streams.end_all()
    thread.join(timeout=10)

    assert len(list(lines)) == 1
    assert not thread.is_alive()
    assert streams.open(HER_WATCH, NEWS) is None


@pytest.mark.parametrize(("threads", "room"), [(1, 0), (2, 1), (4, 1), (8, 2), (64, 16)])
def test_requests_always_keep_threads(threads, room):
    streams = Streams(lambda _asked, _now: [], FixedClock())
    streams.give_room(threads=threads, every=None)

    assert streams.room == room < threads
