"""The words she reads: plain, sourced, never a promise, and with a number where one is needed.

The files are read here as they lie in `service/clinical`, without the product's own loader,
so a mistake in the loader cannot hide a mistake in a text.  What holds in every language is asked
of every file, whatever folders there are; what is about English words, of the English ones.
What is about words of another language stands in a file of its own: `test_words_spanish.py`.
"""

import datetime
import re

import pytest
import yaml

from tests.clinical.reading_grade import grade, sentences, syllables, words
from tests.clinical.texts import (
    CLINICAL,
    LEVELS_THAT_NEED_A_NUMBER,
    PLACEHOLDERS,
    TRANSLATION,
    english_of,
    every,
    translations,
)

# In the order in which a front matter gives them.
ARTICLE_FIELDS = (
    "slug title kind audience tags language version summary sources review expires_on needs "
    "priority pinned"
)
GUIDANCE_FIELDS = "slug title level language version source review"
SUPPORT_FIELDS = "slug kind name about languages phone url when status"
NEEDS = {"prognosis", "statistics", "side_effects", "trials", "end_of_life", "sexual"}
PRIORITIES = {"safety", "treatment_start", "symptom", "psychosocial", "general"}
LEVELS = {"self_care", "call_today", "call_now", "emergency", "crisis"}
STATUS_WORDS = re.compile(r"verified|project choice|derived|not read|secondary", re.IGNORECASE)

HARDEST_GRADE = 8.0
DRAFT = {"status": "draft", "by": None, "on": None}


def wrong_placeholders(text):
    """The braces of a text that the clinic's numbers would not fill, as they stand there."""
    filled = re.sub(r"\{(\w+)\}", lambda m: "" if m[1] in PLACEHOLDERS else m[0], text)
    return re.findall(r"\{[^{}]*\}|[{}]", filled)


def promises(text):
    """The sentences that speak of a cure without a "not" beside it."""
    return [
        sentence
        for sentence in sentences(text)
        if re.search(r"\bcur(e|es|ed|able)\b", sentence, re.IGNORECASE)
        and not re.search(r"\b(not|cannot|never)\b", sentence, re.IGNORECASE)
    ]


def numbers_in(text):
    return set(re.findall(r"\d+(?:\.\d+)?", text))


articles = pytest.mark.parametrize("article", every("articles"))
english_articles = pytest.mark.parametrize("article", every("articles", "en"))
guidance_texts = pytest.mark.parametrize("text", every("guidance"))
english_guidance = pytest.mark.parametrize("text", every("guidance", "en"))


# The measure itself


@pytest.mark.parametrize(
    ("count", "spoken"),
    [
        (1, "bone called whole"),
        (2, "doses ankles table being social clinic's"),
        (3, "nausea calcium easier 38.0"),
        (4, "diarrhea radiation anxiety metastatic trastuzumab"),
        (5, "chemotherapy"),
    ],
)
def test_syllables_are_counted_as_they_are_spoken(count, spoken):
    assert [syllables(word) for word in spoken.split()] == [count] * len(spoken.split())


def test_the_grade_follows_the_formula():
    # 6 words, 2 sentences, 7 syllables.
    assert grade("Call us today. Bones may ache.") == pytest.approx(
        0.39 * 3 + 11.8 * (7 / 6) - 15.59
    )


def test_list_items_end_a_sentence_and_headings_do_not_count():
    text = "## When to call\n\nCall now for:\n\n- fever of 38.0\n- chills\n  that shake\n"
    assert len(sentences(text)) == 3
    assert " ".join(words(text)) == "Call now for fever of 38.0 chills that shake"


def test_a_placeholder_counts_as_one_word():
    assert words("Call {oncology_line} now.") == ["Call", "number", "now"]


def test_a_hard_text_is_refused():
    text = (
        "Pharmacological prophylaxis of chemotherapy-induced emesis necessitates "
        "individualised administration of antiemetic medication."
    )
    assert grade(text) > HARDEST_GRADE


