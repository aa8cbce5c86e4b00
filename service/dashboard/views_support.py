"""Whom patients can turn to: groups, people, lines, as the clinic has them."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from uuid import UUID

from flask import Response, make_response, redirect

from service.accounts import queries as people
from service.accounts.access import Do, Topic
from service.care import alert_view
from service.clinical import SupportEntry as Offer
from service.clinical import knowledge
from service.dashboard import forms, support_form
from service.dashboard.access import Visit, allow
from service.dashboard.pages import page
from service.dashboard.routing import POST, Route
from service.errors import Conflict, IdConflict, NotFound, Outdated
from service.ids import derived_id, new_id
from service.support import entries_actions as actions
from service.support import entries_queries as queries
from service.support.entries_schemas import EntryIn, EntryPatch
from service.support.meetings import BadMeeting, next_dates

_NEW, _CHANGED = EntryIn(), EntryPatch()
_OUTDATED = "It has been changed since you opened this page. Read it again first."
# As many drafts and versions out of use as the page lists.
_LISTED = 100


@allow(Topic.SUPPORT_ENTRIES, Do.READ)
def show_support(*, visit: Visit) -> Response:
    """List whom the clinic's patients can turn to, and what is being written."""
    clinic_id = visit.viewer.clinic_id
    offers = queries.offers(visit.session, clinic_id)
    rows = queries.latest(visit.session, clinic_id, limit=_LISTED, last=None)
    by_kind = {kind: [one for one in offers if one.kind == kind] for kind in queries.KINDS}
    return page(
        "support", by_kind=by_kind,
        published={row.slug: row for row in queries.published_in(visit.session, clinic_id)},
        dates=_dates_of(offers, visit), faiths=knowledge().faiths,
        others=[row for row in rows if row.status != "published"], of_clinic=queries.OF_THE_CLINIC,
        may_write=visit.frame.may(Topic.SUPPORT_ENTRIES, Do.WRITE),
    )  # fmt: skip


@allow(Topic.SUPPORT_ENTRIES, Do.WRITE)
def show_new(*, visit: Visit) -> Response:
    """Show a form: empty, or with what another entry says."""
    slug = forms.asked("from")
    if not slug:
        return _new_page(support_form.empty())
    offers = queries.offers(visit.session, visit.viewer.clinic_id)
    offer = next((one for one in offers if one.slug == slug), None)
    if offer is None:
        raise NotFound
    return _new_page(support_form.of(slug, _said(offer)))


@allow(Topic.SUPPORT_ENTRIES, Do.WRITE)
def write(*, visit: Visit) -> Response:
    """Save a new draft."""
    typed = support_form.typed()
    try:
        said = support_form.read(_NEW)
        key = forms.text_of("key") or new_id()
        id = derived_id("support-entry", visit.viewer.account_id, key)
        actions.write(visit.session, visit.viewer, said, id=id, now=visit.now)
    except forms.FormUnusable as wrong:
        return _new_page(typed, errors=wrong.errors, status=422)
    except (actions.EntryUnusable, BadMeeting) as wrong:
        return _new_page(typed, errors=_faults(wrong), status=422)
    except IdConflict:
        said_before = "You have saved this form before with other words. Save again to keep both."
        return _new_page(typed, refusal=said_before, status=409)
    return make_response(redirect(f"/support/{id}?done=saved", 303))


@allow(Topic.SUPPORT_ENTRIES, Do.READ)
def show_entry(*, visit: Visit, entry_id: UUID) -> Response:
    """Show one version, and what can be done with it."""
    return _entry_page(visit, entry_id, done=forms.asked("done"))


@allow(Topic.SUPPORT_ENTRIES, Do.WRITE)
def change(*, visit: Visit, entry_id: UUID) -> Response:
    """Save a draft."""

    def act() -> None:
        row = queries.entry(visit.session, visit.viewer.clinic_id, entry_id)
        changes = support_form.read(_CHANGED, row.content.get("meets"))
        actions.change(visit.session, visit.viewer, entry_id, changes, if_version=_seen())

    return _answered(visit, entry_id, act, done="saved", typed=support_form.typed())


@allow(Topic.SUPPORT_ENTRIES, Do.WRITE)
def publish(*, visit: Visit, entry_id: UUID) -> Response:
    """Show a draft to the clinic's patients."""

    def act() -> None:
        actions.publish(
            visit.session, visit.viewer, entry_id, if_version=_seen(), now=visit.now
        )  # fmt: skip

    return _answered(visit, entry_id, act, done="publish")


