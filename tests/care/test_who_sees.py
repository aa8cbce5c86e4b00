"""Before an article is printed: who would be shown it, and why; on nobody, and on one patient."""

from dataclasses import replace
from datetime import date

import pytest

from service.accounts import queries as people
from service.care.feed.cards import cards_of, picked_for
from service.care.rules import BadRule, rule_set
from service.care.who_sees import WISHES, _sight, example_pictures
from service.clinical import knowledge
from service.content.articles import Shelf
from service.content.revision_schemas import NEEDS
from service.db import transaction
from tests.content.conftest import step, written

__all__ = ["step", "written"]

TODAY = date(2026, 3, 10)


@pytest.fixture
def preview(call):
    return lambda id, name="eva": call(name, f"POST /articles/{id}/preview").json


@pytest.fixture
def hers(call, world):
    """What is said of Ana."""

    def hers(id, name="nora"):
        return call(name, f"GET /patients/{world['ana'].patient_id}/article-previews/{id}")

    return hers


def test_the_made_up_people_are_told_apart_as_the_feed_would(app, world):
    """What the preview says of somebody is what ``cards_of`` makes of the same picture."""
    with app.app_context(), transaction() as session:
        ana = people.patient_ref(session, world["ana"].patient_id)
    shelf, shown = Shelf({}), set()
    for example, picture in example_pictures(knowledge()):
        she = ana._replace(
            time_zone=picture.records.time_zone,
            information_preferences=picture.records.information_preferences,
        )
        picked = picked_for(picture, rule_set())
        cards = cards_of(
            picture, she, rule_set(), picked, shelf, audience=example.audience,
            now=picture.as_of,
        )  # fmt: skip
        in_feed = {card.article.slug for card in cards}
        said = {
            slug for (slug, language), article in knowledge().articles.items()
            if language == "en"
            and _sight(article, rule_set(), picture, example.audience, TODAY)[0]
        }  # fmt: skip
        assert said == in_feed, example.id
        shown |= said
    assert len(shown) > 30


def test_every_wish_that_opens_an_article_has_words():
    assert set(WISHES) == set(NEEDS)


def test_a_draft_is_tried_on_people_who_are_nobody(written, preview):
    draft = written(slug="bone-met", title="Bone here")
    said = preview(draft["id"])

    assert (said["title"], said["html"][:3]) == ("Bone here", "<p>")
    assert [one["rule"] for one in said["rules"]] == ["READ-BONE-MET"]
    assert any("bone" in line for line in said["rules"][0]["when"])
    seen = {one["who"]: one for one in said["people"]}
    told = next(one for who, one in seen.items() if who.startswith("Joined yesterday"))
    assert (told["sees"], told["why"]) == (True, ["Metastases: bone, liver."])
    family = next(one for one in seen.values() if one["audience"] == "caregiver")
    assert (family["sees"], family["why"]) == (False, ["It is not written for families."])


def test_a_name_of_the_clinics_own_is_brought_by_no_rule(written, preview):
    said = preview(written(slug="our-garden")["id"])
    assert said["rules"] == []
    assert {one["sees"] for one in said["people"]} == {False}
    assert said["people"][0]["why"] == [
        "No rule puts it into a feed: it is read under its own name only."
    ]


def test_a_real_patient_is_told_of_by_her_own_records(call, written, hers):
    id = written(slug="bone-met")["id"]
    before = hers(id).json
    assert (before["who"], before["sees"]) == ("Ana", False)
    assert before["why"] == ["Nothing that is on file brings it now.", "Not on file: diagnosis."]
    call("ana", "PUT /patients/me/diagnosis", {
        "recurrence": "distant", "metastatic_sites": ["bone"],
    })  # fmt: skip
    after = hers(id).json
    assert (after["sees"], after["why"]) == (True, ["Metastases: bone."])
    call("ana", "POST /patients/me/feed/bone-met/dismiss")
    put_away = hers(id).json
    assert (put_away["sees"], "put this card away" in put_away["why"][-1]) == (False, True)
    # A try is no showing, and the look is in her log.
    log = call("ana", "GET /patients/me/access-log").json["items"]
    assert {(one["topic"], one["action"]) for one in log} >= {("feed", "read")}


def test_wishes_and_languages_are_respected(call, written, hers):
    id = written(slug="trial-101", needs=["trials"])["id"]
    said = hers(id).json
    assert said["why"] == ["She has not said that she wants to know about studies."]
    call("ana", "PATCH /patients/me", {"locale": "es", "information_preferences": {"trials": True}})
    call("ana", "PUT /patients/me/diagnosis", {
        "recurrence": "distant", "metastatic_sites": ["bone", "brain"],
    })  # fmt: skip
    assert ("brain-met", "es") in knowledge().articles
    said = hers(written(slug="brain-met", audience=["patient", "caregiver"])["id"]).json
    assert (said["sees"], said["why"]) == (False, ["Her app shows it in another language."])
    assert hers(written(slug="bone-met")["id"]).json["sees"]


@pytest.mark.parametrize("name", ["eva", "ada", "cora", "hugo", "olga", "ana"])
def test_only_those_who_may_see_her_feed_and_the_draft_try_it_on_her(written, hers, name):
    assert hers(written()["id"], name).status_code in {403, 404}


def test_an_example_nobody_can_read_is_named_by_file_and_line():
    first = replace(knowledge().examples[0], given={"diagnosis": {"metastatic_sites": ["bones"]}})
    with pytest.raises(BadRule, match=r"examples\.yaml.*did you mean 'bone'"):
        example_pictures(replace(knowledge(), examples=(first,)))
