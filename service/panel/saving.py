"""Saving a way of looking at the panel under a name, and taking it out again."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.access import Viewer
from service.accounts.models import Account
from service.errors import Conflict
from service.panel.looks import Look
from service.panel.models import SavedView
from service.panel.queries import view_of, views_of

MOST_VIEWS = 20


class ViewExists(Conflict):
    """The viewer has a view of this name already."""

    slug = "view-exists"
    title = "You have a view of this name already."


class TooManyViews(Conflict):
    """The viewer has as many views as are kept."""

    slug = "too-many-views"
    title = "You have 20 views. Delete one first."


def save_view(
    session: Session, viewer: Viewer, *, name: str, look: Look, now: datetime
) -> SavedView:
    """Keep a way of looking under a name.

    Raises:
        ViewExists: she has one of this name.
        TooManyViews: she has twenty.
    """
    # Her account is held, so that two of her pages cannot save a twenty-first together.
    session.execute(
        sa.select(Account.id).where(Account.id == viewer.account_id).with_for_update(key_share=True)
    )
    kept = views_of(session, viewer.account_id)
    name = name.strip()
    if any(view.name == name for view in kept):
        raise ViewExists
    if len(kept) >= MOST_VIEWS:
        raise TooManyViews
    query = {"sort": look.sort, "filter": look.only, "q": look.search}
    view = SavedView(account_id=viewer.account_id, name=name, query=query, created_at=now)
    session.add(view)
    session.flush()
    return view


def delete_view(session: Session, viewer: Viewer, id: UUID) -> None:
    """Take one of the viewer's views out.

    Raises:
        NotFound: no such view of hers.
    """
    session.delete(view_of(session, viewer.account_id, id))
