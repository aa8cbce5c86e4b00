"""Who asked to be erased, until when that can be taken back, and the receipts: days and counts."""

from uuid import UUID

from flask import Response

from service.accounts.access import Do, Topic
from service.dashboard import cursors, forms
from service.dashboard.access import Visit, allow
from service.dashboard.pages import page
from service.dashboard.routing import Route
from service.erasures.models import ErasureState
from service.erasures.queries import receipt, requests_page
from service.errors import NotFound
from service.wire import moment_text

PAGE = 50
STATE_WORDS = {
    ErasureState.WAITING: "Waiting: can be taken back",
    ErasureState.WITHDRAWN: "Taken back",
    ErasureState.RUNNING: "Being erased now",
    ErasureState.DONE: "Erased",
}


@allow(Topic.ERASURE, Do.READ)
def show_erasures(*, visit: Visit) -> Response:
    """List the clinic's requests to be erased.  No name is shown: the page needs none."""
    last = cursors.moment_and_id(forms.asked("after", most=500))
    found = requests_page(visit.session, _clinic_of(visit), limit=PAGE, last=last)
    rows, more = found[:PAGE], None
    if len(found) > PAGE:
        more = cursors.written([moment_text(rows[-1].asked_at), str(rows[-1].id)])
    return page(
        "erasures", rows=rows, more=more, is_first_page=last is None, state_words=STATE_WORDS
    )


@allow(Topic.ERASURE, Do.READ)
def show_receipt(*, visit: Visit, request_id: UUID) -> Response:
    """Show what was erased of one record, and what is kept."""
    request = receipt(visit.session, request_id)
    if request.clinic_id != _clinic_of(visit):
        raise NotFound
    erased = sorted((request.before or {}).items())
    return page("erasure_receipt", request=request, erased=erased, left=request.after or {})


def _clinic_of(visit: Visit) -> UUID:
    assert visit.viewer.clinic_id is not None  # noqa: S101 - staff have a clinic
    return visit.viewer.clinic_id


ROUTES: tuple[Route, ...] = (
    Route("/erasures", "erasures", show_erasures),
    Route("/erasures/<uuid:request_id>", "erasure_receipt", show_receipt),
)
