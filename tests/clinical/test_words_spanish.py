"""The Spanish words she reads: plain by a measure made for Spanish, never a promise.

What holds in every language is asked in `test_words.py`.
"""

import re
import unicodedata

import pytest

from service.content.readability import (
    inflesz,
    inflesz_band,
    measured,
    sentences,
    spanish_syllables,
    words,
)
from tests.clinical.texts import every, sentences_with

# "Bastante fácil" on the INFLESZ scale begins here.  Its sister formula, Fernandez Huerta's
# (206.84 - 60 * syllables / words - 1.02 * words / sentences), calls 70 to 80 fit for grade 6 and
# 60 to 70 for grades 7 and 8; on texts like these it comes to 4 or 5 points more.  So 65 here is
# about 70 there, the easy end of grades 6 to 8, and 55 ("normal") about 60, the hard end: the
# easier band is asked for, because these texts are read in fear and often by the family.
# Status of scale and grades: secondary sources (see `readability`); the limit: project choice.
HARDEST = 65
# As in English, though Spanish takes about a tenth more words for the same.
MOST_WORDS = 350

UNWATCHED = re.compile(r"nadie (la )?vigila (esta app )?las 24 horas", re.IGNORECASE)
ASKED = "¿Está a salvo en este momento?"
CURE = r"\bcura(r|rse|ble|do|da|ción|n)?\b"
DENIED = r"\b(no|ni|nunca)\b"
SURVIVOR = re.compile(r"superviv|sobreviv|luchador|vencer|batalla", re.IGNORECASE)
# Words that would make her a man, or a woman, where there is one for everybody.
SHE_OR_HE = re.compile(
    r"\b(está|esté|siente|quede) (usted )?(sol|segur|confundid|maread|cansad|prevenid)[oa]\b",
    re.IGNORECASE,
)

articles = pytest.mark.parametrize("article", every("articles", "es"))
guidance_texts = pytest.mark.parametrize("text", every("guidance", "es"))
LEVELS = {"call_today", "call_now", "emergency", "crisis"}


# The measure itself


@pytest.mark.parametrize(
    ("count", "spoken"),
    [
        (1, "y no que quien guion muy hoy buey vio pie T mg"),
        # a diphthong, a u that is not heard, an h in between
        (2, "hacia ciudad agua aunque guerra seguir estoy prohibir"),
        # two strong vowels, or an accent that parts the two
        (2, "día país baúl oír reír búho leer peor"),
        (3, "38 hacía oído ahora línea náusea diarrea vergüenza rehúso Uruguay oíais"),
        (4, "continúe cefalea cacahuete hospitales averigüéis"),
        (5, "oncología temperatura 38.0"),
        (7, "antiinflamatorio"),
    ],
)
def test_spanish_syllables_are_counted_as_they_are_spelt(count, spoken):
    all_of_them = spoken.split()
    counted = {word: spanish_syllables(word) for word in all_of_them}
    assert counted == dict.fromkeys(all_of_them, count)


def test_capitals_and_accents_on_them_count_alike():
    assert [spanish_syllables(word) for word in ("DÍA", "Ángel", "ÚLCERA")] == [2, 2, 3]


def test_the_measure_follows_the_formula():
    # 6 words, 2 sentences; lla-me hoy a su clí-ni-ca, es-pe-re: 2 + 1 + 1 + 1 + 3 + 3.
    assert inflesz("Llame hoy a su clínica. ¡Espere!") == pytest.approx(
        206.835 - 62.3 * 11 / 6 - 6 / 2
    )


def test_words_with_accents_are_whole_and_spanish_marks_end_a_sentence():
    text = "¿Está a salvo? Dígalo: «Tengo cáncer.» ¡Llame ya!\n\n- piña, señal\n- pingüino\n"
    assert words(text) == ["Está", "a", "salvo", "Dígalo", "Tengo", "cáncer", "Llame", "ya",
                           "piña", "señal", "pingüino"]  # fmt: skip
    assert len(sentences(text)) == 5


@pytest.mark.parametrize(
    ("ease", "band"),
    [
        (80, "muy fácil"), (79.9, "bastante fácil"), (65, "bastante fácil"), (64.9, "normal"),
        (55, "normal"), (54.9, "algo difícil"), (40, "algo difícil"), (39.9, "muy difícil"),
    ],
)  # fmt: skip
def test_bands_begin_where_the_scale_says(ease, band):
    assert inflesz_band(ease) == band


