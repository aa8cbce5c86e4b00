"""A reviewed version comes out by itself on its day, where the clinic is."""

from datetime import UTC, datetime

import pytest

from service.content.publishing import publish_due
from service.db import transaction
from tests.jobs.scheduler import Scheduler
from tests.test_races import in_threads

# Nine at night on Sunday 8 March 2026 in Los Angeles is Monday in UTC.
SUNDAY_NIGHT = datetime(2026, 3, 9, 4, 0, tzinfo=UTC)
MONDAY_BEGINS = datetime(2026, 3, 9, 7, 0, tzinfo=UTC)


@pytest.fixture
def reviewed(written, step):
    """Write a version that nora has signed; returns its id."""

    def reviewed(**what):
        id = written(**what)["id"]
        step("eva", "submit", id)
        assert step("nora", "review", id).status_code == 200
        return id

    return reviewed


@pytest.fixture
def schedule(step):
    def schedule(id, day, name="eva", **kwargs):
        return step(name, "schedule", id, body={"publish_on": day}, **kwargs)

    return schedule


@pytest.fixture
def read(call):
    return lambda slug="nausea": call("ana", f"GET /content/{slug}").json["title"]


def test_it_comes_out_as_the_day_begins_at_the_clinic(
    app, call, clock, reviewed, schedule, read, published, world
):
    old = published(title="The one before")["id"]
    id = reviewed(title="From Monday on")
    said = schedule(id, "2026-03-09").json
    assert (said["status"], said["publish_on"]) == ("reviewed", "2026-03-09")
    scheduler = Scheduler(app, clock)

    clock.moment = SUNDAY_NIGHT
    scheduler.tick()
    assert (read(), scheduler.next_moment()) == ("The one before", MONDAY_BEGINS)
    clock.moment = MONDAY_BEGINS
    assert scheduler.tick().published == 1
    assert scheduler.tick().published == 0

    assert read() == "From Monday on"
    shown = call("nora", f"GET /articles/{id}").json
    assert (shown["status"], shown["publish_on"]) == ("published", None)
    assert shown["published_by"] == str(world["eva"].account_id)
    assert shown["published_at"] == "2026-03-09T07:00:00Z"
    assert call("nora", f"GET /articles/{old}").json["status"] == "retired"


def test_it_can_be_taken_back_put_off_and_sent_back(app, call, clock, reviewed, schedule, step):
    ids = [reviewed(slug=slug) for slug in ("nausea", "fatigue", "sleep", "hotflash")]
    for id in ids:
        assert schedule(id, "2026-03-09").status_code == 200
    assert schedule(ids[0], None).json["publish_on"] is None
    assert schedule(ids[1], "2026-03-10").json["publish_on"] == "2026-03-10"
    step("nora", "send-back", ids[2])
    step("eva", "retire", ids[3])

    clock.moment = MONDAY_BEGINS
    assert Scheduler(app, clock).tick().published == 0
    stands = [call("eva", f"GET /articles/{id}").json for id in ids]
    assert [one["status"] for one in stands] == ["reviewed", "reviewed", "draft", "retired"]
    assert [one["publish_on"] for one in stands] == [None, "2026-03-10", None, None]


@pytest.mark.parametrize("day", ["2026-03-01", "2027-03-03"])
def test_a_day_that_is_over_or_after_the_last_one_is_refused(reviewed, schedule, day):
    answer = schedule(reviewed(), day)
    assert answer.status_code == 422
    assert answer.json["type"].endswith("article-day-unusable")
    assert [one["pointer"] for one in answer.json["errors"]] == ["/publish_on"]


def test_only_an_editor_names_the_day_and_only_of_what_is_reviewed(
    written, reviewed, schedule, step
):
    draft = written(slug="fatigue")["id"]
    assert schedule(draft, "2026-03-09").status_code == 409
    id = reviewed()
    assert schedule(id, "2026-03-09", name="nora").status_code == 403
    assert schedule(id, "2026-03-09", headers={"If-Match": '"1"'}).status_code == 412
    assert step("eva", "publish", id).json["publish_on"] is None
    assert schedule(id, "2026-03-09").status_code == 409


def test_what_could_not_come_out_before_its_last_day_waits_no_more(
    app, call, clock, reviewed, schedule
):
    id = reviewed(expires_on="2026-03-10")
    schedule(id, "2026-03-09")
    clock.moment = datetime(2026, 4, 1, tzinfo=UTC)
    scheduler = Scheduler(app, clock)
    scheduler.tick()

    stands = call("eva", f"GET /articles/{id}").json
    assert (stands["status"], stands["publish_on"]) == ("reviewed", None)
    assert scheduler.next_moment() is None or scheduler.next_moment() > clock.now()


def test_two_schedulers_at_once_put_each_out_once(app, call, clock, reviewed, schedule):
    ids = [reviewed(slug=slug) for slug in ("nausea", "fatigue", "sleep")]
    for id in ids:
        schedule(id, "2026-03-09")
    clock.moment = MONDAY_BEGINS

    def put_out():
        with app.app_context(), transaction() as session:
            return publish_due(session, now=clock.now(), limit=2)

    assert sum(in_threads([put_out] * 4)) == 3
    stands = [call("eva", f"GET /articles/{id}").json for id in ids]
    assert [(one["status"], one["version"]) for one in stands] == [("published", 5)] * 3


def test_an_older_text_that_waits_never_takes_the_place_of_a_newer_one(
    app, call, clock, reviewed, schedule, step, read
):
    older, newer = reviewed(title="Older"), reviewed(title="Newer")
    schedule(older, "2026-03-09")
    assert step("eva", "publish", newer).status_code == 200
    clock.moment = MONDAY_BEGINS
    assert Scheduler(app, clock).tick().published == 0
    assert read() == "Newer"
    assert call("eva", f"GET /articles/{older}").json["publish_on"] is None


def test_two_for_the_same_day_leave_the_newer_one(app, clock, reviewed, schedule, read):
    for title in ("Older", "Newer"):
        schedule(reviewed(title=title), "2026-03-09")
    clock.moment = MONDAY_BEGINS
    Scheduler(app, clock).tick()
    assert read() == "Newer"
