"""Taking what is no record of her own making: answers to doses and reminders, and saved articles.

Their ids follow from what they are about, so a phone may know one before we do.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from marshmallow import Schema

from service.care import doses, feed, occurrences
from service.care.guidance import NOTHING, Guidance
from service.content import actions as content
from service.content.queries import shelf_of
from service.errors import NotFound
from service.reminders import answering
from service.reminders.answering import Answer, Receipt
from service.reminders.entering import enter_occurrence
from service.sync.errors import RecordNotTaken
from service.sync.reading import Pushed, body_of
from service.sync.taking import Push
from service.treatments.dose_schemas import DoseIn
from service.wire import Flag as TrueOrFalse
from service.wire import Id, In, LocalMoment, Moment, Slug

Before = Mapping[str, Any] | None
"""The record as the phone would get it, ``None`` if it is not on file."""


class _OfTreatment(In):
    treatment_id = Id(required=True)


class _OfReminder(In):
    reminder_id = Id(required=True)
    local_at = LocalMoment(required=True)


class _AnsweredAt(In):
    answered_at = Moment(load_default=None, allow_none=True)


class _Marks(In):
    read_at = Moment(allow_none=True)
    saved_at = Moment(allow_none=True)
    dismissed_at = Moment(allow_none=True)
    helpful = TrueOrFalse(allow_none=True)


class _OfArticle(In):
    slug = Slug(required=True)


def _loaded(pushed: Pushed, raw: Mapping[str, Any], schema: Schema) -> Any:
    columns = pushed.table.columns
    names = {name: columns[name] for name in schema.fields if name in raw}
    return body_of(pushed.table, raw, schema, names=names)


def answer_dose(push: Push, pushed: Pushed, before: Before) -> Guidance:
    """Enter what became of a dose; one that is only expected says nothing.

    A moment beside a dose that was not taken, and a reason beside one that was, are what is left
    of an earlier answer: they are passed over.
    """
    raw = {**(before or {}), **pushed.raw}
    status = raw.get("status")
    if status in (None, "", "expected"):
        if before is not None and before["status"] != "expected":
            raise RecordNotTaken(errors=[("/status", "What was answered stays answered.")])
        return NOTHING
    beside = {"taken_at": raw.get("taken_at"), "reason": raw.get("reason")}
    beside["reason" if status == "taken" else "taken_at"] = None
    of = _loaded(pushed, raw, _OF_TREATMENT)
    answer = _loaded(pushed, {"status": status, **beside}, _DOSE)
    _, guidance = doses.answer(
        push.session, push.patient, change=push.change, treatment_id=of["treatment_id"],
        dose_id=pushed.id, answer=answer,
    )  # fmt: skip
    return guidance


def answer_occurrence(push: Push, pushed: Pushed, before: Before) -> Guidance:
    """Answer an occurrence, or note that it was shown; one we had not made yet is made."""
    raw = {**(before or {}), **pushed.raw}
    status = raw.get("status")
    if status in (None, "", "due") or (before and status == before["status"]):
        return NOTHING
    if before is None:
        of = _loaded(pushed, raw, _OF_REMINDER)
        enter_occurrence(
            push.session, push.patient, change=push.change, id=pushed.id,
            reminder_id=of["reminder_id"], local=datetime.fromisoformat(of["local_at"]),
        )  # fmt: skip
    if status in _RECEIPTS:
        answering.note_receipt(
            push.session, change=push.change, occurrence_id=pushed.id, receipt=Receipt(status)
        )
    elif status in _ANSWERS:
        occurrences.answer(
            push.session, push.patient, change=push.change, occurrence_id=pushed.id,
            answer=Answer(status), said_at=_loaded(pushed, raw, _ANSWERED_AT)["answered_at"],
        )  # fmt: skip
    else:
        raise RecordNotTaken(errors=[("/status", "A phone cannot say this.")])
    return NOTHING


def mark_article(push: Push, pushed: Pushed, before: Before) -> Guidance:
    """Keep what she did with an article, under whichever id her phone has for it."""
    raw = {**(before or {}), **pushed.raw}
    slug = _loaded(pushed, raw, _OF_ARTICLE)["slug"]
    marks = _loaded(pushed, pushed.raw, _MARKS)
    if before is not None and before["slug"] != slug:
        raise RecordNotTaken(errors=[("/slug", "Cannot be changed.")])
    if before is None and not shelf_of(push.session, push.patient.clinic_id, {slug}).knows(slug):
        raise NotFound(errors=[("/slug", "There is no such article.")])
    if marks.get("dismissed_at") is not None and (before is None or not before["dismissed_at"]):
        marks["dismissed_reason"] = feed.reason_now(
            push.session, push.viewer, push.patient, slug, push.change.now
        )
    content.keep_marks(push.session, change=push.change, id=pushed.id, slug=slug, marks=marks)
    return NOTHING


def forget_article(push: Push, id: UUID) -> None:
    """Take a saved article off her list."""
    content.forget_marks(push.session, change=push.change, id=id)


_OF_TREATMENT, _OF_REMINDER, _OF_ARTICLE = _OfTreatment(), _OfReminder(), _OfArticle()
_DOSE, _ANSWERED_AT, _MARKS = DoseIn(), _AnsweredAt(), _Marks()
_RECEIPTS = frozenset(Receipt)
_ANSWERS = frozenset(Answer)

ANSWERS: Mapping[str, Callable[[Push, Pushed, Before], Guidance]] = {
    "doses": answer_dose,
    "reminder_occurrences": answer_occurrence,
    "saved_content": mark_article,
}
