"""The feed: what fits her now, why, in which order, and what stays away once dismissed."""

from datetime import timedelta
from uuid import uuid4

import pytest

from service.clinical import knowledge
from service.content.articles import may_be_shown


@pytest.fixture
def feed(call):
    """Ana's feed, by slug."""

    def feed(who="ana", patient="me"):
        items = call(who, f"GET /patients/{patient}/feed").json["items"]
        assert len({item["slug"] for item in items}) == len(items)
        return {item["slug"]: item for item in items}

    return feed


@pytest.fixture
def mark(call):
    def mark(slug, act):
        answer = call("ana", f"POST /patients/me/feed/{slug}/{act}")
        assert answer.status_code == 204
        return answer

    return mark


@pytest.fixture
def nausea(call, clock):
    def nausea(severity):
        body = {"id": str(uuid4()), "reported_at": clock.now().isoformat(),
                "answers": [{"symptom": "nausea", "frequency": 2, "severity": severity}]}  # fmt: skip
        assert call("ana", "POST /patients/me/symptom-reports", body).status_code == 201

    return nausea


def diagnosed(call, **what):
    assert call("ana", "PUT /patients/me/diagnosis", what).status_code == 200


def takes(call, code, status="active", started_on="2026-02-20"):
    body = {"id": str(uuid4()), "code": code, "started_on": started_on, "status": status}
    assert call("ana", "POST /patients/me/treatments", body).status_code == 201


def feels_low(call):
    body = {
        "id": str(uuid4()), "checked_at": "2026-03-02T09:00:00-08:00", "distress": 5,
        "topics": ["practical", "meaning"],
    }  # fmt: skip
    assert call("ana", "POST /patients/me/wellbeing-checks", body).status_code == 201


def words_of(item):
    return " ".join(reason["text"] for reason in item["reasons"]).lower()


def test_a_local_recurrence_brings_what_is_usual_then(call, feed):
    assert "local-rec" not in feed()
    diagnosed(call, recurrence="local", initial_surgery="lumpectomy")
    card = feed()["local-rec"]
    assert "local" in words_of(card)
    [record] = [one for reason in card["reasons"] for one in reason["records"]]
    assert record["type"] == "diagnosis"
    text = call("ana", "GET /content/local-rec").json["markdown"]
    assert "lumpectomy" in text
    assert "mastectomy" in text
    assert "you should" not in text.lower()


def test_the_pathway_says_what_usually_follows_either_operation(call):
    local = call("ana", "GET /catalog/pathway").json["local"]
    assert local["lumpectomy"][0]["treatments"] == ["mastectomy"]
    assert [step["treatments"] for step in local["mastectomy"]][:2] == [
        ["tumor_removal"],
        ["rt_chest_wall"],
    ]


def test_bone_metastases_bring_their_article_with_the_reason(call, feed):
    diagnosed(call, recurrence="distant", metastatic_sites=["bone"])
    card = feed()["bone-met"]
    assert "bone" in words_of(card)
    assert {one["type"] for reason in card["reasons"] for one in reason["records"]} == {"diagnosis"}


def test_planned_denosumab_brings_its_start_and_suggests_the_dentist_first(call, feed):
    takes(call, "denosumab_120", status="planned", started_on="2026-03-20")
    assert "denosumab" in words_of(feed()["deno-start"])
    reminders = call("ana", "GET /patients/me/reminders").json["items"]
    suggested = {one["kind"]: one for one in reminders}
    assert {"dental", "medication", "appointment"} <= suggested.keys()
    assert {one["status"] for one in reminders} == {"suggested"}
    assert "denosumab" in suggested["dental"]["because"]["text"].lower()


def test_safety_comes_first_then_a_treatment_that_starts(call, feed, nausea):
    takes(call, "denosumab_120")
    takes(call, "t_dxd")
    nausea(3)
    order = ["safety", "treatment_start", "symptom", "psychosocial", "general"]
    found = [order.index(item["priority"]) for item in feed().values()]
    assert found == sorted(found)
    assert {0, 1, 2} <= set(found)


