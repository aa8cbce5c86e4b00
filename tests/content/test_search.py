"""Finding articles by their words: in one's own language, and nothing that is not to be read."""

import pytest

from service.clinical import knowledge
from service.content.search import SearchIndex
from tests.counting import statements_counted


@pytest.fixture
def found(call):
    """Search; returns the slugs, the best first."""

    def found(q, who="ana", **more):
        answer = call(who, "GET /content", query_string={"q": q, **more})
        assert answer.status_code == 200, answer.json
        return [item["slug"] for item in answer.json["items"]]

    return found


def wants(call, **what):
    assert call("ana", "PATCH /patients/me", {"information_preferences": what}).status_code == 200


def test_words_are_found_in_all_their_forms_the_title_before_the_text(found, call):
    assert found("fever")[0] == "chemo-fever"
    assert "neuropathy" in found("tingle hand")
    assert found("FEVERS")[0] == "chemo-fever"
    [first, *_] = call("ana", "GET /content", query_string={"q": "thermometer"}).json["items"]
    assert "thermometer" in first["snippet"]
    assert first["title"]
    assert found("thermometer", limit=1) == [first["slug"]]


def test_where_no_article_has_all_the_words_some_are_enough(found):
    assert "chemo-fever" in found("fever zzzzqq")
    assert found("zzzzqq") == []


def test_what_she_does_not_want_to_know_is_not_found(found, call):
    assert not {"trial-101", "acp", "sexual"} & set(found("study wishes intimacy planning trial"))
    wants(call, trials=True, end_of_life=True, sexual=True)
    assert {"trial-101", "acp", "sexual"} <= set(
        found("study wishes intimacy planning trial", limit=50)
    )


def test_what_is_for_her_family_is_found_by_her_family_alone(found):
    slug = next(one.slug for one in knowledge().articles.values() if one.audience == {"caregiver"})
    title = knowledge().articles[slug, "en"].title
    assert slug in found(title, "hugo")
    assert slug not in found(title)


def test_a_clinics_own_words_are_found_as_soon_as_they_are_printed(found, published, step, call):
    assert "nausea" not in found("handwarmers")
    made = published(body="Our handwarmers are in the day room. " * 3)

    assert found("handwarmers") == ["nausea"]
    assert "nausea" not in found("handwarmers", "ben")

    assert step("eva", "retire", made["id"]).status_code == 200
    assert found("handwarmers") == []


def test_what_has_expired_is_not_found(found, published, clock):
    published(body="Our handwarmers are in the day room. " * 3, expires_on="2026-03-10")
    assert found("handwarmers") == ["nausea"]
    clock.pass_time(days=9)
    assert found("handwarmers") == []


def test_words_for_survivors_are_not_found_where_the_disease_has_spread(found, published, call):
    published(slug="after", tags=["survivor"], body="Handwarmers for afterwards. " * 5)
    assert found("handwarmers") == []
    local = {"recurrence": "local"}
    assert call("ana", "PUT /patients/me/diagnosis", local).status_code == 200
    assert found("handwarmers") == ["after"]
    assert found("handwarmers", "hugo") == []


@pytest.mark.parametrize(
    "text",
    [
        '"',
        "AND OR NOT",
        "title:x",
        "a* NEAR/3 b",
        "(",
        "-",
        "^fever",
        "{}",
        "%",
        "\u202e",
        "a " * 90,
    ],
)
def test_nothing_typed_is_a_command(found, text):
    assert isinstance(found(text), list)


@pytest.mark.parametrize(("q", "status"), [("", 422), (" ", 422), ("x" * 201, 422), ("a\x00", 422)])
def test_what_cannot_be_looked_for_is_refused(call, q, status):
    assert call("ana", "GET /content", query_string={"q": q}).status_code == status


def test_a_search_costs_the_same_whatever_there_is(app, found, published):
    def cost():
        found("fever")
        with statements_counted(app) as statements:
            found("fever")
        return [one for one in statements if not one.startswith("BEGIN")]

    # Who is calling, and which of the clinic's articles are in print.
    assert len(cost()) == 2
    published()
    assert len(cost()) == 2


def test_the_words_of_another_language_are_found_without_their_accents():
    article = knowledge().articles["nausea", "en"]
    spanish = article.__class__(
        **{name: getattr(article, name) for name in article.__slots__}
        | {"language": "es", "title": "Náuseas", "body": "Coma poco y despacio."}
    )
    index = SearchIndex([article, spanish])

    assert [hit.article.language for hit in index.find("nauseas despacio")] == ["es"]
