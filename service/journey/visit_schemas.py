"""How her questions and the team's notes look on the wire."""

from marshmallow import fields

from service.accounts.models import Role
from service.wire import NOTE, Id, In, Moment, Out, Query, Text

# Longer than any question put to somebody who has ten minutes.
QUESTION = 2_000


class QuestionIn(In):
    """A question as the phone sends it."""

    id = Id(required=True)
    text = Text(QUESTION, required=True)
    asked_at = Moment(load_default=None, allow_none=True)


class QuestionPatch(In):
    """What changes in a question (JSON merge patch); staff answer and leave her words alone."""

    text = Text(QUESTION)
    answer = Text(NOTE, allow_none=True)
    answered_at = Moment(allow_none=True)


class QuestionOut(Out):
    """A question as kept; it is open while ``answered_at`` is null."""

    id = fields.UUID()
    text = fields.String()
    asked_at = Moment()
    answer = fields.String(allow_none=True)
    answered_at = Moment(allow_none=True)
    received_at = Moment()
    version = fields.Integer()


class QuestionPage(Out):
    """A page of questions, the latest asked first."""

    items = fields.List(fields.Nested(QuestionOut))
    next_cursor = fields.String(allow_none=True)


class QuestionFilter(Query):
    """Which questions: open ones, answered ones, or all."""

    is_open = fields.Boolean(
        data_key="open", load_default=None, truthy={"true"}, falsy={"false"}
    )  # fmt: skip


class NoteIn(In):
    """A note as its writer sends it.  She may read it."""

    id = Id(required=True)
    text = Text(NOTE, required=True)


class NoteOut(Out):
    """A note as kept: what was written, by whom."""

    id = fields.UUID()
    text = fields.String()
    written_at = Moment()
    by_role = fields.Enum(Role, by_value=True)
    by_name = fields.String()
    version = fields.Integer()


class NotePage(Out):
    """A page of notes, newest first."""

    items = fields.List(fields.Nested(NoteOut))
    next_cursor = fields.String(allow_none=True)