def test_what_is_dismissed_stays_away_until_its_reason_is_stronger(feed, mark, nausea, clock):
    nausea(2)
    mark("nausea", "dismiss")
    assert "nausea" not in feed()
    clock.pass_time(days=2)
    nausea(2)
    assert "nausea" not in feed()
    clock.pass_time(days=2)
    nausea(3)
    assert "nausea" in feed()


def test_what_is_dismissed_does_not_come_back_with_the_next_day(feed, mark, clock):
    first = feed()
    assert "log-why" in first
    for slug, item in first.items():
        if not item["pinned"]:
            mark(slug, "dismiss")
    clock.pass_time(days=1)
    assert not feed().keys() & {slug for slug, item in first.items() if not item["pinned"]}


def test_a_new_reason_brings_a_dismissed_card_back(call, feed, mark, nausea):
    diagnosed(call, recurrence="distant", metastatic_sites=["bone"])
    feed()
    mark("bone-pain", "dismiss")
    body = {
        "id": str(uuid4()),
        "reported_at": "2026-03-02T09:00:00-08:00",
        "red_flags": ["night_back_pain"],
    }
    assert call("ana", "POST /patients/me/symptom-reports", body).status_code == 201
    assert "bone-pain" in feed()


def test_three_a_day_are_marked_new_and_reading_them_brings_no_more(
    call, feed, mark, nausea, clock
):
    feels_low(call)
    nausea(3)

    def new():
        return [
            slug for slug, item in feed().items()
            if item["is_new"] and item["priority"] not in {"safety", "treatment_start"}
        ]  # fmt: skip

    first = new()
    assert len(first) == 3
    assert len(feed()) > 3
    for slug in first:
        mark(slug, "read")
    assert new() == []
    clock.pass_time(days=1)
    assert len(new()) == 3


def test_what_a_new_site_brings_is_new_beside_the_three(call, feed, mark, nausea):
    feels_low(call)
    nausea(3)
    before = {slug for slug, item in feed().items() if item["is_new"]}
    diagnosed(call, recurrence="distant", metastatic_sites=["bone", "brain"])

    by_site = {
        slug
        for slug, item in feed().items()
        if item["priority"] not in {"safety", "treatment_start"}
        and "diagnosis" in {one["type"] for why in item["reasons"] for one in why["records"]}
    }
    assert {"bone-met", "brain-met"} <= by_site
    new = {slug for slug, item in feed().items() if item["is_new"]}
    assert before | by_site <= new
    for slug in by_site:
        mark(slug, "read")
    assert before - by_site <= {slug for slug, item in feed().items() if item["is_new"]}


def test_read_and_saved_are_remembered(feed, mark):
    for act in ("read", "save"):
        mark("log-why", act)
    card = feed()["log-why"]
    assert card["read_at"] == card["saved_at"] == "2026-03-02T17:00:00Z"
    mark("log-why", "unsave")
    assert feed()["log-why"]["saved_at"] is None


def test_what_she_does_not_want_to_know_is_not_shown(call, feed):
    diagnosed(call, recurrence="distant", metastatic_sites=["liver"])
    assert "trial-101" not in feed()
    assert call("ana", "GET /content/trial-101").status_code == 404
    wish = {"information_preferences": {"trials": True}}
    assert call("ana", "PATCH /patients/me", wish).status_code == 200
    assert call("ana", "GET /content/trial-101").status_code == 200


def test_an_expired_article_is_shown_to_nobody():
    for article in knowledge().articles.values():
        wants = dict.fromkeys(article.needs, True)
        last = article.expires_on
        assert may_be_shown(article, today=last, wants=wants)
        assert not may_be_shown(article, today=last + timedelta(days=1), wants=wants)


def test_an_unknown_card_or_act_is_404(call):
    assert call("ana", "POST /patients/me/feed/no-such-card/read").status_code == 404
    assert call("ana", "POST /patients/me/feed/log-why/burn").status_code == 404


def test_an_article_is_safe_html(call):
    article = call("ana", "GET /content/mscc-card").json
    assert "<p>" in article["html"]
    assert "<script" not in article["html"]
    assert article["sources"]
    assert article["review_status"] == "draft"
