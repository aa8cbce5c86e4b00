"""What each version of a rule says, kept for as long as rows name it.

Every row that a rule makes keeps the rule's id and version.  Here stands what that version said,
written down once, when it first came into force.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, Protocol, cast
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.db import insert_all_if_new
from service.errors import Conflict
from service.ids import new_id
from service.rulebook.models import RuleText

_TABLE = cast(sa.Table, RuleText.__table__)
# A signature says who answers for a text; it does not change the text.
_NOT_THE_TEXT = frozenset({"review"})
_Key = tuple[str, int]


class RuleTextChanged(Conflict):
    """A version of a rule says something else than it said when it came into force.

    Attributes:
        rule: its id.
        version: the version that stands for two texts.
        was_of: whose the text on record is: waymark, site or clinic.
    """

    slug = "rule-text-changed"
    title = "This rule was changed without a new version number."

    def __init__(self, rule: str, version: int, was_of: str) -> None:
        super().__init__()
        self.rule = rule
        self.version = version
        self.was_of = was_of

    def __str__(self) -> str:
        """Name the rule and the version, and whose text is on record."""
        return (
            f"{self.rule} version {self.version} was changed without a new version number "
            f"(on record as the text of: {self.was_of})"
        )


class Versioned(Protocol):
    """A rule, as far as its text is concerned; ``data`` is the rule as written."""

    @property
    def id(self) -> str:
        """Its name."""

    @property
    def version(self) -> int:
        """Which text of it this is."""

    @property
    def data(self) -> Mapping[str, Any]:
        """What it says."""


def keep(
    session: Session,
    rules: Iterable[Versioned],
    *,
    clinic_id: UUID | None,
    origin: str,
    now: datetime,
) -> None:
    """Write down what rules say, each version once; one statement if nothing is new.

    Args:
        session: to write with.
        rules: all that are, or are just coming, into force.
        clinic_id: whose own they are, ``None`` for those that hold everywhere.
        origin: ``waymark``, ``site`` or ``clinic``.
        now: when they came into force.

    Raises:
        RuleTextChanged: a version is on record with another text.
    """
    texts = {(rule.id, rule.version): text_of(rule) for rule in rules}
    missing = texts.keys() - _agreed(session, texts, clinic_id)
    if not missing:
        return
    rows = [
        {
            "id": new_id(), "clinic_id": clinic_id, "rule": rule, "version": version,
            "digest": digest_of(texts[rule, version]), "data": texts[rule, version],
            "origin": origin, "first_in_force_at": now,
        }
        for rule, version in sorted(missing)
    ]  # fmt: skip
    insert_all_if_new(session, _TABLE, rows, conflict_on="")
    # Another process may have been first, with other files.
    _agreed(session, {key: texts[key] for key in missing}, clinic_id)


def text_of(rule: Versioned) -> dict[str, Any]:
    """Return what a rule says, without who has signed it."""
    return {word: value for word, value in rule.data.items() if word not in _NOT_THE_TEXT}


def digest_of(text: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a text, whatever the order of its words."""
    written = json.dumps(text, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(written.encode()).hexdigest()


def _agreed(
    session: Session, texts: Mapping[_Key, Mapping[str, Any]], clinic_id: UUID | None
) -> Collection[_Key]:
    """Return which of these are on record; refuse one whose text there is another."""
    if not texts:
        return ()
    found = session.execute(
        sa.select(RuleText.rule, RuleText.version, RuleText.digest, RuleText.origin).where(
            RuleText.clinic_id == clinic_id,
            sa.tuple_(RuleText.rule, RuleText.version).in_(list(texts)),
        )
    ).all()
    for rule, version, digest, origin in sorted(found):
        if digest != digest_of(texts[rule, version]):
            raise RuleTextChanged(rule, version, origin)
    return [(rule, version) for rule, version, _digest, _origin in found]