def test_no_words_have_no_grade():
    with pytest.raises(ValueError, match="without words"):
        grade("## Only a heading")


# Articles


def test_there_are_enough_articles():
    assert len(every("articles", "en")) >= 24


@articles
def test_an_article_says_what_the_feed_needs_to_know(article):
    front = article["front"]
    assert " ".join(front) == ARTICLE_FIELDS
    assert front["slug"] == article["file"]
    assert front["kind"] in {"article", "support", "action"}
    assert front["audience"]
    assert set(front["audience"]) <= {"patient", "caregiver", "all"}
    assert front["tags"]
    assert set(front["needs"]) <= NEEDS
    assert front["priority"] in PRIORITIES
    assert (front["language"], front["version"]) == (article["folder"], 1)
    assert isinstance(front["expires_on"], datetime.date)


@articles
def test_nobody_has_signed_an_article_yet(article):
    """Also that `on` is a word: bare, YAML 1.1 reads it as true."""
    assert article["front"]["review"] == DRAFT


@articles
def test_a_summary_is_one_short_sentence(article):
    summary = article["front"]["summary"]
    assert len(summary) <= 200
    assert len(sentences(summary)) == 1
    assert summary.endswith(".")


@articles
def test_an_article_names_its_sources_and_how_sure_they_are(article):
    sources = [one for one in article["front"]["sources"] if one != TRANSLATION]
    assert sources
    assert all(STATUS_WORDS.search(source) for source in sources)


@english_articles
def test_an_article_is_short_and_plain(article):
    assert 150 <= len(words(article["body"])) <= 350
    assert grade(article["body"]) <= HARDEST_GRADE


@english_articles
def test_an_article_promises_nothing(article):
    shown = " ".join([article["front"]["title"], article["front"]["summary"], article["body"]])
    assert not promises(shown)
    assert "eligib" not in shown.lower()


@english_articles
def test_metastatic_disease_never_meets_survivor_words(article):
    if "metastatic" in article["front"]["tags"]:
        assert "surviv" not in str(article).lower()


@articles
def test_an_article_has_no_gaps_to_fill(article):
    """Only guidance is filled with the clinic's numbers; a brace here would be shown as is."""
    assert not re.search(r"[{}]", article["body"])


def test_only_the_two_safety_cards_are_pinned():
    pinned = {p.values[0]["file"] for p in every("articles") if p.values[0]["front"]["pinned"]}
    assert pinned == {"mscc-card", "crisis"}


@articles
def test_what_keeps_her_safe_does_not_wait_for_her_preferences(article):
    if article["front"]["priority"] == "safety":
        assert article["front"]["needs"] == []


@articles
def test_studies_are_shown_to_those_who_asked_for_them(article):
    if "studies" in article["front"]["tags"]:
        assert article["front"]["needs"] == ["trials"]


# Guidance


@guidance_texts
def test_guidance_has_a_level_and_a_source(text):
    front = text["front"]
    assert " ".join(front) == GUIDANCE_FIELDS
    assert front["slug"] == text["file"]
    assert front["level"] in LEVELS
    assert STATUS_WORDS.search(front["source"])
    assert (front["language"], front["version"]) == (text["folder"], 1)
    assert front["review"] == DRAFT


@english_guidance
def test_guidance_can_be_read_in_half_a_minute(text):
    assert len(text["body"].split()) <= 90
    assert grade(text["body"]) <= HARDEST_GRADE


@english_guidance
def test_guidance_promises_nothing(text):
    assert not promises(text["body"])
    assert not re.search(r"eligib|surviv", text["body"], re.IGNORECASE)


@english_guidance
def test_guidance_ends_by_saying_that_nobody_watches(text):
    assert "not watched round the clock" in sentences(text["body"])[-1]


