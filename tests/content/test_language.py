"""Whoever reads Spanish gets Spanish: articles, cards, and what to do now; else English."""

from uuid import uuid4

import pytest
import sqlalchemy as sa

from service.accounts.models import RosterEntry
from service.clinical import knowledge
from service.content.articles import languages_of
from service.db import transaction

NOW = "2026-03-02T09:00:00-08:00"
SPANISH = knowledge().articles["tdxd-ild", "es"]


@pytest.fixture(params=["es", "es-US", "es-mx"])
def speaks(call, request):
    """Ana's language is some kind of Spanish."""
    assert call("ana", "PATCH /me", {"locale": request.param}).status_code == 200


@pytest.fixture
def takes(call):
    def takes(code):
        body = {"id": str(uuid4()), "code": code, "started_on": "2026-02-20", "status": "active"}
        assert call("ana", "POST /patients/me/treatments", body).status_code == 201

    return takes


@pytest.fixture
def told(call):
    """What Ana is told when she reports something."""

    def told(**what):
        body = {"id": str(uuid4()), "reported_at": NOW, **what}
        answer = call("ana", "POST /patients/me/symptom-reports", body)
        assert answer.status_code == 201, answer.json
        return answer.json["guidance"]

    return told


@pytest.mark.parametrize(
    ("locale", "closest"),
    [
        ("es-US", ("es-US", "es", "en")), ("es", ("es", "en")), ("es_mx", ("es-MX", "es", "en")),
        ("en-US", ("en-US", "en")), ("zh-hant-TW", ("zh-Hant-TW", "zh-Hant", "zh", "en")),
        ("es-419", ("es-419", "es", "en")),
    ],
)  # fmt: skip
def test_the_closest_language_is_looked_for_first(locale, closest):
    assert languages_of(locale) == closest


def test_an_article_is_read_in_spanish(call, speaks):
    answer = call("ana", "GET /content/tdxd-ild").json

    assert (answer["language"], answer["title"]) == ("es", SPANISH.title)
    assert "llame ahora a su línea de oncología" in answer["html"]
    assert any(source.startswith("translation:") for source in answer["sources"])
    assert answer["review_status"] == "draft"


def test_what_is_not_translated_is_read_in_english(call, speaks):
    assert ("nausea", "es") not in knowledge().articles
    assert call("ana", "GET /content/nausea").json["language"] == "en"


def test_cards_are_in_spanish_where_there_is_some(call, speaks, takes, told):
    takes("t_dxd")
    told(answers=[{"symptom": "nausea", "frequency": 2, "severity": 2}])
    cards = {one["slug"]: one for one in call("ana", "GET /patients/me/feed").json["items"]}

    assert cards["tdxd-ild"]["title"] == SPANISH.title
    assert cards["tdxd-ild"]["summary"] == SPANISH.summary
    assert cards["nausea"]["title"] == knowledge().articles["nausea", "en"].title


def test_each_reads_her_own_language_not_the_patients(call, speaks):
    assert call("nora", "GET /content/tdxd-ild").json["language"] == "en"


@pytest.mark.parametrize(
    ("report", "slug"),
    [
        ({"temperature_c": 38.2}, "fever-on-treatment"),
        ({"red_flags": ["seizure"]}, "brain-emergency"),
        ({"red_flags": ["breathless_at_rest"]}, "breathing-emergency"),
    ],
)
def test_what_to_do_now_is_said_in_spanish_with_the_clinics_numbers(
    call, speaks, takes, told, report, slug
):
    takes("ribociclib")
    guidance = told(**report)
    text = knowledge().guidance[slug, "es"]

    assert (guidance["title"], guidance["level"]) == (text.title, text.level)
    assert guidance["text"] == text.body.format(
        oncology_line="206-555-0100", emergency_number="911", crisis_line="988"
    )
    assert "{" not in guidance["text"]
    assert " al 911" in guidance["text"]
    assert guidance["phone"] == ("911" if text.level == "emergency" else "206-555-0100")


def test_thoughts_of_ending_it_are_answered_in_spanish(call, speaks):
    body = {
        "id": str(uuid4()), "questionnaire": "phq-9", "answered_at": NOW, "status": "in-progress",
        "answers": {"9": 1},
    }  # fmt: skip
    answer = call("ana", "POST /patients/me/questionnaire-responses", body)
    assert answer.status_code == 201, answer.json
    guidance = answer.json["guidance"]

    assert guidance["level"] == "crisis"
    assert "¿Está a salvo en este momento?" in guidance["text"]
    assert "llame ahora mismo al 988" in guidance["text"]
    assert "911" in guidance["text"]


def test_that_nobody_is_on_duty_is_said_in_spanish_too(app, speaks, takes, told):
    takes("ribociclib")
    with app.app_context(), transaction() as session:
        session.execute(sa.delete(RosterEntry).where(RosterEntry.duty == "nursing"))
    text = told(temperature_c=38.2)["text"]

    assert "nadie de su equipo está de turno" in text
    assert "Nobody" not in text
    assert "{" not in text


def test_what_she_was_told_is_read_again_in_the_language_she_has_then(call, takes):
    takes("ribociclib")
    body = {"id": str(uuid4()), "reported_at": NOW, "temperature_c": 38.2}
    first = call("ana", "POST /patients/me/symptom-reports", body).json["guidance"]
    assert call("ana", "PATCH /me", {"locale": "es-US"}).status_code == 200
    again = call("ana", f"GET /patients/me/symptom-reports/{body['id']}").json["guidance"]

    assert first["title"] == "Fever on treatment"
    assert again["title"] == "Fiebre durante el tratamiento"
    assert (again["level"], again["phone"]) == (first["level"], first["phone"])


def test_it_is_english_for_whoever_reads_english(call, takes, told):
    takes("ribociclib")
    assert told(temperature_c=38.2)["title"] == "Fever on treatment"
    assert call("ana", "GET /content/tdxd-ild").json["language"] == "en"
