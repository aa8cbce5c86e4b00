"""The laboratory: a clinic's own versions of rules, from draft to force."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from flask import Response, make_response, redirect
from marshmallow import ValidationError

from service.accounts.access import Do, Topic
from service.care.lab import asking, drafting
from service.care.lab.refusals import RuleUnusable
from service.care.lab.texts import Said, text_of
from service.dashboard import cursors, forms, lab_page, lab_runs
from service.dashboard.access import Visit, allow
from service.dashboard.pages import page
from service.dashboard.routing import POST, Route
from service.dashboard.views_rules import (
    LEVEL_WORDS,
    QUEUE_CHOICES,
    SEVERITY_CHOICES,
    STATUS_WORDS,
    held_by,
)
from service.errors import Conflict, IdConflict, Outdated
from service.ids import derived_id, new_id
from service.rulebook import queries
from service.rulebook.models import RuleDraft
from service.rulebook.schemas import TEXT, WHY, RuleDraftPatch
from service.wire import moment_text

PAGE = 30
_CHANGED = "It has been changed since you opened this page. Read it again first."
_PATCH = RuleDraftPatch()
_WORDS: Mapping[str, str] = {
    "text": f"Write the rule, at most {TEXT:,} characters of plain writing.",
    "why": f"Say why on a few lines, at most {WHY:,} characters.",
}


def _shadow_on(*args: Any, **kwargs: Any) -> RuleDraft:
    return drafting.set_shadow(*args, on=True, **kwargs)


def _shadow_off(*args: Any, **kwargs: Any) -> RuleDraft:
    return drafting.set_shadow(*args, on=False, **kwargs)


_MOVES: Mapping[str, Callable[..., RuleDraft]] = {
    "activate": drafting.activate, "retire": drafting.retire, "shadow": _shadow_on,
    "light": _shadow_off,
}  # fmt: skip


@allow(Topic.LAB, Do.READ)
def show_lab(*, visit: Visit) -> Response:
    """List the clinic's own versions and what was last tried."""
    status = forms.asked("status")
    status = status if status in STATUS_WORDS else ""
    after = forms.asked("after", most=500)
    clinic_id = visit.viewer.clinic_id
    rows = queries.drafts(
        visit.session, clinic_id, limit=PAGE, status=status or None,
        last=cursors.moment_and_id(after) if after else None,
    )  # fmt: skip
    shown, more = rows[:PAGE], None
    if len(rows) > PAGE:
        more = cursors.written([moment_text(shown[-1].written_at), str(shown[-1].id)])
    runs = queries.runs(visit.session, clinic_id, limit=lab_runs.LATEST, kind="replay")
    held = held_by(visit)
    return page(
        "lab", drafts=shown, more=more, is_first_page=not after, only=status,
        statuses=STATUS_WORDS, states=lab_page.STATE_WORDS, broken=held.broken,
        runs=[asking.run_shown(visit.viewer, run) for run in runs[: lab_runs.LATEST]],
        rules=held.rules.rules, who=lab_page.people_of(visit, shown),
        may_write=visit.frame.may(Topic.LAB, Do.WRITE),
    )  # fmt: skip


@allow(Topic.LAB, Do.WRITE)
def show_new(*, visit: Visit) -> Response:
    """Show a form to begin from a rule in force, or from nothing."""
    rule = held_by(visit).rules.by_id.get(forms.asked("rule"))
    return _new_page({"text": text_of(rule) if rule else "", "why": ""}, rule=rule)


@allow(Topic.LAB, Do.WRITE)
def write(*, visit: Visit) -> Response:
    """Save a new draft."""
    typed = {"text": _text("text"), "why": _text("why")}
    key = forms.text_of("key") or new_id()
    id = derived_id("rule-draft", visit.viewer.account_id, key)
    try:
        said = _read()
        what = Said(said["text"], None, said["why"])
        drafting.write(visit.session, visit.viewer, what, id=id, now=visit.now)
    except forms.FormUnusable as wrong:
        return _new_page(typed, errors=wrong.errors, status=422)
    except RuleUnusable as wrong:
        return _new_page(typed, errors={"text": wrong.errors[0][1]}, status=422)
    except IdConflict:
        said_before = "You have saved this form before with other words. Save again to keep both."
        return _new_page(typed, refusal=said_before, status=409)
    except Conflict as no:
        return _new_page(typed, refusal=no.title, status=409)
    return make_response(redirect(f"/lab/{id}?done=saved", 303))


