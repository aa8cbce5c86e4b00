"""Private words: columns whose text the database never sees.

A ``Words`` column is read and written as plain text (or as JSON) by all the code above.  In the
database it is sealed with the key of the patient it is about (``patients.words_key``) for its
very place: table, column, row.

* Reading: the column selects, beside itself, its row's id and its patient's key, so whatever
  statement reads it can open it, and none needs a second statement to find the key.
* Writing: ``sealed`` (rows) and the flush of a session (objects) bind each text to its row and
  key.  A text that is bound to neither is refused, so none goes out plain by mistake.

``words_key`` of a patient is ``open`` before ``waymark keys seal`` has come to her: all her words
are plain then.  It is NULL once she was shredded: nobody can read her words, and ``ERASED`` stands
in their place.  In between, a plain text under her key is refused like any other forgery.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

import orjson
import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import Session

from service import sealing
from service.ids import new_id
from service.patient_keys import OPEN, key_of, know, learn

ERASED = "[erased]"
"""What is read where the key is gone."""

_BY_MASTER = "master"


class Place(NamedTuple):
    """Where in the database a text stands, and the wrapped key it is sealed with there."""

    row: UUID
    key: str


class BoundText(str):
    """A text that may be written, and where."""

    place: Place


class BoundJson(dict[str, Any]):
    """The same for an object."""

    place: Place


class Words(sa.types.TypeDecorator[Any]):
    """A column of private words.

    Args:
        place: ``table.column``.
        whose: the column that says which patient it is about; ``None`` for an account's secret,
            sealed with the master key itself.
        through: the table and its column that lead to the patient, where the row does not say.
        row: the column that is the row's id.
        is_json: whether an object is kept, not a text.
    """

    impl = sa.Text
    cache_ok = True

    def __init__(
        self, place: str, *, whose: str | None = "patient_id",
        through: tuple[str, str] | None = None, row: str = "id", is_json: bool = False,
    ) -> None:  # fmt: skip
        super().__init__()
        self.place, self.whose, self.through = place, whose, through
        self.row, self.is_json = row, is_json
        self.leads_from = {row, *([through[1]] if through else [whose] if whose else [])}

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """Seal what was bound to its place.

        Raises:
            TypeError: it was not.
        """
        if value is None:
            return None
        if not isinstance(value, BoundText | BoundJson):
            raise TypeError(f"{self.place}: words are written by service.words alone")
        text = orjson.dumps(value).decode() if self.is_json else str(value)
        row, key = value.place
        place = f"{self.place}.{row.hex}"
        if key == OPEN:
            return text
        if key == _BY_MASTER:
            return sealing.held().seal_secret(place, text)
        return sealing.held().unwrap(key).seal(place, text)

    def column_expression(self, column: Any) -> Any:
        """Select with the words the row's id and the key of the patient."""
        return sa.type_coerce(in_place(column), self)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        """Open what was selected with its place."""
        return None if value is None else self.opened(value)

    def opened(self, selected: str) -> Any:
        """Open what ``in_place`` selected.

        Raises:
            NotOpened: it was changed, moved, or never sealed.  The message names the place.
        """
        row, key, text = selected.split(" ", 2)
        place = f"{self.place}.{UUID(row).hex}"
        if self.whose is None:
            text = sealing.held().open_secret(place, text)
        elif not key:
            return {} if self.is_json else ERASED
        elif key != OPEN:
            text = sealing.held().unwrap(key).open(place, text)
        return orjson.loads(text) if self.is_json else text


def in_place(column: Any) -> Any:
    """Return the expression that selects words with their place, for ``Words.opened``.

    Needed by hand only where a statement hides the column in a subquery.
    """
    column = column.element if isinstance(column, sa.Label) else column
    words: Words = column.type
    table = column.table
    key: Any = sa.literal_column("''")
    if words.whose is not None:
        key = sa.func.coalesce(_key_of(words, table), sa.literal_column("''"))
    blank: Any = sa.literal_column("' '")
    selected = sa.cast(table.c[words.row], sa.Text) + blank + key + blank
    return sa.case((column.is_not(None), selected + sa.type_coerce(column, sa.Text)))


def _key_of(words: Words, table: Any) -> Any:
    patients = sa.table("patients", sa.column("id"), sa.column("words_key")).alias("their")
    query = sa.select(patients.c.words_key)
    if words.through is None:
        return query.where(patients.c.id == table.c[words.whose]).correlate(table).scalar_subquery()
    name, reference = words.through
    parent = sa.table(name, sa.column("id"), sa.column("patient_id")).alias("led_by")
    return (
        query.join_from(patients, parent, patients.c.id == parent.c.patient_id)
        .where(parent.c.id == table.c[reference])
        .correlate(table)
        .scalar_subquery()
    )