def test_a_hard_spanish_text_is_refused():
    text = (
        "La administración profiláctica individualizada de medicamentos antieméticos constituye "
        "una recomendación imprescindible durante tratamientos quimioterapéuticos."
    )
    assert inflesz(text) < HARDEST
    assert inflesz_band(inflesz(text)) == "muy difícil"


def test_no_words_have_no_ease():
    with pytest.raises(ValueError, match="without words"):
        inflesz("## Solo un título")


@pytest.mark.parametrize("language", ["es", "es-MX", "xx"])
def test_no_english_grade_is_given_to_another_language(language):
    assert measured("Llame hoy a su clínica.", language) == (5, None)


# Articles


def test_the_most_urgent_articles_are_there():
    assert {p.values[0]["file"] for p in every("articles", "es")} >= {
        "chemo-fever", "mscc-card", "crisis", "tdxd-ild", "bone-pain", "hypercalc", "brain-met",
        "onj", "deno-start", "app-limits", "chaplain", "sw",
    }  # fmt: skip


@articles
def test_an_article_is_at_least_fairly_easy_and_short(article):
    assert inflesz(article["body"]) >= HARDEST
    assert 150 <= len(words(article["body"])) <= MOST_WORDS


@articles
def test_a_summary_is_one_sentence(article):
    summary = article["front"]["summary"]
    assert len(sentences(summary)) == 1
    assert summary.endswith(".")


@articles
def test_an_article_promises_nothing_and_knows_no_battle(article):
    shown = "\n\n".join([article["front"]["title"], article["front"]["summary"], article["body"]])
    assert not sentences_with(CURE, shown, without=DENIED)
    assert not SURVIVOR.search(shown)


@articles
def test_an_article_that_ends_with_the_watch_in_english_does_so_in_spanish(article):
    english = next(p.values[0] for p in every("articles", "en") if p.id == f"en/{article['file']}")
    if re.search(r"watche?[sd]? .*round the clock|watches this app", english["body"]):
        assert UNWATCHED.search(article["body"])


# Guidance


def test_everything_that_cannot_wait_is_said_in_spanish():
    urgent = {
        p.values[0]["file"]
        for p in every("guidance", "en")
        if p.values[0]["front"]["level"] in LEVELS
    }
    assert urgent <= {p.values[0]["file"] for p in every("guidance", "es")}


@guidance_texts
def test_guidance_is_at_least_fairly_easy_and_read_in_half_a_minute(text):
    assert inflesz(text["body"]) >= HARDEST
    assert len(text["body"].split()) <= 90


@guidance_texts
def test_guidance_promises_nothing_and_ends_with_the_watch(text):
    assert not sentences_with(CURE, text["body"], without=DENIED)
    assert not SURVIVOR.search(text["body"])
    assert UNWATCHED.search(sentences(text["body"])[-1])


@guidance_texts
def test_how_fast_to_call_is_the_first_thing_said(text):
    """At once is never softened to today, and today is not left open."""
    opening, level = text["body"].split(".")[0].lower(), text["front"]["level"]
    if level == "call_today" and text["file"] != "severe-symptom":
        assert re.search(r"\bhoy\b", opening)
    if level in {"call_now", "emergency", "crisis"}:
        assert re.search(r"\bahora\b", opening)
        assert "hoy" not in opening


@guidance_texts
def test_a_crisis_asks_whether_she_is_safe(text):
    if text["front"]["level"] == "crisis":
        assert ASKED in text["body"]


# Both


@pytest.mark.parametrize("text", [*every("articles", "es"), *every("guidance", "es")])
def test_it_speaks_to_everybody_politely_and_in_composed_letters(text):
    shown = f"{text['front']['title']} {text['front'].get('summary', '')} {text['body']}"
    assert not re.search(r"\b(tú|tu|tus|ti|contigo|vos|vosotros)\b", shown, re.IGNORECASE)
    assert not SHE_OR_HE.search(shown)
    assert unicodedata.is_normalized("NFC", shown)


def test_a_promise_of_cure_is_found_in_spanish():
    assert sentences_with(CURE, "Esto ayuda. Esto le cura.", without=DENIED) == ["Esto le cura."]
    assert not sentences_with(CURE, "Esto no cura. La cara oscura.", without=DENIED)