@allow(Topic.LAB, Do.WRITE)
def switch_off(*, visit: Visit) -> Response:
    """Begin a version that switches a rule off."""
    rule, key = forms.text_of("rule"), forms.text_of("key") or new_id()
    id = derived_id("rule-draft", visit.viewer.account_id, key)
    drafting.write(visit.session, visit.viewer, Said("", rule, None), id=id, now=visit.now)
    return make_response(redirect(f"/lab/{id}?done=saved", 303))


@allow(Topic.LAB, Do.READ)
def show_draft(*, visit: Visit, draft_id: UUID) -> Response:
    """Show one version: its text, its words, what it changes, what was tried."""
    return _draft_page(visit, draft_id, done=forms.asked("done"))


@allow(Topic.LAB, Do.WRITE)
def change(*, visit: Visit, draft_id: UUID) -> Response:
    """Save a draft."""
    typed = {"text": _text("text"), "why": _text("why")}
    try:
        drafting.change(
            visit.session, visit.viewer, draft_id, _read(), if_version=_seen(), now=visit.now
        )
    except forms.FormUnusable as wrong:
        return _draft_page(visit, draft_id, typed=typed, errors=wrong.errors, status=422)
    except RuleUnusable as wrong:
        errors = {"text": wrong.errors[0][1]}
        return _draft_page(visit, draft_id, typed=typed, errors=errors, status=422)
    except (Conflict, Outdated) as no:
        return _draft_page(visit, draft_id, typed=typed, refusal=_words(no), status=409)
    return make_response(redirect(f"/lab/{draft_id}?done=saved", 303))


@allow(Topic.LAB, Do.WRITE)
def move(*, visit: Visit, draft_id: UUID, step: str) -> Response:
    """Take a version a step on its way."""
    try:
        _MOVES[step](visit.session, visit.viewer, draft_id, if_version=_seen(), now=visit.now)
    except (Conflict, Outdated) as no:
        return _draft_page(visit, draft_id, refusal=_words(no), status=409)
    except RuleUnusable as bad:
        return _draft_page(visit, draft_id, refusal=bad.errors[0][1], status=422)
    return make_response(redirect(f"/lab/{draft_id}?done={step}", 303))


def _new_page(typed: Mapping[str, str], *, status: int = 200, **context: Any) -> Response:
    # A form that is sent twice is one draft: its key was made with the page.
    has_failed = "refusal" in context
    key = str(new_id()) if has_failed else forms.text_of("key") or str(new_id())
    context = {"refusal": None, "errors": {}, "rule": None} | context
    return page("lab_new", status=status, typed=typed, key=key, **context)


def _draft_page(
    visit: Visit, draft_id: UUID, *, typed: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None, refusal: str | None = None, done: str = "",
    status: int = 200,
) -> Response:  # fmt: skip
    row = queries.draft(visit.session, visit.viewer.clinic_id, draft_id)
    found = lab_page.of_draft(visit, held_by(visit), row)
    saved = {"text": row.text, "why": row.why or ""}
    return page(
        "lab_draft", status=status, errors=errors or {}, refusal=refusal, done=done,
        typed=typed or saved, left_over=dict(typed) if typed and not found["edits"] else {},
        queues=QUEUE_CHOICES, severities=SEVERITY_CHOICES, level_words=LEVEL_WORDS,
        statuses=STATUS_WORDS, states=lab_page.STATE_WORDS, key=str(new_id()),
        days=asking.DAYS, **found,
    )  # fmt: skip


def _read() -> dict[str, Any]:
    said = {"text": _text("text"), "why": _text("why").strip() or None}
    try:
        loaded: dict[str, Any] = _PATCH.load(said)
    except ValidationError as wrong:
        raise forms.FormUnusable(
            {name: words for name, words in _WORDS.items() if name in wrong.messages_dict}
        ) from None
    return loaded


def _text(name: str) -> str:
    return forms.typed().get(name, "").replace("\x00", "").replace("\r\n", "\n")


def _seen() -> int | None:
    seen = forms.text_of("seen", most=9)
    return int(seen) if seen.isascii() and seen.isdigit() else None


def _words(no: Conflict | Outdated) -> str:
    return _CHANGED if isinstance(no, Outdated) else no.title


ROUTES: tuple[Route, ...] = (
    Route("/lab", "lab", show_lab),
    Route("/lab/new", "show_new_rule", show_new),
    Route("/lab/new", "write_rule_draft", write, POST),
    Route("/lab/off", "switch_rule_off", switch_off, POST),
    Route("/lab/<uuid:draft_id>", "lab_draft", show_draft),
    Route("/lab/<uuid:draft_id>", "change_rule_draft", change, POST),
    Route(
        "/lab/<uuid:draft_id>/<any(activate, retire, shadow, light):step>", "move_rule", move, POST
    ),
    *lab_runs.ROUTES,
)
