"""A clinic's own versions of rules: written, tried, and brought into force by a second person."""

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.access import Viewer
from service.accounts.account_queries import lock_clinic
from service.accounts.models import Clinic, Role
from service.care.lab import refusals
from service.care.lab.texts import Said, check_use, known_version, read_rule
from service.care.rules import Rule
from service.care.rules_in_force import CLINIC, InForce, held_in, shipped
from service.errors import IdConflict, NotAllowed, Outdated
from service.logs import Code
from service.rulebook import queries, texts
from service.rulebook.models import RuleDraft

logger = logging.getLogger(__name__)

# Above what we, and sites (from 101 on), will ever count to: a version that a release of ours
# brings later must not mean the same as one of a clinic's.
_OWN_FROM = 1000

# Who answers alerts and so may say which come.
_MAY_ACTIVATE = frozenset({Role.NURSE, Role.PHYSICIAN, Role.SOCIAL_WORKER})


class _Kept(NamedTuple):
    """A version as it is kept on record: what it says, or that it switches the rule off."""

    id: str
    version: int
    data: Mapping[str, Any]


def write(session: Session, viewer: Viewer, said: Said, *, id: UUID, now: datetime) -> bool:
    """Begin a new version of a rule, as a draft; tell whether it is new.

    Args:
        session: in a transaction.
        viewer: who writes.
        said: what it says.
        id: of the draft, chosen by the caller; the same again with the same content begins nothing.
        now: the moment.

    Raises:
        RuleUnusable: it is no rule.
        RuleNeverOff: it would switch off what must not be.
        IdConflict: the id stands for something else.
    """
    clinic_id = _locked_clinic(session, viewer)
    there = session.get(RuleDraft, id)
    if there is not None:
        same = (there.written_by, there.text, there.why) == (viewer.account_id, said.text, said.why)
        if not same or there.is_off != bool(said.off) or said.off not in (None, there.rule):
            raise IdConflict
        return False
    held = held_in(session, clinic_id)
    rule = said.off or read_rule(said.text, version=None).id
    ours = shipped().rules.by_id.get(rule)
    version = 1 + max(
        _OWN_FROM, queries.last_version(session, clinic_id, rule), known_version(held, rule)
    )
    check_use(held, rule, said, version)
    session.add(
        RuleDraft(
            id=id, clinic_id=clinic_id, rule=rule, rule_version=version,
            based_on=ours.version if ours else None, status="draft", is_off=bool(said.off),
            text=said.text, why=said.why, written_by=viewer.account_id, written_at=now,
            changed_at=now,
        )
    )  # fmt: skip
    session.flush()
    return True


def change(
    session: Session, viewer: Viewer, id: UUID, changes: Mapping[str, Any], *,
    if_version: int | None, now: datetime,
) -> RuleDraft:  # fmt: skip
    """Change the text of a draft, or why it is there.

    Raises:
        NotFound: there is no such version in the viewer's clinic.
        RuleNotDraft: it is no draft.
        RuleDraftOfAnother: somebody else is writing it.
        RuleUnusable: it would be no rule, or another one.
        Outdated: it is no longer at ``if_version``.
    """
    row = _locked(session, viewer, id, if_version)
    if row.status != "draft":
        raise refusals.RuleNotDraft
    if row.written_by != viewer.account_id:
        raise refusals.RuleDraftOfAnother
    text, why = changes.get("text", row.text), changes.get("why", row.why)
    if row.is_off and text:
        raise refusals.RuleUnusable(errors=[("/text", "This version switches the rule off.")])
    if not row.is_off:
        found = read_rule(text, version=row.rule_version)
        if found.id != row.rule:
            said = f"This is a version of {row.rule}; begin another draft for {found.id}."
            raise refusals.RuleUnusable(errors=[("/text", said)])
        check_use(held_in(session, row.clinic_id), row.rule, Said(text, None, why), 0)
    if (text, why) != (row.text, row.why):
        row.text, row.why = text, why
        _step(row, row.status, now)
    return row


def set_shadow(
    session: Session, viewer: Viewer, id: UUID, *, on: bool, if_version: int | None, now: datetime
) -> RuleDraft:
    """Let a draft be asked at every report and only noted, or end that; another one's ends too.

    Raises:
        NotFound: there is no such version in the viewer's clinic.
        RuleNotDraft: it is neither a draft nor in shadow.
        RuleUnusable: it can no longer be used.
        RuleAskedByClock: it is about silence.
        Outdated: it is no longer at ``if_version``.
    """
    row = _locked(session, viewer, id, if_version)
    if row.status not in {"draft", "shadow"}:
        raise refusals.RuleNotDraft
    if on == (row.status == "shadow"):
        return row
    if on:
        check_replayable(held_in(session, row.clinic_id), row)
        _set_aside(session, row, "shadow", now)
        row.shadow_since = now
    _step(row, "shadow" if on else "draft", now)
    _release(session, row)
    return row


