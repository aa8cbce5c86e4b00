"""Some die while the provider is down and the schedulers are being killed: nothing follows them."""

from datetime import timedelta
from uuid import uuid4

import sqlalchemy as sa

from service.accounts.models import Grant
from service.db import transaction
from service.notify import actions as outbox
from service.notify.models import Device, OutboxMessage
from tests.conftest import MONDAY_MORNING
from tests.proof.moving import wait_until
from tests.proof.people import TEN, called
from tests.proof.provider import down

DEATH = {"care_status": "deceased", "died_on": "2026-03-02", "confirm": True}
ALIVE, DYING = 20, 8


def test_nothing_goes_to_her_or_her_family_after_a_death(
    app, world, call, clock, people, provider, crew, moving
):
    for minute in (0, 8):
        at = TEN + timedelta(minutes=minute)
        people.add(ALIVE, at=at, prefix=f"alive{minute}-")
    dying = people.add(DYING, prefix="dying0-") + people.add(
        DYING, at=TEN + timedelta(minutes=8), prefix="dying8-"
    )
    give_family(app, world, provider, dying)
    provider.behave(down)
    crew.start(3)
    crew.wait_until_ready()
    moving.set(TEN, rate=20)
    clock.moment = moving.now()
    write(app, world["hugo"].account_id, dying, "before", clock.now())
    wait_until(lambda: were_tried(app, dying[:DYING]), what="what goes to them was tried")

    for patient_id in dying:
        for worker in crew.workers[:1]:
            crew.kill(worker)
            crew.start()
        clock.moment = moving.now()
        assert call("nora", f"PATCH /patients/{patient_id}", DEATH).status_code == 200
    # Whoever forgets to ask: only the gate is left.
    write(app, world["hugo"].account_id, dying, "after", clock.now())
    write(app, called("dying0-0 account"), dying[:1], "to her", clock.now())
    moving.set(TEN + timedelta(minutes=9), rate=20)
    provider.behave(None)
    everybody_alive = {f"alive{minute}-{n}" for minute in (0, 8) for n in range(ALIVE)}
    wait_until(
        lambda: everybody_alive <= {one.browser for one in provider.log},
        what="the living get theirs",
    )
    # Until nothing is left that could still go out.
    wait_until(lambda: not waiting(app), what="the outbox is empty")

    assert {one.browser for one in provider.log} == everybody_alive
    states = dict(people.outbox(OutboxMessage.collapse_key, OutboxMessage.state))
    told = {state for key, state in states.items() if key.startswith(("before", "after", "to her"))}
    assert told == {"withheld"}
    assert len([one for one in people.asked() if one.status == "sent"]) == 2 * ALIVE


def give_family(app, world, provider, patients):
    """Hugo is family to all of them, and has a browser."""
    with app.app_context(), transaction() as session:
        for patient_id in patients:
            session.add(
                Grant(
                    patient_id=patient_id, account_id=world["hugo"].account_id,
                    topics=["calendar"], granted_at=MONDAY_MORNING,
                )
            )  # fmt: skip
        session.add(
            Device(
                id=called("hugo device"), account_id=world["hugo"].account_id, platform="webpush",
                address=provider.browser("hugo").subscription(), created_at=MONDAY_MORNING,
            )
        )  # fmt: skip


def write(app, account_id, patients, prefix, now):
    with app.app_context(), transaction() as session:
        outbox.tell_all(session, [
            outbox.Message(
                recipient_id=account_id, patient_id=patient_id, to_staff=False,
                kind="reply", subject_id=uuid4(), title="x", body={}, collapse_key=f"{prefix} {n}",
                now=now,
            )
            for n, patient_id in enumerate(patients)
        ])  # fmt: skip


def were_tried(app, patients):
    statement = sa.select(sa.func.count()).where(
        OutboxMessage.patient_id.in_(patients), OutboxMessage.last_error.is_not(None)
    )
    with app.app_context(), transaction() as session:
        return session.scalar(statement) >= 2 * len(patients)


def waiting(app):
    statement = sa.select(sa.func.count()).where(
        OutboxMessage.next_try_at.is_not(None), OutboxMessage.to_staff.is_(False)
    )
    with app.app_context(), transaction() as session:
        return session.scalar(statement)
