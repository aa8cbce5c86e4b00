"""``Idempotency-Key``: a ``POST`` that is sent again after a lost answer is done once.

Every ``POST`` of somebody signed in minds it, without a line in its view (``call.allow``).  A few
make what they make out of the key itself and say so with ``minds_key_itself``.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Response, current_app, g, request
from sqlalchemy.orm import Session

from service.accounts.access import Viewer
from service.accounts.kept_answers import Answer, Lock, claim, keep, let_go, lock_of
from service.errors import Rejected

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
_LONGEST = 255


class KeyUnusable(Rejected):
    """An ``Idempotency-Key`` is empty, too long, or not of printable ASCII characters."""

    slug = "key-unusable"
    title = "An Idempotency-Key has 1 to 255 printable ASCII characters."


def minds_key_itself(view: Callable[..., Any]) -> Callable[..., Any]:
    """Say that a view makes its ids out of the key: it is called each time."""
    view.minds_key_itself = True  # type: ignore[attr-defined]
    return view


def key_given() -> str | None:
    """Return the request's ``Idempotency-Key``, ``None`` if it has none.

    Raises:
        KeyUnusable: it is none that could be kept.
    """
    key = request.headers.get(HEADER)
    if key is None:
        return None
    if not 0 < len(key) <= _LONGEST or not key.isascii() or not key.isprintable():
        raise KeyUnusable
    return key


def about_patient(patient_id: UUID | None) -> None:
    """Note whom the answer of this request will tell of."""
    g.answer_about = patient_id


def answered_once(
    session: Session, viewer: Viewer, answering: Callable[[], Any], *, minds_key: bool
) -> Any:
    """Answer a request, or say again what it was answered before.

    Args:
        session: in the request's transaction, with which the answer is kept or is not.
        viewer: who calls, checked already.
        answering: does what is asked.
        minds_key: whether the view does it by itself.

    Raises:
        KeyReused: the key came before with another request.
        KeyUnusable: it cannot be one.
    """
    key = key_given() if request.method == "POST" else None
    if key is None or minds_key:
        return answering()
    lock = lock_of(current_app.config["SECRET_KEY"], viewer, key)
    asked = b"\n".join((request.method.encode(), request.full_path.encode(), request.get_data()))
    before = claim(session, lock, viewer, asked, now=g.now)
    if before is not None:
        again = Response(before.body, before.status, mimetype=before.kind or None)
        again.headers[REPLAYED] = "true"
        return again
    answer: Response = answering()
    _keep(session, lock, answer)
    return answer


def _keep(session: Session, lock: Lock, answer: Response) -> None:
    # A file is large and may be asked for again anyway.
    if answer.is_streamed or answer.direct_passthrough or not _is_plain(answer):
        let_go(session, lock)
        return
    said = Answer(answer.status_code, answer.mimetype or "", answer.get_data(as_text=True))
    keep(session, lock, said, about=g.get("answer_about"))


def _is_plain(answer: Response) -> bool:
    return answer.is_json or not answer.get_data()
