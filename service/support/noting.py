"""What answering writes into a request and its steps.  No statement is made here."""

from datetime import datetime

from service.alerts.steps import Doer
from service.records import Keeps
from service.support.models import SupportRequest, SupportStep


def note_claim(session: Keeps, request: SupportRequest, by: Doer, now: datetime) -> None:
    """Let somebody have a request."""
    request.state, request.claimed_by = "claimed", by.account_id
    note_step(session, request, "claimed", by, now)


def note_attempt(
    session: Keeps, request: SupportRequest, by: Doer, now: datetime, *, reached: bool,
    note: str | None,
) -> None:  # fmt: skip
    """Note that somebody tried to reach her."""
    request.claimed_by = request.claimed_by or by.account_id
    request.state = "contacted" if reached or request.state == "contacted" else "claimed"
    if reached:
        request.contacted_at = now
    note_step(session, request, "contacted" if reached else "tried", by, now, note)


def note_closing(
    session: Keeps, request: SupportRequest, by: Doer, now: datetime, *, note: str | None
) -> None:
    """Close a request."""
    request.state, request.closed_at = "closed", now
    request.claimed_by = request.claimed_by or by.account_id
    note_step(session, request, "closed", by, now, note)


def note_step(
    session: Keeps,
    request: SupportRequest,
    kind: str,
    by: Doer,
    now: datetime,
    note: str | None = None,
) -> None:
    """Write down what happened to a request, and by whom."""
    request.version += 1
    session.add(
        SupportStep(
            request_id=request.id, at=now, kind=kind, by=by.account_id, by_role=by.role, note=note
        )
    )
