"""What staff are told about an alert: rows of the outbox, without a clinical word."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, Protocol
from uuid import UUID

from sqlalchemy.orm import Session

from service.alerts.duty import QUEUE_NAMES, Teams
from service.alerts.models import Alert, AlertState, Severity
from service.alerts.rules import Reason
from service.alerts.steps import add_step, nobody_left, tell_systems
from service.ids import derived_id
from service.notify.actions import Message, tell, tell_all
from service.records import Keeps

_DRILL = "Drill: "


class Duties(Protocol):
    """Who answers for a duty of a clinic."""

    def on_duty(self, clinic_id: UUID, duty: str) -> list[UUID]:
        """Return them, the first to be told first."""
        ...


class Opening(NamedTuple):
    """Who hears of an alert that opens: the first on duty, and those its rules also name."""

    first: UUID | None
    also: tuple[UUID, ...]

    @property
    def names(self) -> list[str]:
        """Return all of them as a step keeps them, the first first."""
        everybody = (*((self.first,) if self.first else ()), *self.also)
        return [str(one) for one in dict.fromkeys(everybody)]


def who_hears(alert: Alert, reasons: Sequence[Reason], teams: Duties) -> Opening:
    """Return who is on duty for an alert, and for the duties its reasons name besides."""
    on_duty = teams.on_duty(alert.clinic_id, alert.queue.value)
    others = sorted({name for reason in reasons for name in reason.also_tell})
    also = (one for name in others for one in teams.on_duty(alert.clinic_id, name)[:1])
    return Opening(on_duty[0] if on_duty else None, tuple(also))


def tell_on_opening(
    session: Session, alert: Alert, opening: Opening, teams: Teams, *, now: datetime
) -> None:
    """Tell who hears of an alert that went to ``open``.

    Nobody on the roster is itself an urgent matter for the administrator, at once, whatever
    the severity of the alert.
    """
    key = f"opened.{alert.version}"
    messages = [message(alert, UUID(one), key, now) for one in opening.names]
    if opening.first is None:
        administrator = teams.people(alert.clinic_id, alert.queue).first
        note_escalation(session, alert, administrator, now)
        tell_systems(session, alert, "alert.escalated", now)
        if administrator is None:
            nobody_left(session, alert, now)
        else:
            title = f"Urgent: nobody is on duty for {QUEUE_NAMES[alert.queue]}, and an alert waits."
            messages.append(
                message(alert, administrator, f"nobody.{alert.version}", now, title=title)
            )
    tell_all(session, messages)


def tell_again(session: Session, alert: Alert, *, now: datetime) -> None:
    """Tell who has an alert, or who is on duty for it, that it waits once more."""
    if alert.severity is Severity.INFO:
        return
    if alert.state is not AlertState.OPEN and alert.assignee_id is not None:
        tell(session, **message(alert, alert.assignee_id, f"again.{alert.version}", now))
        return
    teams = Teams(session, now=now)
    tell_on_opening(session, alert, who_hears(alert, (), teams), teams, now=now)


def tell_who_has_it(
    session: Session, alert: Alert, account_id: UUID, title: str, *, now: datetime
) -> None:
    """Tell somebody that an alert became hers, or is hers no more."""
    tell(session, **message(alert, account_id, f"hands.{alert.version}", now, title=title))


def note_escalation(session: Keeps, alert: Alert, account_id: UUID | None, now: datetime) -> None:
    """Write down to whom an alert was escalated; ``None``: nobody was there."""
    alert.escalated_at = now
    alert.escalated_to = account_id
    alert.version += 1
    to = str(account_id) if account_id else None
    add_step(session, alert, "escalated", now, None, to=to)


def message(
    alert: Alert, account_id: UUID, what: str, now: datetime, *, title: str | None = None
) -> Message:
    """Return what one person is told about an alert.

    The same ``what`` reaches the same person once a round: a round begins when the alert goes
    to ``open``.  A drill says so in its first word.
    """
    waiting = "An urgent alert" if alert.severity is Severity.URGENT else "An alert"
    words = title or f"{waiting} is waiting in {QUEUE_NAMES[alert.queue]}."
    once = derived_id(alert.id, alert.raised_at.isoformat(), what, account_id)
    return Message(
        recipient_id=account_id, patient_id=alert.patient_id, to_staff=True, kind="alert",
        subject_id=alert.id, title=f"{_DRILL if alert.is_drill else ''}{words}",
        body={"severity": alert.severity.value, "queue": alert.queue.value},
        collapse_key=f"{alert.id.hex}.{once.hex}", now=now,
    )  # fmt: skip
