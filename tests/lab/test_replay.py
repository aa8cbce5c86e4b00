"""Replay: what a draft would have raised, told from what really happened."""

from collections import Counter

import pytest
import sqlalchemy as sa

from service.accounts.models import Clinic, Role
from service.alerts.models import AlertReason
from service.care.lab.texts import text_of
from service.care.rules import rule_set
from service.db import transaction
from service.ids import new_id
from service.rulebook.models import RuleDraft, ShadowFinding
from tests.conftest import _add
from tests.lab.life import Life

REPLAYED = [
    rule for rule in rule_set().rules if "alert" in rule.purposes and "silence" not in rule.reads
]


@pytest.fixture
def in_shadow(app, world, clock):
    """Put every rule that can be replayed into shadow as it is, so that all it says is noted."""
    drafts = {}
    with app.app_context(), transaction() as session:
        for rule in REPLAYED:
            row = RuleDraft(
                id=new_id(), clinic_id=world.clinic_id, rule=rule.id,
                rule_version=rule.version + 1, based_on=rule.version, status="shadow",
                text=text_of(rule), written_by=world["eva"].account_id, written_at=clock.now(),
                changed_at=clock.now(), shadow_since=clock.now(),
            )  # fmt: skip
            session.add(row)
            drafts[rule.id] = row.id
        session.execute(
            sa.update(Clinic).where(Clinic.id == world.clinic_id).values(rules_release=1)
        )
    return drafts


@pytest.fixture
def lived(app, world, call, clock):
    """Let two patients live through weeks of everything; tell what went wrong, if anything."""

    def lived(steps: int, seed: int = 1) -> None:
        with app.app_context(), transaction() as session:
            if "dana" not in world.people:
                _add(app, session, clock, world, "dana", Role.PATIENT, world.clinic_id)
        life = Life.of(call, clock, seed=seed)
        for _ in range(steps):
            life.step()
        assert life.refused == Counter()

    return lived


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_replay_tells_what_really_happened(
    app, world, clock, in_shadow, lived, found, replayed, seed
):
    lived(200, seed)
    clock.pass_time(hours=1)
    with app.app_context(), transaction() as session:
        noted = session.execute(
            sa.select(ShadowFinding.draft_id, ShadowFinding.record_id, ShadowFinding.subject,
                      ShadowFinding.severity, ShadowFinding.text, ShadowFinding.spoke,
                      ShadowFinding.in_force_too)
        ).all()  # fmt: skip
        raised = Counter(row for row in session.scalars(sa.select(AlertReason.rule)))
    assert all(row.spoke and row.in_force_too for row in noted)
    real = {}
    for row in noted:
        real.setdefault(row.draft_id, []).append(
            (str(row.record_id), row.subject, row.severity, row.text)
        )
    assert len(raised) > 15

    wrong = {}
    for rule, draft_id in in_shadow.items():
        run = replayed(str(draft_id), first="2026-03-01")
        assert run["state"] == "done", run
        again = [
            (one["record_id"], one["subject"], one["in_force"], one["text"])
            for one in found(run["id"])
        ]
        assert run["report"]["draft"] == run["report"]["in_force"]
        if sorted(again, key=str) != sorted(real.get(draft_id, []), key=str):
            extra = [one for one in again if one not in real.get(draft_id, [])]
            missing = [one for one in real.get(draft_id, []) if one not in again]
            wrong[rule] = (extra, missing)
    print(wrong)
    assert wrong == {}
