"""What a rule leads to: an alert, guidance, things to read, suggested reminders, questions."""

import re
from collections.abc import Collection
from dataclasses import dataclass

from service.care.facts.vocabulary import GUIDANCE_LEVELS, Vocabulary
from service.care.rules.parse import Spec
from service.clinical.spans import Span

SEVERITIES = ("urgent", "soon", "info")
QUEUES = ("nursing", "social_work", "chaplaincy", "coordination")
PURPOSES = ("alert", "guidance", "content", "reminder", "ask")
"""What rules are run for; ``next`` belongs to ``ask``."""

REMINDER_KINDS = (
    "medication",
    "appointment",
    "check_in",
    "wellbeing",
    "lab",
    "dental",
    "custom",
)
SAFETY_QUESTION = "safe_now"
_LONGEST_TITLE = 200
_LOCAL_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_EXAMPLES = {"recurrence": "FREQ=WEEKLY", "local_time": '"09:00"'}
_RECURRENCE = re.compile(r"FREQ=(DAILY|WEEKLY|MONTHLY|YEARLY)(;[A-Z]+=[A-Z0-9,+-]+)*")


@dataclass(frozen=True, slots=True)
class Alert:
    """A person must look at it.

    Attributes:
        severity: urgent, soon or info.
        queue: nursing, social_work, chaplaincy or coordination.
        high: sorted first among alerts of its severity ("soon (high)").
        acknowledge_within: ``None`` for the policy's time for the severity.
        contact_within: time to the first contact, ``None`` without a clock of its own.
        patient_can_snooze: whether repeats may be held back for a while at all.
        also_tell: queues whose people on duty are told, without an alert of their own.
        named_contact_required: only a named person with a recorded contact may close it.
    """

    severity: str
    queue: str
    high: bool = False
    acknowledge_within: Span | None = None
    contact_within: Span | None = None
    patient_can_snooze: bool = False
    also_tell: tuple[str, ...] = ()
    named_contact_required: bool = False


@dataclass(frozen=True, slots=True)
class Guidance:
    """What to tell her now: a level, and the slug of the text in ``clinical/guidance``."""

    level: str
    text: str


@dataclass(frozen=True, slots=True)
class Reminder:
    """A reminder to suggest; nothing is sent before she accepts it.

    ``recurrence`` is an RRULE or ``None`` for once, ``local_time`` ``HH:MM`` or ``None``.
    """

    kind: str
    title: str
    about: str
    recurrence: str | None = None
    local_time: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """Everything one rule, or one case of it, leads to."""

    alert: Alert | None = None
    guidance: Guidance | None = None
    content: tuple[str, ...] = ()
    reminders: tuple[Reminder, ...] = ()
    ask: tuple[str, ...] = ()
    next: str | None = None

    @property
    def purposes(self) -> frozenset[str]:
        """What there is in it."""
        filled = (self.alert, self.guidance, self.content, self.reminders, self.ask or self.next)
        return frozenset(purpose for purpose, part in zip(PURPOSES, filled, strict=True) if part)


def outcome_of(spec: Spec, vocabulary: Vocabulary) -> Outcome:
    """Read what stands under ``then``, or in one of its cases, apart from ``when``."""
    askable = {*vocabulary.symptoms, *vocabulary.questionnaires, SAFETY_QUESTION}
    return Outcome(
        alert=_alert(spec.part("alert")) if "alert" in spec else None,
        guidance=_guidance(spec.part("guidance"), vocabulary) if "guidance" in spec else None,
        content=_words(spec, "content", vocabulary.articles, "article"),
        reminders=_reminders(spec),
        ask=_words(spec, "ask", askable, "question"),
        next=(
            spec.word("next", vocabulary.questionnaires, "questionnaire")
            if "next" in spec
            else None
        ),
    )


def joined(shared: Outcome, own: Outcome) -> Outcome:
    """Return a case's outcome, filled up with what the rule says for all its cases."""
    return Outcome(
        alert=own.alert or shared.alert,
        guidance=own.guidance or shared.guidance,
        content=tuple(dict.fromkeys((*own.content, *shared.content))),
        reminders=(*own.reminders, *shared.reminders),
        ask=tuple(dict.fromkeys((*own.ask, *shared.ask))),
        next=own.next or shared.next,
    )


def _words(spec: Spec, key: str, known: Collection[str], what: str) -> tuple[str, ...]:
    return spec.words(key, known, what) if key in spec else ()


def _alert(spec: Spec) -> Alert:
    severity = spec.word("severity", SEVERITIES, "severity")
    alert = Alert(
        severity=severity,
        queue=spec.word("queue", QUEUES, "queue"),
        high="priority" in spec and bool(spec.word("priority", ("high",), "priority")),
        acknowledge_within=_span(spec, "acknowledge_within"),
        contact_within=_span(spec, "contact_within"),
        patient_can_snooze=spec.flag("patient_can_snooze"),
        also_tell=_words(spec, "also_tell", QUEUES, "queue"),
        named_contact_required=spec.flag("named_contact_required"),
    )
    if severity == "info" and (alert.acknowledge_within or alert.contact_within):
        raise spec.refuse("an info alert has no clock")
    if severity == "urgent" and alert.patient_can_snooze:
        raise spec.refuse("an urgent alert cannot be snoozed", "patient_can_snooze")
    spec.done()
    return alert


def _span(spec: Spec, key: str) -> Span | None:
    return spec.span(key) if key in spec else None


def _guidance(spec: Spec, vocabulary: Vocabulary) -> Guidance:
    level = spec.word("level", GUIDANCE_LEVELS, "guidance level")
    text = spec.word("text", vocabulary.guidance, "guidance text")
    written_for = vocabulary.guidance[text]
    if written_for != level:
        raise spec.refuse(f"{text!r} is written for {written_for!r}, not {level!r}", "level")
    spec.done()
    return Guidance(level, text)


def _reminders(spec: Spec) -> tuple[Reminder, ...]:
    if "reminder" not in spec:
        return ()
    several = isinstance(spec.optional("reminder"), list)
    rows = spec.parts("reminder") if several else [spec.part("reminder")]
    return tuple(_reminder(row) for row in rows)


def _reminder(spec: Spec) -> Reminder:
    reminder = Reminder(
        kind=spec.word("kind", REMINDER_KINDS, "kind of reminder"),
        title=spec.text("title"),
        about=spec.text("about"),
        recurrence=spec.optional("recurrence"),
        local_time=spec.optional("local_time"),
    )
    if len(reminder.title) > _LONGEST_TITLE:
        raise spec.refuse(f"longer than {_LONGEST_TITLE} characters", "title")
    for key, pattern in (("recurrence", _RECURRENCE), ("local_time", _LOCAL_TIME)):
        value = getattr(reminder, key)
        if value is not None and not pattern.fullmatch(str(value)):
            such = _EXAMPLES[key]
            raise spec.refuse(f"{value!r} is not a {key.replace('_', ' ')} such as {such}", key)
    spec.done()
    return reminder
