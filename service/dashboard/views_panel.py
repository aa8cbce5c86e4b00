"""The panel: every patient of the clinic in one row, whoever needs somebody first."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import Response, make_response, redirect

from service.accounts.access import Do, Topic
from service.accounts.sharing import not_shared
from service.dashboard import cursors, forms
from service.dashboard.access import Visit, allow
from service.dashboard.news import news_since
from service.dashboard.pages import page
from service.dashboard.panel_words import FILTER_WORDS, SORT_WORDS, silence_words
from service.dashboard.routing import POST, Route
from service.errors import Conflict
from service.panel import queries, saving
from service.panel.looks import FILTERS, Look, look_of
from service.panel.models import SavedView

PAGE = 50
_LONGEST_NAME = 60


@allow(Topic.PANEL, Do.READ)
def show_panel(*, visit: Visit) -> Response:
    """List patients by urgency."""
    return _panel(visit, _look(visit))


@allow(Topic.VIEWS, Do.WRITE)
def save_view(*, visit: Visit) -> Response:
    """Keep what is listed under a name."""
    look, name = _look(visit), forms.text_of("name", most=_LONGEST_NAME + 1)
    if not name or len(name) > _LONGEST_NAME:
        said = "Give the view a name." if not name else "Use a name of at most 60 characters."
        return _panel(visit, look, status=422, name=name, name_error=said)
    try:
        saving.save_view(visit.session, visit.viewer, name=name, look=look, now=visit.now)
    except Conflict as refused:
        return _panel(visit, look, status=409, name=name, name_error=refused.title)
    return make_response(redirect(_address(look), 303))


@allow(Topic.VIEWS, Do.WRITE)
def delete_view(*, visit: Visit, view_id: UUID) -> Response:
    """Take a saved view out."""
    saving.delete_view(visit.session, visit.viewer, view_id)
    return make_response(redirect("/", 303))


def _panel(visit: Visit, look: Look, *, status: int = 200, **form: Any) -> Response:
    assert visit.viewer.clinic_id is not None  # noqa: S101 - staff have a clinic
    after = forms.asked("after", most=500)
    # Before the rows are read: what comes between is told once too often, and not never.
    seen = news_since(visit, None).id
    found = queries.panel_page(
        visit.session, visit.viewer.clinic_id, look=look, limit=PAGE,
        last=_position(after, look.sort) if after else None,
    )  # fmt: skip
    rows, more = found[:PAGE], None
    if len(found) > PAGE:
        place = [look.sort, queries.sort_value(rows[-1], look.sort), str(rows[-1].patient_id)]
        more = _address(look, after=cursors.written(place))
    # Said once, above the whole list: who does not share is in no other.
    is_whole = not (after or look.only or look.search)
    hidden = not_shared(visit.viewer.clinic_id) if is_whole else None
    kept = queries.views_of(visit.session, visit.viewer.account_id)
    return page(
        "panel", status=status, seen=seen, rows=rows, look=look, here_now=_address(look),
        not_shared=0 if hidden is None else visit.session.scalar(hidden),
        first=_address(look) if after else None, more=more, views=_links(kept, look),
        sorts=SORT_WORDS, filters=_filters(visit), silence_words=silence_words,
        may_save=visit.frame.may(Topic.VIEWS, Do.WRITE), form=form,
        shows_symptoms=visit.frame.may(Topic.SYMPTOMS),
        shows_wellbeing=visit.frame.may(Topic.WELLBEING),
        shows_doses=visit.frame.may(Topic.TREATMENTS),
    )  # fmt: skip


def _look(visit: Visit) -> Look:
    """Return what the address asks for.

    A page never refuses what was chosen: a name is looked for among everybody, and what has an
    order of its own is listed in that.
    """
    search = forms.asked("q", most=100)
    only = _choice("show", _filters(visit)) if not search else None
    sort = _choice("sort", SORT_WORDS) if not search and not only else None
    return look_of(visit.viewer, sort=sort, only=only, search=search or None)


def _filters(visit: Visit) -> dict[str, str]:
    """Return the filters this role may use: none tells what it may not see."""
    return {
        name: words for name, words in FILTER_WORDS.items() if visit.frame.may(FILTERS[name].topic)
    }


def _choice(name: str, choices: Mapping[str, str]) -> str | None:
    given = forms.asked(name)
    return given if given in choices else None


def _links(kept: Any, look: Look) -> list[dict[str, Any]]:
    return [
        {
            "id": view.id, "name": view.name, "path": _address(_look_of(view)),
            "is_shown": _look_of(view) == look,
        }
        for view in kept
    ]  # fmt: skip


def _look_of(view: SavedView) -> Look:
    return Look(view.query["sort"], view.query["filter"], view.query["q"])


def _address(look: Look, **more: str) -> str:
    said = {"q": look.search, "show": look.only, "sort": look.sort}
    if look.search or look.only:
        del said["sort"]
    kept = {name: value for name, value in (said | more).items() if value}
    return f"/?{urlencode(kept)}"


def _position(text: str, sort: str) -> queries.Position:
    sorted_by, value, id = cursors.read(text, parts=3)
    if sorted_by != sort:
        raise cursors.PlaceUnknown
    try:
        return queries.bound(sort, value), UUID(id)
    except (ValueError, TypeError, AttributeError):
        raise cursors.PlaceUnknown from None


ROUTES: tuple[Route, ...] = (
    Route("/", "panel", show_panel),
    Route("/views", "save_view", save_view, POST),
    Route("/views/<uuid:view_id>/delete", "delete_view", delete_view, POST),
)
