"""What could not be sent: how it went, never what it said or to whom, and trying again."""

from uuid import UUID

from flask import Response, make_response, redirect

from service.accounts.access import Do, Topic
from service.dashboard import cursors, forms
from service.dashboard.access import Visit, allow
from service.dashboard.pages import page
from service.dashboard.routing import POST, Route
from service.notify import dead_letters
from service.wire import moment_text

PAGE = 50
_REFUSALS = {
    dead_letters.MessageNotDead: "A colleague has tried this message again before you.",
    dead_letters.MessageTooLate: "This message is of no use any more. It stays here as a record.",
}


@allow(Topic.OUTBOX, Do.READ)
def show_outbox(*, visit: Visit) -> Response:
    """List messages that could not be sent."""
    return _outbox_page(visit)


@allow(Topic.OUTBOX, Do.WRITE)
def retry(*, visit: Visit, message_id: UUID) -> Response:
    """Send a message that failed after all."""
    try:
        dead_letters.try_again(
            visit.session, message_id, clinic_id=_clinic_of(visit), now=visit.now
        )
    except (dead_letters.MessageNotDead, dead_letters.MessageTooLate) as no:
        return _outbox_page(visit, refusal=_REFUSALS[type(no)], status=409)
    return make_response(redirect("/outbox?again=1", 303))


def _outbox_page(visit: Visit, *, refusal: str | None = None, status: int = 200) -> Response:
    last = cursors.moment_and_id(forms.asked("after", most=500))
    found = dead_letters.dead_page(visit.session, _clinic_of(visit), limit=PAGE, last=last)
    rows, more = found[:PAGE], None
    if len(found) > PAGE:
        more = cursors.written([moment_text(rows[-1].created_at), str(rows[-1].id)])
    return page(
        "outbox", status=status, rows=rows, more=more, is_first_page=last is None, refusal=refusal,
        is_sent_again=forms.asked("again") == "1",
    )  # fmt: skip


def _clinic_of(visit: Visit) -> UUID:
    assert visit.viewer.clinic_id is not None  # noqa: S101 - staff have a clinic
    return visit.viewer.clinic_id


ROUTES: tuple[Route, ...] = (
    Route("/outbox", "outbox", show_outbox),
    Route("/outbox/<uuid:message_id>/retry", "retry", retry, POST),
)
