"""Where patients read a clinic's own article, and what is never shown to them."""

from datetime import timedelta
from uuid import uuid4

import pytest

from service.clinical import knowledge
from service.content.rules import ArticleUnusable, front_of
from tests.content.conftest import ARTICLE, TEXT


@pytest.fixture
def sick(call, clock):
    """Ana reports nausea, which brings the article about it into her feed."""
    body = {"id": str(uuid4()), "reported_at": clock.now().isoformat(),
            "answers": [{"symptom": "nausea", "frequency": 2, "severity": 2}]}  # fmt: skip
    assert call("ana", "POST /patients/me/symptom-reports", body).status_code == 201


@pytest.fixture
def card(call):
    """The card about nausea in Ana's feed, ``None`` if it is not there."""

    def card(slug="nausea", who="ana", patient="me"):
        items = call(who, f"GET /patients/{patient}/feed").json["items"]
        return next((item for item in items if item["slug"] == slug), None)

    return card


def diagnosed(call, **what):
    assert call("ana", "PUT /patients/me/diagnosis", what).status_code == 200


def wants(call, **what):
    body = {"information_preferences": what}
    assert call("ana", "PATCH /patients/me", body).status_code == 200


PROJECTS = knowledge().articles["nausea", "en"]


def test_it_takes_the_place_of_the_projects_in_feed_and_reading(call, sick, card, published, world):
    assert card()["title"] == PROJECTS.title
    published()

    assert card()["title"] == ARTICLE["title"]
    assert card()["reviewed_on"] == "2026-03-02"
    assert card("nausea", "nora", world["ana"].patient_id)["title"] == ARTICLE["title"]
    assert call("ana", "GET /content/nausea").json["markdown"] == TEXT
    assert call("nora", "GET /content/nausea").json["markdown"] == TEXT
    assert call("hugo", "GET /content/nausea").json["markdown"] == TEXT


def test_a_draft_a_reviewed_and_a_retired_version_show_to_nobody(call, sick, card, written, step):
    id = written()["id"]
    for name, move in (("eva", "submit"), ("nora", "review"), ("eva", "retire")):
        assert call("ana", "GET /content/nausea").json["title"] == PROJECTS.title
        step(name, move, id)
    assert card()["title"] == PROJECTS.title


def test_what_the_project_says_of_its_place_in_the_feed_stays(call, sick, card, published):
    before = card()
    published()
    after = card()
    assert (after["priority"], after["pinned"]) == (before["priority"], before["pinned"])
    assert after["reasons"] == before["reasons"]


def test_retiring_brings_the_projects_article_back(call, sick, card, published, step):
    id = published()["id"]
    retired = step("eva", "retire", id).json
    assert (retired["status"], retired["retired_at"]) == ("retired", "2026-03-02T17:00:00Z")
    assert card()["title"] == PROJECTS.title
    assert call("ana", "GET /content/nausea").json["title"] == PROJECTS.title


def test_a_newer_version_takes_the_place_of_the_one_before(call, published):
    first = published()
    second = published(title="The second")
    assert call("ana", "GET /content/nausea").json["title"] == "The second"
    assert call("eva", f"GET /articles/{first['id']}").json["status"] == "retired"
    assert second["number"] == 2


def test_an_expired_version_shows_no_more_and_the_projects_does(call, sick, card, published, clock):
    published(expires_on="2026-03-03")
    assert card()["title"] == ARTICLE["title"]
    clock.moment += timedelta(days=1, hours=14)  # 23:00 of its last day where Ana is
    assert call("ana", "GET /content/nausea").json["title"] == ARTICLE["title"]
    clock.pass_time(hours=2)
    assert call("ana", "GET /content/nausea").json["title"] == PROJECTS.title
    assert card()["title"] == PROJECTS.title


def test_what_has_expired_is_not_printed(written, step):
    id = written(expires_on="2026-03-01")["id"]
    step("eva", "submit", id)
    step("nora", "review", id)
    answer = step("eva", "publish", id)
    assert answer.status_code == 409
    assert answer.json["type"].endswith("/article-expired")


def test_a_slug_of_the_clinics_own_is_read_under_its_name_and_nowhere_else(
    call, sick, card, published, step
):
    id = published(slug="our-garden", title="Our garden")["id"]
    assert call("ana", "GET /content/our-garden").json["title"] == "Our garden"
    assert call("ben", "GET /content/our-garden").status_code == 404
    assert card("our-garden") is None
    assert call("ana", "POST /patients/me/feed/our-garden/save").status_code == 204
    assert call("ana", "GET /patients/me/feed").status_code == 200
    step("eva", "retire", id)
    assert call("ana", "GET /content/our-garden").status_code == 404
    assert call("ana", "GET /patients/me/feed").status_code == 200


