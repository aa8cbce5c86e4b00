"""``gunicorn wsgi:app`` answers nobody whose rules were changed under their old numbers."""

import pytest
import sqlalchemy as sa

from service.care.rules import rule_set
from service.cli.guard import Guard
from service.db import db, transaction
from service.rulebook.models import RuleText
from service.rulebook.texts import keep
from tests.rulebook.test_texts import Written


@pytest.fixture
def guarded(app):
    """The application as ``wsgi.py`` builds it."""
    before = app.wsgi_app
    app.wsgi_app = Guard(app)
    yield app.test_client()
    app.wsgi_app = before


@pytest.fixture
def changed(app, clock):
    """A rule in force whose number is on record with another text."""
    rule = rule_set().by_id["EM-FEVER"]
    written = Written(rule.id, rule.version, {**rule.data, "about": "Something else"})
    with app.app_context(), transaction() as session:
        keep(session, [written], clinic_id=None, origin="waymark", now=clock.now())
    return rule


def test_a_rule_changed_under_its_old_number_answers_no_patient(guarded, changed, world):
    for _again in range(2):
        answer = guarded.get("/api/v1/me", headers=world["ana"].headers)
        assert (answer.status_code, answer.json["status"]) == (503, 503)
        assert "EM-FEVER" not in answer.text
    ready = guarded.get("/readyz")
    assert ready.status_code == 503
    assert f"EM-FEVER version {changed.version} was changed" in ready.json["checks"]["start"]
    assert guarded.get("/healthz").status_code == 200


def test_what_has_been_put_right_answers_without_a_new_start(app, guarded, changed, world):
    assert guarded.get("/api/v1/me", headers=world["ana"].headers).status_code == 503
    with app.app_context(), transaction() as session:
        session.execute(sa.delete(RuleText))
    assert guarded.get("/api/v1/me", headers=world["ana"].headers).status_code == 200
    with app.app_context(), transaction() as session:
        kept = session.scalars(sa.select(RuleText).where(RuleText.rule == changed.id)).one()
        assert kept.version == changed.version


def test_a_worker_checks_once(app, guarded, world):
    asked = []

    def listen(_connection, _cursor, statement, *_rest):
        asked.append(statement)

    with app.app_context():
        engine = db.engine
    sa.event.listen(engine, "before_cursor_execute", listen)
    for _again in range(3):
        assert guarded.get("/api/v1/me", headers=world["ana"].headers).status_code == 200
    sa.event.remove(engine, "before_cursor_execute", listen)
    assert len([text for text in asked if "INSERT INTO rule_texts" in text]) == 1