@cache
def words_of(table: sa.Table) -> tuple[tuple[str, Words], ...]:
    """Return the columns of private words of a table, with their types."""
    return tuple((one.name, one.type) for one in table.columns if isinstance(one.type, Words))


def sealed(session: Session, table: sa.Table, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a new row with its words bound to their place, and the digest of what it says keyed.

    Raises:
        NotFound: the patient was shredded.
    """
    new = dict(row)
    if table.name == "patients" and new.get("words_key") is None:
        new["words_key"] = sealing.held().new_wrapped_key()
        know(session, new["id"], new["words_key"])
    if not words_of(table):
        return new
    if "content_hash" in new:
        new["content_hash"] = keyed(session, new["patient_id"], new["content_hash"])
    return bound(session, table, new, new)


def bound(
    session: Session, table: sa.Table, leads: Mapping[str, Any], values: Mapping[str, Any]
) -> dict[str, Any]:
    """Return changed columns of one row with its words bound to their place.

    Args:
        session: in a transaction.
        table: the row's.
        leads: of the row what leads to its key: its id, and whose it is.
        values: the new values by column.

    Raises:
        NotFound: the patient was shredded.
    """
    of_words = dict(words_of(table))
    return {
        name: value
        if value is None or name not in of_words
        else _bound(session, of_words[name], leads, value)
        for name, value in values.items()
    }


def keyed(session: Session, patient_id: UUID, digest: bytes) -> bytes:
    """Return a digest of private words as it is kept: keyed, so that nobody can guess them by it.

    Raises:
        NotFound: the patient was shredded.
    """
    key = key_of(session, patient_id)
    return digest if key == OPEN else sealing.held().unwrap(key).keyed(digest)


def _bound(session: Session, words: Words, row: Mapping[str, Any], value: Any) -> Any:
    bound_value = BoundJson(value) if words.is_json else BoundText(value)
    bound_value.place = Place(row[words.row], _key_for(session, words, row))
    return bound_value


def _key_for(session: Session, words: Words, row: Mapping[str, Any]) -> str:
    if words.whose is None:
        return _BY_MASTER
    if words.through is None:
        return key_of(session, row[words.whose])
    return key_of(session, _led_to(session, words.through[0], row[words.through[1]]))


def _led_to(session: Session, table: str, id: UUID) -> UUID:
    """Return the patient another row is about; one the session holds is not asked for again."""
    held: Iterable[Any] = (*session.new, *session.identity_map.values())
    for one in held:
        if one.__tablename__ == table and one.id == id:
            patient_id: UUID = one.patient_id
            return patient_id
    parent = sa.table(table, sa.column("id", sa.Uuid), sa.column("patient_id", sa.Uuid))
    with session.no_autoflush:
        found: UUID = session.scalars(sa.select(parent.c.patient_id).where(parent.c.id == id)).one()
    return found


@sa.event.listens_for(Session, "before_flush")
def _bind_words(session: Session, _context: Any, _instances: Any) -> None:
    """Bind the words of new and of changed objects to their place."""
    new = [one for one in session.new if words_of(one.__table__)]
    for one in new:
        # In the order they were added: later ids sort after earlier ones.
        if "id" in one.__table__.c and one.id is None:
            one.id = new_id()
        if one.__tablename__ == "patients" and one.words_key is None:
            one.words_key = sealing.held().new_wrapped_key()
            know(session, one.id, one.words_key)
    changed = [one for one in session.dirty if words_of(one.__table__)]
    to_bind = [(one, *found) for one in (*new, *changed) for found in _changed(one)]
    learn(session, [one.patient_id for one, *_ in to_bind if hasattr(one, "patient_id")])
    for one, name, words in to_bind:
        row = {at: getattr(one, at) for at in words.leads_from}
        setattr(one, name, _bound(session, words, row, getattr(one, name)))
    for one in new:
        if "content_hash" in one.__table__.c:
            one.content_hash = keyed(session, one.patient_id, one.content_hash)


def _changed(one: Any) -> Iterable[tuple[str, Words]]:
    attributes = sa.inspect(one).attrs
    for name, words in words_of(one.__table__):
        history = attributes[name].history
        if history.has_changes() and history.added[0] is not None:
            yield name, words
