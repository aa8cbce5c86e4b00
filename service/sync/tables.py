"""Which tables are synced, with which columns.  The one list: what is not here, no phone gets.

The names are those of the routes; ``docs/decisions/0046`` says what a phone may do with each.
"""

from collections.abc import Mapping
from functools import cached_property
from typing import Any, cast

import sqlalchemy as sa

from service.content.models import FeedMark
from service.journey.models import Event, Question
from service.reminders.models import Reminder, ReminderOccurrence
from service.symptoms.models import Measurement, SymptomReport
from service.sync.columns import FLAG, ID, MOMENT, NESTED, NUMBER, TEXT, WHOLE, Column, Kind
from service.treatments.models import Dose, Treatment
from service.wellbeing.models import QuestionnaireResponse, WellbeingCheck
from service.words import Words, in_place


class Synced:
    """One synced table.

    Args:
        name: on the phone.
        model: what it is here.
        columns: what a phone has of it, besides the id.
        moment: the column that says when it happened; what happened first is entered first.
        is_changeable: whether a record may be changed once it is there.
        is_deletable: whether a phone may delete one.
    """

    def __init__(
        self, name: str, model: Any, columns: tuple[Column, ...], *, moment: str | None = None,
        is_changeable: bool = True, is_deletable: bool = True,
    ) -> None:  # fmt: skip
        self.name, self.model, self.moment = name, model, moment
        kept = (*columns, _KEPT) if "received_at" not in {one.name for one in columns} else columns
        self.columns: Mapping[str, Column] = {one.name: one for one in (*kept, _VERSION)}
        self.is_changeable, self.is_deletable = is_changeable, is_deletable
        self.table = cast(sa.Table, model.__table__)

    @cached_property
    def texts(self) -> tuple[Any, ...]:
        """Its columns as the database writes them out, in the order of ``columns``."""
        return tuple(_as_text(self.table.c[name]) for name in self.columns)

    def raw(self, id: str, texts: tuple[Any, ...]) -> dict[str, Any]:
        """Return a record as a phone gets it, from what ``texts`` selected."""
        record: dict[str, Any] = {"id": ID.read(id)}
        for (name, column), text in zip(self.columns.items(), texts, strict=False):
            if text is None:
                record[name] = None
                continue
            kind = self.table.c[name].type
            record[name] = column.kind.read(kind.opened(text) if isinstance(kind, Words) else text)
        return record


def _as_text(column: Any) -> Any:
    if isinstance(column.type, Words):
        return in_place(column)
    return sa.cast(column, sa.Text())


def _some(kind: Kind, *names: str, **more: Any) -> tuple[Column, ...]:
    return tuple(Column(name, kind, **more) for name in names)


def _ours(kind: Kind, *names: str) -> tuple[Column, ...]:
    return _some(kind, *names, written=False)


_KEPT = Column("received_at", MOMENT, written=False)
_VERSION = Column("version", WHOLE, written=False)

_TABLES = (
    Synced(
        "treatments", Treatment,
        (
            *_some(TEXT, "code", "name"), *_some(TEXT, "modality", filled=True),
            *_some(TEXT, "body_site"), *_some(WHOLE, "line"),
            *_some(TEXT, "started_on", "ended_on", "status", "stop_reason", "dose"),
            *_some(NESTED, "schedule", filled=True), *_some(TEXT, "notes"),
        ),
    ),
    Synced(
        "doses", Dose,
        (
            *_some(ID, "treatment_id"), *_some(TEXT, "local_at"), *_ours(MOMENT, "due_at"),
            *_ours(WHOLE, "cycle"), *_some(TEXT, "status"),
            *_some(MOMENT, "taken_at", filled=True), *_some(TEXT, "reason"),
        ),
        moment="taken_at", is_deletable=False,
    ),
    Synced(
        "events", Event,
        (
            *_some(TEXT, "kind", "title"), *_some(MOMENT, "starts_at"),
            *_some(TEXT, "place", "notes"),
        ),
    ),
    Synced(
        "symptom_reports", SymptomReport,
        (
            *_some(MOMENT, "reported_at"),
            Column("answers", NESTED, empty=[], stripped=("grade",)),
            *_some(NUMBER, "temperature_c"), *_some(WHOLE, "stools_over_baseline"),
            *_some(NUMBER, "glucose_mg_dl"), *_some(NESTED, "red_flags", "body_sites", empty=[]),
            *_some(TEXT, "note", "reported_by"), *_some(ID, "corrects"),
            *_ours(ID, "corrected_by"), *_ours(TEXT, "grading_version"),
        ),
        moment="reported_at", is_changeable=False,
    ),
    Synced(
        "wellbeing_checks", WellbeingCheck,
        (
            *_some(MOMENT, "checked_at"), *_some(WHOLE, "distress", "mood"),
            *_some(NESTED, "topics", "contact_wanted", empty=[]), *_some(FLAG, "safe_now"),
            *_some(TEXT, "note"), *_some(FLAG, "note_is_private", empty=False),
        ),
        moment="checked_at", is_changeable=False, is_deletable=False,
    ),
    Synced(
        "questionnaire_responses", QuestionnaireResponse,
        (
            *_some(TEXT, "questionnaire"), *_some(NESTED, "answers", empty={}),
            *_some(TEXT, "status"), *_some(MOMENT, "answered_at"),
            *_ours(TEXT, "instrument_version"), *_ours(WHOLE, "total"), *_ours(TEXT, "band"),
            *_ours(FLAG, "positive"), *_ours(NESTED, "scores"),
        ),
        moment="answered_at", is_deletable=False,
    ),
    Synced(
        "measurements", Measurement,
        (
            *_some(TEXT, "code"), *_some(NUMBER, "value"), *_some(TEXT, "unit"),
            *_some(MOMENT, "measured_at"),
        ),
        moment="measured_at", is_changeable=False, is_deletable=False,
    ),
    Synced(
        "reminders", Reminder,
        (
            *_some(TEXT, "kind", "title", "recurrence", "local_start", "time_zone", "until"),
            *_some(ID, "treatment_id"), *_some(WHOLE, "nag_after_minutes"),
            *_some(FLAG, "discreet", empty=True), *_some(NESTED, "exdates", empty=[]),
            *_some(FLAG, "dose_days_only", filled=True),
            *_some(FLAG, "rings_in_quiet_hours", empty=False),
            *_some(TEXT, "status", filled=True), *_ours(NESTED, "because"),
        ),
    ),
    Synced(
        "reminder_occurrences", ReminderOccurrence,
        (
            *_some(ID, "reminder_id"), *_some(TEXT, "local_at"), *_ours(MOMENT, "due_at"),
            *_some(TEXT, "status"), *_some(MOMENT, "answered_at", filled=True),
            *_ours(MOMENT, "sent_at", "delivered_at", "opened_at"), *_ours(TEXT, "missed_because"),
        ),
        moment="answered_at", is_deletable=False,
    ),
    Synced(
        "questions", Question,
        (
            *_some(TEXT, "text"), *_some(MOMENT, "asked_at", filled=True), *_some(TEXT, "answer"),
            *_some(MOMENT, "answered_at", filled=True),
        ),
    ),
    Synced(
        "saved_content", FeedMark,
        (
            *_some(TEXT, "slug"), *_some(MOMENT, "read_at", "saved_at", "dismissed_at"),
            *_some(FLAG, "helpful"),
        ),
    ),
)  # fmt: skip

TABLES: Mapping[str, Synced] = {one.name: one for one in _TABLES}
WIDEST = max(len(one.columns) for one in _TABLES)
