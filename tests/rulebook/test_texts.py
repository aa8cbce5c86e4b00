"""What each version of a rule says is written down once, and never says something else."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from threading import Barrier
from typing import Any

import click
import pytest
import sqlalchemy as sa

from service.care.rules import rule_set
from service.cli.startup import keep_rule_texts
from service.db import db, transaction
from service.rulebook.models import RuleText
from service.rulebook.texts import RuleTextChanged, digest_of, keep, text_of

REVIEW = {"status": "draft", "by": None, "on": None}


@dataclass(frozen=True)
class Written:
    """A rule as far as its text goes."""

    id: str
    version: int
    data: dict[str, Any]


FEVER = Written("EM-FEVER", 1, {"id": "EM-FEVER", "version": 1, "about": "38.0", "review": REVIEW})


@pytest.fixture
def keeping(app, clock):
    """Write down what rules say, as one process does at its start."""

    def keeping(*rules, clinic_id=None, origin="waymark"):
        with app.app_context(), transaction() as session:
            keep(session, rules, clinic_id=clinic_id, origin=origin, now=clock.now())

    return keeping


def on_record(app):
    with app.app_context(), transaction() as session:
        rows = session.execute(
            sa.select(RuleText.rule, RuleText.version, RuleText.origin).order_by(
                RuleText.rule, RuleText.version, RuleText.origin
            )
        )
        return [tuple(row) for row in rows]


def test_every_rule_in_force_is_on_record_after_the_start(app, clock):
    with app.app_context():
        keep_rule_texts(clock.now())

    assert {row[:2] for row in on_record(app)} == {(r.id, r.version) for r in rule_set().rules}
    with app.app_context(), transaction() as session:
        [kept] = session.scalars(sa.select(RuleText).where(RuleText.rule == "EM-FEVER"))
        assert kept.data["when"] == rule_set().by_id["EM-FEVER"].data["when"]
        assert kept.digest == digest_of(kept.data)
        assert kept.first_in_force_at == clock.now()


def test_a_second_start_asks_one_question_and_writes_nothing(app, clock):
    with app.app_context():
        keep_rule_texts(clock.now())
        asked = []

        def listen(_connection, _cursor, statement, *_rest):
            asked.append(statement)

        sa.event.listen(db.engine, "before_cursor_execute", listen)
        keep_rule_texts(clock.now())
        sa.event.remove(db.engine, "before_cursor_execute", listen)
        told = [text for text in asked if "rule_texts" in text]

    assert len(told) == 1
    assert told[0].startswith("SELECT")


def test_the_same_version_with_another_text_is_refused_by_name(app, keeping):
    keeping(FEVER)

    with pytest.raises(RuleTextChanged) as refused:
        keeping(replace(FEVER, data=FEVER.data | {"about": "39.0"}))

    assert str(refused.value).startswith(
        "EM-FEVER version 1 was changed without a new version number"
    )
    assert on_record(app) == [("EM-FEVER", 1, "waymark")]


def test_a_start_with_a_changed_rule_is_refused(app, clock, keeping):
    rule = rule_set().by_id["EM-FEVER"]
    keeping(Written(rule.id, rule.version, {**rule.data, "about": "Something else"}))

    with app.app_context(), pytest.raises(click.ClickException) as refused:
        keep_rule_texts(clock.now())

    said = f"EM-FEVER version {rule.version} was changed without a new version number"
    assert refused.value.message.startswith(said)
    assert len(on_record(app)) == 1


def test_a_new_version_stands_beside_the_old(app, keeping):
    keeping(FEVER)
    keeping(replace(FEVER, version=2, data=FEVER.data | {"version": 2, "about": "39.0"}))

    assert [row[:2] for row in on_record(app)] == [("EM-FEVER", 1), ("EM-FEVER", 2)]


def test_signing_a_rule_does_not_change_its_text(keeping):
    signed = {"status": "reviewed", "by": "Dr. A. Ono", "on": "2026-11-20"}

    keeping(FEVER)
    keeping(replace(FEVER, data=FEVER.data | {"review": signed}))

    assert "review" not in text_of(FEVER)


def test_the_order_of_words_is_no_change(keeping):
    keeping(FEVER)
    keeping(replace(FEVER, data=dict(reversed(FEVER.data.items()))))


def test_a_clinics_own_versions_are_its_own(app, world, keeping):
    other = replace(FEVER, data=FEVER.data | {"about": "39.0"})
    keeping(FEVER)
    keeping(other, clinic_id=world.clinic_id, origin="clinic")
    keeping(other, clinic_id=world.clinic_id, origin="clinic")
    keeping(FEVER, clinic_id=world.other_clinic_id, origin="clinic")

    with pytest.raises(RuleTextChanged):
        keeping(FEVER, clinic_id=world.clinic_id, origin="clinic")
    assert len(on_record(app)) == 3


def test_two_that_start_at_once_write_each_text_once(app, clock):
    together = Barrier(4)

    def start():
        with app.app_context():
            together.wait()
            keep_rule_texts(clock.now())

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(start) for _ in range(4)]:
            done.result()

    assert len(on_record(app)) == len(rule_set().rules)


def test_of_two_texts_that_start_at_once_one_is_refused(app, clock):
    together = Barrier(2)

    def start(about):
        with app.app_context():
            together.wait()
            try:
                with transaction() as session:
                    keep(
                        session, [replace(FEVER, data=FEVER.data | {"about": about})],
                        clinic_id=None, origin="waymark", now=clock.now(),
                    )  # fmt: skip
            except RuleTextChanged:
                return False
            return True

    with ThreadPoolExecutor(2) as pool:
        done = [pool.submit(start, about) for about in ("38.0", "39.0")]

    assert sorted(one.result() for one in done) == [False, True]
    assert len(on_record(app)) == 1