@guidance_texts
def test_guidance_that_cannot_wait_gives_a_number_at_once(text):
    if text["front"]["level"] in LEVELS_THAT_NEED_A_NUMBER:
        first_lines = text["body"].split("\n\n")[:2]
        assert re.search(r"\{\w+\}", " ".join(first_lines))


@guidance_texts
def test_an_emergency_names_the_emergency_number_and_a_crisis_the_crisis_line(text):
    level = text["front"]["level"]
    if level in {"emergency", "crisis"}:
        assert "{emergency_number}" in text["body"]
    if level == "crisis":
        assert "{crisis_line}" in text["body"]


@english_guidance
def test_a_crisis_asks_whether_she_is_safe(text):
    if text["front"]["level"] == "crisis":
        assert "Are you safe right now?" in text["body"]


@guidance_texts
def test_guidance_has_only_placeholders_the_clinic_fills(text):
    assert not wrong_placeholders(text["body"])


@pytest.mark.parametrize("wrong", ["{phone}", "{oncology line}", "{oncology_line", "{}"])
def test_an_unknown_placeholder_is_refused(wrong):
    assert wrong_placeholders(f"Call {wrong} now.")
    assert not wrong_placeholders("Call {oncology_line}, or {emergency_number}.")


def test_a_promise_of_cure_is_found():
    assert promises("This will help. It can cure you.") == ["It can cure you"]
    assert not promises("This is not a cure. Take care, and be curious.")


# Translations, into whatever language


@pytest.mark.parametrize("article", translations("articles"))
def test_a_translated_article_differs_from_the_english_one_in_words_alone(article):
    front, english = article["front"], english_of("articles", article)
    differs = {name for name in front if front[name] != english["front"][name]}
    assert differs <= {"title", "summary", "language", "sources"}
    assert front["sources"] == [*english["front"]["sources"], TRANSLATION]


@pytest.mark.parametrize("text", translations("guidance"))
def test_translated_guidance_has_the_level_and_the_source_of_the_english(text):
    front, english = text["front"], english_of("guidance", text)["front"]
    assert front["level"] == english["level"]
    assert front["source"] == f"{english['source']}; {TRANSLATION}"


@pytest.mark.parametrize(
    ("folder", "text"),
    [
        pytest.param(folder, *one.values, id=f"{folder}/{one.id}")
        for folder in ("articles", "guidance")
        for one in translations(folder)
    ],
)
def test_no_number_no_placeholder_and_no_heading_is_lost_in_translation(folder, text):
    body, english = text["body"], english_of(folder, text)["body"]
    # "Round the clock" has a number in some languages.
    assert numbers_in(english) <= numbers_in(body) <= numbers_in(english) | {"24"}
    for kept in (r"\{\w+\}", r"^## ", r"^- "):
        found, meant = (re.findall(kept, one, re.MULTILINE) for one in (body, english))
        assert sorted(found) == sorted(meant)


# Support


def support():
    return yaml.safe_load((CLINICAL / "support.yaml").read_text(encoding="utf-8"))


def test_support_offers_one_of_each_kind():
    kinds = [entry["kind"] for entry in support()["entries"]]
    assert sorted(kinds) == ["chaplain", "line", "social_worker", "support_group"]


def test_support_is_a_sourced_draft():
    data = support()
    assert data.keys() == {"version", "source", "review", "faiths", "entries"}
    assert data["review"] == DRAFT
    assert "verified" in data["source"]
    assert all(" ".join(entry) == SUPPORT_FIELDS for entry in data["entries"])
    assert all("verified" in entry["status"] for entry in data["entries"])


def test_support_invents_no_number_and_no_address():
    entries = support()["entries"]
    assert [entry["phone"] for entry in entries if entry["phone"]] == ["988"]
    assert not any(entry["url"] for entry in entries)


def test_support_is_told_in_plain_words():
    assert all(grade(entry["about"]) <= HARDEST_GRADE for entry in support()["entries"])