def activate(
    session: Session, viewer: Viewer, id: UUID, *, if_version: int | None, now: datetime
) -> RuleDraft:
    """Bring a version into force in the place of the one before: for the next report on.

    Raises:
        NotFound: there is no such version in the viewer's clinic.
        NotAllowed: the viewer answers no alerts.
        OwnRule: the viewer wrote it.
        RuleNotDraft: it is in force already, or out of use.
        RuleUnusable: it can no longer be used.
        Outdated: it is no longer at ``if_version``.
    """
    _check_clinician(viewer)
    row = _locked(session, viewer, id, if_version)
    if row.status not in {"draft", "shadow"}:
        raise refusals.RuleNotDraft
    if row.written_by == viewer.account_id:
        raise refusals.OwnRule
    data: Mapping[str, Any] = {"id": row.rule, "version": row.rule_version, "off": True}
    if not row.is_off:
        data = read_rule(row.text, version=row.rule_version).data
        said = Said(row.text, None, None)
        check_use(held_in(session, row.clinic_id), row.rule, said, row.rule_version)
    _set_aside(session, row, "active", now, by=viewer.account_id)
    row.activated_by, row.activated_at = viewer.account_id, now
    _step(row, "active", now)
    kept = _Kept(row.rule, row.rule_version, data)
    texts.keep(session, [kept], clinic_id=row.clinic_id, origin=CLINIC, now=now)
    _release(session, row)
    return row


def retire(
    session: Session, viewer: Viewer, id: UUID, *, if_version: int | None, now: datetime
) -> RuleDraft:
    """Take a version out of use: ours holds again if it was in force.

    What was never in force may be put away by whoever wrote it.

    Raises:
        NotFound: there is no such version in the viewer's clinic.
        NotAllowed: it is in force or somebody else's, and the viewer answers no alerts.
        RuleRetired: it is out of use already.
        Outdated: it is no longer at ``if_version``.
    """
    row = _locked(session, viewer, id, if_version)
    if row.status == "active" or row.written_by != viewer.account_id:
        _check_clinician(viewer)
    if row.status == "retired":
        raise refusals.RuleRetired
    was_asked = row.status in {"active", "shadow"}
    row.retired_by, row.retired_at = viewer.account_id, now
    _step(row, "retired", now)
    if was_asked:
        _release(session, row)
    return row


def check_replayable(held: InForce, row: RuleDraft) -> Rule | None:
    """Return what is tried, ``None`` for what is switched off.

    Raises:
        RuleUnusable: it can no longer be used.
        RuleAskedByClock: it is asked about silence, which no report brings.
    """
    tried = None if row.is_off else read_rule(row.text, version=row.rule_version)
    asked = tried or held.rules.by_id.get(row.rule)
    if asked is not None and "silence" in asked.reads:
        raise refusals.RuleAskedByClock
    return tried


def _set_aside(
    session: Session, row: RuleDraft, status: str, now: datetime, by: UUID | None = None
) -> None:
    """Let go what has this status of the same rule: one of each only."""
    before = session.scalars(
        sa.select(RuleDraft).where(
            RuleDraft.clinic_id == row.clinic_id, RuleDraft.rule == row.rule,
            RuleDraft.status == status, RuleDraft.id != row.id,
        )
    ).one_or_none()  # fmt: skip
    if before is None:
        return
    if status == "active":
        before.retired_by, before.retired_at = by, now
    _step(before, "retired" if status == "active" else "draft", now)
    # The other has to be out first: the database lets only one have this status.
    session.flush()


def _release(session: Session, row: RuleDraft) -> None:
    """Number what holds in the clinic anew: every process asks for it with its next request."""
    session.flush()
    session.execute(
        sa.update(Clinic)
        .where(Clinic.id == row.clinic_id)
        .values(rules_release=Clinic.rules_release + 1)
        .execution_options(synchronize_session=False)
    )
    logger.info(
        "clinic %s: %s version %s is %s%s",
        row.clinic_id, Code(row.rule), row.rule_version, Code(row.status),
        Code(" (off)" if row.is_off else ""),
    )  # fmt: skip


def _locked_clinic(session: Session, viewer: Viewer) -> UUID:
    if viewer.clinic_id is None:
        raise NotAllowed
    lock_clinic(session, viewer.clinic_id)
    return viewer.clinic_id


def _locked(session: Session, viewer: Viewer, id: UUID, if_version: int | None) -> RuleDraft:
    row = queries.draft(session, _locked_clinic(session, viewer), id)
    if if_version is not None and row.version != if_version:
        raise Outdated
    return row


def _check_clinician(viewer: Viewer) -> None:
    if viewer.role not in _MAY_ACTIVATE:
        raise NotAllowed


def _step(row: RuleDraft, status: str, now: datetime) -> None:
    row.status, row.changed_at = status, now
    row.version += 1