@allow(Topic.SUPPORT_ENTRIES, Do.WRITE)
def retire(*, visit: Visit, entry_id: UUID) -> Response:
    """Take a version out of use."""

    def act() -> None:
        actions.retire(visit.session, visit.viewer, entry_id, if_version=_seen())

    return _answered(visit, entry_id, act, done="retire")


def _answered(
    visit: Visit, entry_id: UUID, act: Callable[[], None], *, done: str,
    typed: Mapping[str, Any] | None = None,
) -> Response:  # fmt: skip
    try:
        act()
    except forms.FormUnusable as wrong:
        return _entry_page(visit, entry_id, typed=typed, errors=wrong.errors, status=422)
    except (actions.EntryUnusable, BadMeeting) as wrong:
        return _entry_page(visit, entry_id, typed=typed, errors=_faults(wrong), status=422)
    except (Conflict, Outdated) as no:
        refusal = _OUTDATED if isinstance(no, Outdated) else no.title
        return _entry_page(visit, entry_id, typed=typed, refusal=refusal, status=409)
    return make_response(redirect(f"/support/{entry_id}?done={done}", 303))


def _new_page(typed: Mapping[str, Any], *, status: int = 200, **context: Any) -> Response:
    # A form that is sent twice is one draft: its key was made with the page.
    has_failed = "refusal" in context
    key = str(new_id()) if has_failed else forms.text_of("key") or str(new_id())
    context = {"refusal": None, "errors": {}} | context
    return page(
        "support_entry", status=status, entry=None, typed=typed, key=key,
        faiths=knowledge().faiths, repeats=_repeats(typed), **context,
    )  # fmt: skip


def _entry_page(
    visit: Visit, entry_id: UUID, *, typed: Mapping[str, Any] | None = None,
    errors: Mapping[str, str] | None = None, refusal: str | None = None, done: str = "",
    status: int = 200,
) -> Response:  # fmt: skip
    row = queries.entry(visit.session, visit.viewer.clinic_id, entry_id)
    history = queries.history_of(visit.session, row.clinic_id, row.slug)
    hands = {id for id in (row.written_by, row.published_by) if id}
    names = people.names_of(visit.session, hands)
    may_write = visit.frame.may(Topic.SUPPORT_ENTRIES, Do.WRITE)
    in_form = typed or support_form.of(row.slug, {**queries.NOT_SAID, **row.content})
    edits = may_write and row.status == "draft"
    return page(
        "support_entry", status=status, entry=row, offer=queries.offer_of(row), history=history,
        faiths=knowledge().faiths, repeats=_repeats(in_form),
        dates=_dates_of([queries.offer_of(row)], visit)[row.slug],
        typed=in_form,
        errors=errors or {}, refusal=refusal,
        done=done, edits=edits, left_over=dict(typed) if typed and not edits else {},
        may_write=may_write, writer=alert_view.person(names, row.written_by),
        publisher=alert_view.person(names, row.published_by),
        replaces=any(one.slug == row.slug for one in knowledge().support),
    )  # fmt: skip


def _faults(wrong: actions.EntryUnusable | BadMeeting) -> dict[str, str]:
    """Return what is wrong by field of the form: the domain says where, and what."""
    return {pointer.split("/")[1]: said for pointer, said in wrong.errors}


def _said(offer: Offer) -> dict[str, Any]:
    return {name: getattr(offer, name) for name in queries.SAID}


def _dates_of(offers: Iterable[Offer], visit: Visit) -> dict[str, list[str]]:
    """Return the next dates of each offer in words, where they are."""
    return {
        one.slug: [
            f"{date.local_start:%A} {visit.frame.words.day(date.local_start.date())}, "
            f"{date.local_start:%H:%M}"
            for date in next_dates(one.meets, now=visit.now)
        ]
        for one in offers
    }


def _repeats(in_form: Mapping[str, Any]) -> dict[str, str]:
    """Return how often a group may meet in words; as before only where no other word fits."""
    kept = in_form["repeats"] == "kept"
    return {one: words for one, words in support_form.REPEATS.items() if kept or one != "kept"}


def _seen() -> int | None:
    seen = forms.text_of("seen", most=9)
    return int(seen) if seen.isascii() and seen.isdigit() else None


ROUTES: tuple[Route, ...] = (
    Route("/support", "support", show_support),
    Route("/support/new", "show_new_entry", show_new),
    Route("/support/new", "write_entry", write, POST),
    Route("/support/<uuid:entry_id>", "support_entry", show_entry),
    Route("/support/<uuid:entry_id>", "change_entry", change, POST),
    Route("/support/<uuid:entry_id>/publish", "publish_entry", publish, POST),
    Route("/support/<uuid:entry_id>/retire", "retire_entry", retire, POST),
)
