"""Everything that can wait for her waits for her; she dies; nothing of it goes out, ever."""

from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa

from service.accounts.models import Grant
from service.db import transaction
from service.notify import actions as outbox
from service.notify import leasing
from service.notify.channels import KeptChannel
from service.notify.models import OutboxMessage
from service.notify.sending import deliver
from tests.jobs.scheduler import Scheduler
from tests.passing import steps

DEATH = {"care_status": "deceased", "died_on": "2026-03-02", "confirm": True}
WITHDRAWAL = {"care_status": "withdrawn"}
ENDINGS = pytest.mark.parametrize("ending", [DEATH, WITHDRAWAL], ids=["death", "withdrawal"])
DAYS = 3


@pytest.fixture
def session_of(app):
    def session_of(do):
        with app.app_context(), transaction() as session:
            return do(session)

    return session_of


@pytest.fixture
def tell(session_of, world, clock):
    """Put a message about Ana into the outbox."""

    def tell(to, kind, **more):
        said = {
            "recipient_id": world[to].account_id, "patient_id": world["ana"].patient_id,
            "to_staff": False, "kind": kind, "subject_id": None, "title": "x", "body": {},
            "collapse_key": str(uuid4()), "now": clock.now(),
        } | more  # fmt: skip
        session_of(lambda session: outbox.tell(session, **said))

    return tell


@pytest.fixture
def everything_waits(app, call, clock, world, session_of, tell):
    """One reminder asked and to be asked again, one snoozed, one to come; an answer; family."""
    grant = Grant(
        patient_id=world["ana"].patient_id, account_id=world["hugo"].account_id,
        topics=["calendar"], granted_at=clock.now(),
    )  # fmt: skip
    session_of(lambda session: session.add(grant))
    for start in ("2026-03-02T09:10", "2026-03-02T09:11", "2026-03-02T09:40"):
        body = {
            "id": str(uuid4()), "kind": "custom", "title": "Walk", "local_start": start,
            "recurrence": "FREQ=DAILY", "nag_after_minutes": 30,
        }  # fmt: skip
        assert call("ana", "POST /patients/me/reminders", body).status_code == 201
    report = {"id": str(uuid4()), "reported_at": "2026-03-02T09:00:00-08:00",
              "red_flags": ["chest_pain"]}  # fmt: skip
    assert call("ana", "POST /patients/me/symptom-reports", report).status_code == 201
    clock.pass_time(minutes=12)
    Scheduler(app, clock).tick()
    items = call("ana", "GET /patients/me/reminder-occurrences").json["items"]
    asked = [one["id"] for one in items if one["status"] == "sent"]
    assert len(asked) == 2
    path = f"/patients/me/reminder-occurrences/{asked[0]}/snooze"
    assert call("ana", f"POST {path}", {"minutes": 20}).status_code == 200
    tell("ana", "reply")
    tell("ana", "reminder", body={"occurrences": asked})
    tell("ana", "account", channel="email")
    tell("hugo", "reply")
    tell("hugo", "account", channel="email", patient_id=None)


def sweep(app, clock, *, days):
    """A tick every quarter of an hour; return all that went out."""
    everything = KeptChannel()
    scheduler = Scheduler(app, clock, everything, everything)
    scheduler.tick()
    every, within = timedelta(minutes=15), timedelta(days=days)
    for _ in steps(clock, scheduler.next_moment, every=every, within=within):
        scheduler.tick()
    return scheduler.phone.sent


def to_her_and_hers(messages):
    return [(message.kind, message.channel) for message in messages if not message.to_staff]


def end(call, world, ending):
    answer = call("nora", f"PATCH /patients/{world['ana'].patient_id}", ending)
    assert answer.status_code == 200


@pytest.mark.usefixtures("everything_waits")
def test_alive_she_would_get_all_of_it(app, clock):
    kinds = {kind for kind, _ in to_her_and_hers(sweep(app, clock, days=1))}
    assert kinds == {"reminder", "reply", "account"}


@ENDINGS
@pytest.mark.usefixtures("everything_waits")
def test_s84_nothing_goes_to_her_or_her_family_and_staff_go_on(app, call, clock, world, ending):
    end(call, world, ending)
    sent = sweep(app, clock, days=DAYS)

    assert to_her_and_hers(sent) == []
    # Of a death the family is looked after; what a withdrawal leaves open goes up the ladder.
    assert ("support_request" if ending is DEATH else "alert") in {one.kind for one in sent}


@ENDINGS
@pytest.mark.usefixtures("everything_waits")
def test_s84_what_is_written_afterwards_by_mistake_stays_too(
    app, call, clock, world, tell, session_of, ending
):
    end(call, world, ending)
    for to in ("ana", "hugo"):
        for kind in ("reminder", "reply", "account"):
            tell(to, kind)
            tell(to, kind, channel="email")
    tell("hugo", "account", channel="email", patient_id=None)
    tell("nora", "alert", to_staff=True)

    assert to_her_and_hers(sweep(app, clock, days=1)) == []
    with app.app_context(), transaction() as session:
        left = session.scalars(
            sa.select(OutboxMessage).where(
                OutboxMessage.to_staff.is_(False),
                OutboxMessage.state != "withheld",
                OutboxMessage.sent_at.is_(None),
            )
        ).all()
    assert left == []


@ENDINGS
def test_a_death_between_two_batches_is_seen_by_the_next(app, call, clock, world, tell, ending):
    """What is leased already was decided on with the standing of that moment, seconds ago."""
    tell("ana", "reply")
    end(call, world, ending)
    with app.app_context(), transaction() as session:
        batch = leasing.claim(
            session, owner=uuid4(), now=clock.now(), lease=timedelta(seconds=30), limit=10
        )
    channel = KeptChannel()
    deliver(batch, {"push": channel, "email": channel}, clock)
    assert to_her_and_hers(channel.sent) == []


@pytest.mark.usefixtures("everything_waits")
def test_it_was_an_error_and_what_is_to_come_comes(app, call, clock, world):
    end(call, world, DEATH)
    assert to_her_and_hers(sweep(app, clock, days=1)) == []
    end(call, world, {"care_status": "active"})
    kinds = {kind for kind, _ in to_her_and_hers(sweep(app, clock, days=2))}
    assert kinds == {"reminder"}
