"""What can be asked of requests to be erased, and of their receipts."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.erasures.models import ErasureRequest, ErasureState
from service.errors import NotFound

_OF_ONE = 50


def requests_page(
    session: Session, clinic_id: UUID, *, limit: int, last: tuple[datetime, UUID] | None
) -> Sequence[ErasureRequest]:
    """Return a clinic's requests, newest first, and one row more."""
    request = ErasureRequest
    wanted = sa.select(request).where(request.clinic_id == clinic_id)
    if last is not None:
        place = sa.tuple_(*last, types=[request.asked_at.type, request.id.type])
        wanted = wanted.where(sa.tuple_(request.asked_at, request.id) < place)
    newest = wanted.order_by(request.asked_at.desc(), request.id.desc())
    return session.scalars(newest.limit(limit + 1)).all()


def requests_of(session: Session, patient_id: UUID) -> Sequence[ErasureRequest]:
    """Return a patient's requests, newest first, as far as the last fifty."""
    request = ErasureRequest
    newest = (request.asked_at.desc(), request.id.desc())
    wanted = sa.select(request).where(request.patient_id == patient_id).order_by(*newest)
    return session.scalars(wanted.limit(_OF_ONE)).all()


def receipt(session: Session, request_id: UUID) -> ErasureRequest:
    """Return what was erased, by the id of the request.

    Raises:
        NotFound: nothing was erased under this id.
    """
    found = session.get(ErasureRequest, request_id)
    if found is None or found.state is not ErasureState.DONE:
        raise NotFound
    return found