@pytest.mark.parametrize(
    ("locale", "there", "read"),
    [
        ("es", ["es", "en"], "es"), ("es-MX", ["es"], "es"), ("es-MX", ["es-MX", "es"], "es-MX"),
        ("es", ["en"], "en"), ("en", ["es"], None), ("de-AT", ["es"], None),
    ],
)  # fmt: skip
def test_each_reads_the_language_closest_to_hers(call, published, locale, there, read):
    for language in there:
        published(language=language, title=f"In {language}")
    assert call("ana", "PATCH /me", {"locale": locale}).status_code == 200
    title = call("ana", "GET /content/nausea").json["title"]
    assert title == (f"In {read}" if read else PROJECTS.title)


def test_what_she_does_not_want_to_know_is_not_shown(call, published):
    published(slug="our-numbers", needs=["prognosis"])
    published(slug="trial-101", needs=[])
    for slug in ("our-numbers", "trial-101"):
        assert call("ana", f"GET /content/{slug}").status_code == 404, slug
    wants(call, prognosis=True, trials=True)
    for slug in ("our-numbers", "trial-101"):
        assert call("ana", f"GET /content/{slug}").status_code == 200, slug


def test_what_is_for_her_family_is_no_card_of_hers(sick, card, published):
    published(audience=["caregiver"])
    assert card() is None


@pytest.mark.parametrize("word", ["survivors", "Survivorship", "sobrevivientes"])
def test_words_for_survivors_never_reach_where_the_disease_has_spread(
    call, sick, card, published, word
):
    version = published(summary=f"For {word} of cancer.")
    assert "survivor" in version["tags"]
    # Nobody knows yet where she stands.
    assert card() is None
    assert call("ana", "GET /content/nausea").status_code == 404
    diagnosed(call, recurrence="local")
    assert card()["title"] == ARTICLE["title"]
    assert call("ana", "GET /content/nausea").json["title"] == ARTICLE["title"]
    diagnosed(call, recurrence="distant", metastatic_sites=["bone"])
    assert card() is None
    assert call("ana", "GET /content/nausea").status_code == 404
    assert call("hugo", "GET /content/nausea").status_code == 404
    assert call("nora", "GET /content/nausea").status_code == 200


def test_an_article_for_people_with_metastases_has_no_words_for_survivors(call):
    body = ARTICLE | {"slug": "bone-met", "body": "Many survivors feel this."}
    answer = call("eva", "POST /articles", body)
    assert answer.status_code == 422
    assert answer.json["errors"] == [
        {"pointer": "/body",
         "detail": "Survivors are never spoken of to people with metastatic disease."}
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "pointer"),
    [({"needs": ["prognosis"]}, "/needs"), ({"audience": ["caregiver"]}, "/audience")],
)
def test_what_keeps_her_safe_is_kept_from_nobody(call, change, pointer):
    body = ARTICLE | {"slug": "chemo-fever", "audience": ["all"]}
    assert call("eva", "POST /articles", body).status_code == 201
    answer = call("eva", "POST /articles", body | change)
    assert answer.status_code == 422
    assert pointer in [error["pointer"] for error in answer.json["errors"]]


def test_in_an_emergency_a_clinics_article_waits_as_the_projects_does(
    call, sick, card, published, clock
):
    published()
    body = {"id": str(uuid4()), "reported_at": clock.now().isoformat(), "answers": [],
            "red_flags": ["chest_pain"]}  # fmt: skip
    assert call("ana", "POST /patients/me/symptom-reports", body).status_code == 201
    assert card() is None


def test_what_the_files_say_passes_as_a_clinics_own():
    for article in knowledge().articles.values():
        said = {
            "title": article.title, "kind": article.kind, "audience": sorted(article.audience),
            "tags": sorted(article.tags), "summary": article.summary,
            "sources": list(article.sources), "needs": sorted(article.needs),
            "expires_on": article.expires_on,
        }  # fmt: skip
        front = front_of(article.slug, article.language, 1, said, article.body)
        assert (front["priority"], front["pinned"]) == (article.priority, article.pinned)
        with pytest.raises(ArticleUnusable):
            front_of(article.slug, article.language, 1, said | {"sources": []}, article.body)
