"""The rules that hold for one clinic's patients: the project's, the site's, and its own on top.

Compiled once for each release of a clinic's rules and kept: a request knows the number of the
release from the row it reads anyway, and asks the database only for one it has not met.  Whoever
brings a new release into force must not ask for it before that is committed.
"""

import logging
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from threading import Lock
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts import queries as people
from service.accounts.models import Clinic
from service.accounts.patient_ref import PatientRef
from service.care.rules import RuleSet, rule_set
from service.care.rules.compile import Rule, rules_in
from service.care.rules.vocabulary import vocabulary
from service.clinical.reading import BadKnowledge, Document, check, document_of
from service.logs import Code
from service.rulebook.queries import Standing, standing

logger = logging.getLogger(__name__)

# So many clinics' rules are kept; a set is about a megabyte.
_KEPT = 64
CLINIC = "clinic"
ORIGINS = ("waymark", "site", CLINIC)
OWN_FILE = "a version of the clinic's own"
"""What stands where others name the file a rule is in."""
_UNSIGNED: Mapping[str, Any] = {"status": "draft", "by": None, "on": None}


@dataclass(frozen=True, slots=True)
class Broken:
    """A rule of a clinic's own that no longer compiles: ours stands in its place."""

    draft_id: UUID
    rule: str
    rule_version: int
    complaint: str


@dataclass(frozen=True, slots=True)
class Shadow:
    """A rule in shadow, as a set of its own so that it can be asked like any other."""

    draft_id: UUID
    rule: str
    rules: RuleSet


@dataclass(frozen=True, slots=True, eq=False)
class InForce:
    """What holds in one clinic.

    Attributes:
        rules: those that speak.
        own: what is in force of the clinic's own, by rule, also what is switched off.
        broken: what should be in force and cannot be read.
        shadows: what is asked and only noted.
    """

    rules: RuleSet
    own: Mapping[str, Standing] = field(default_factory=dict)
    broken: Sequence[Broken] = ()
    shadows: Sequence[Shadow] = ()


_sets: OrderedDict[tuple[UUID, int, RuleSet], InForce] = OrderedDict()
_guard = Lock()


def shipped() -> InForce:
    """Return what holds where a clinic has nothing of its own."""
    return _without_own(rule_set())


@lru_cache(maxsize=8)
def _without_own(rules: RuleSet) -> InForce:
    return InForce(rules)


def rules_of(session: Session, patient: PatientRef) -> RuleSet:
    """Return the rules in force for a patient."""
    return in_force(session, patient.clinic_id, patient.rules_release).rules


def in_force(session: Session, clinic_id: UUID, release: int) -> InForce:
    """Return what holds in a clinic.

    Args:
        session: to ask for its own rules, if this release is not known yet.
        clinic_id: whose.
        release: ``clinics.rules_release``; 0 means that it has never had one of its own.
    """
    if release == 0:
        return shipped()
    key = (clinic_id, release, rule_set())
    with _guard:
        found = _sets.get(key)
    if found is None:
        found = _with_own(standing(session, clinic_id))
        with _guard:
            _sets[key] = found
            while len(_sets) > _KEPT:
                _sets.popitem(last=False)
    return found


def held_in(session: Session, clinic_id: UUID) -> InForce:
    """Return what holds in a clinic, committed: not after a change of its rules."""
    clinic = people.clinic(session, clinic_id)
    return in_force(session, clinic_id, clinic.rules_release)


def broken_somewhere(session: Session) -> bool:
    """Tell whether any clinic has a rule of its own that cannot be read any more."""
    clinics = session.execute(
        sa.select(Clinic.id, Clinic.rules_release).where(Clinic.rules_release > 0)
    ).all()
    return any(in_force(session, clinic_id, release).broken for clinic_id, release in clinics)


def origin_of(rule: Rule) -> str:
    """Tell whose a rule is: ``waymark``, ``site`` or ``clinic``."""
    return CLINIC if rule.file == OWN_FILE else rule.origin


def compiled_draft(text: str, *, version: int | None = None) -> Rule:
    """Compile one rule as an editor wrote it.

    Args:
        text: YAML of one rule, as a mapping or as the only entry of a list.
        version: what the server has numbered it; ``None`` for what it says itself.

    Raises:
        BadKnowledge: it cannot be read, or says something wrong, by line and word.
    """
    document = document_of(OWN_FILE, text)
    if len(document.data) != 1:
        raise BadKnowledge(OWN_FILE, [], "one rule is written at a time", 1)
    [row] = document.data
    if not isinstance(row, dict):
        raise BadKnowledge(OWN_FILE, [], "a rule is words with values, as 'id: SYM-SEV'", 1)
    row = {**row, "review": row.get("review", dict(_UNSIGNED))}
    row |= {} if version is None else {"version": version}
    return compiled_row(row, replace(document, data=[row]))


def compiled_row(row: Any, document: Document | None = None) -> Rule:
    """Compile one rule from what it says; ``document`` is where lines are looked up.

    Raises:
        BadKnowledge: it says something wrong.
    """
    document = document or Document("rule", "", [row])
    [rule] = rules_in(document, vocabulary())
    # Last: what the language itself finds wrong it says in better words.
    check("rules", document.data, document)
    return rule


def _with_own(rows: Iterable[Standing]) -> InForce:
    own: dict[str, Standing] = {}
    speaking: list[Rule] = []
    broken: list[Broken] = []
    shadows: list[Shadow] = []
    for row in rows:
        try:
            rule = None if row.is_off else _compiled(row)
        except Exception as bad:  # noqa: BLE001 - whatever it is, no report may fail for it
            logger.error(
                "a clinic's own %s, version %s, %s, cannot be read any more; ours stands: %s",
                Code(row.rule), row.rule_version, Code(row.status), Code(type(bad).__name__),
            )  # fmt: skip
            broken.append(Broken(row.id, row.rule, row.rule_version, str(bad)))
            continue
        if row.status == "shadow":
            shadows.append(Shadow(row.id, row.rule, RuleSet([rule] if rule else [])))
            continue
        own[row.rule] = row
        speaking += [rule] if rule else []
    off = frozenset(rule for rule, row in own.items() if row.is_off)
    kept = [rule for rule in rule_set().rules if rule.id not in off]
    return InForce(RuleSet(kept).replacing(speaking), own, tuple(broken), tuple(shadows))


def _compiled(row: Standing) -> Rule:
    return compiled_draft(row.text, version=row.rule_version)
