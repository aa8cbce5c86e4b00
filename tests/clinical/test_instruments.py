"""The questionnaires: what their authors published, and nothing that may not be shipped."""

import pytest

from service.care.facts.vocabulary import TOPICS as FACT_TOPICS
from service.clinical import knowledge
from service.wellbeing.schemas import TOPICS

INSTRUMENTS = knowledge().instruments


@pytest.mark.parametrize(
    ("code", "items", "maximum", "positive_at", "panel", "total"),
    [
        ("phq-2", 2, 6, 3, "55757-9", "55758-7"),
        ("phq-9", 9, 27, 10, "44249-1", "44261-6"),
        ("gad-2", 2, 6, 3, None, None),  # it has no code; 70273-8 belongs to another form
        ("gad-7", 7, 21, 10, "69737-5", "70274-6"),
        ("phq-4", 4, 12, None, "69724-3", None),  # only its halves have a cut-off
    ],
)
def test_items_range_cutoff_and_codes(code, items, maximum, positive_at, panel, total):
    instrument = INSTRUMENTS[code]

    assert len(instrument.items) == items
    assert (instrument.minimum, instrument.maximum) == (0, maximum)
    assert instrument.answer_range == (0, 3)
    assert instrument.positive_at == positive_at
    assert (instrument.loinc_panel, instrument.loinc_total) == (panel, total)
    assert instrument.missing == "strict"
    assert not instrument.staff_only


@pytest.mark.parametrize(
    ("code", "bands"),
    [
        ("phq-9", [(0, 4, "minimal"), (5, 9, "mild"), (10, 14, "moderate"), (15, 19, "moderately severe"), (20, 27, "severe")]),
        ("gad-7", [(0, 4, "minimal"), (5, 9, "mild"), (10, 14, "moderate"), (15, 21, "severe")]),
        ("phq-4", [(0, 2, "none"), (3, 5, "mild"), (6, 8, "moderate"), (9, 12, "severe")]),
        ("phq-2", []),
    ],
)  # fmt: skip
def test_bands_are_those_published(code, bands):
    assert [(band.low, band.high, band.name) for band in INSTRUMENTS[code].bands] == bands


def test_unverified_bands_and_cutoffs_say_so():
    assert INSTRUMENTS["phq-9"].bands_status == "verified"
    assert INSTRUMENTS["phq-4"].bands_status == "unverified"
    assert [(cut.at_least, cut.status) for cut in INSTRUMENTS["phq-9"].cutoffs] == [
        (10, "verified"),
        (8, "unverified"),
    ]


@pytest.mark.parametrize("code", ["phq-2", "phq-9", "gad-2", "gad-7", "phq-4"])
def test_shipped_wording_carries_its_credit_line(code):
    instrument = INSTRUMENTS[code]

    assert instrument.may_ship
    assert all(item.text and item.loinc for item in instrument.items)
    for words in ("Spitzer", "Williams", "Kroenke", "Pfizer", "No permission required"):
        assert words in instrument.credit


def test_the_ninth_item_of_phq_9_acts_as_soon_as_it_is_saved():
    assert INSTRUMENTS["phq-9"].safety == (9, 1)
    assert INSTRUMENTS["phq-9"].items[8].loinc == "44260-8"


def test_the_difficulty_question_is_no_part_of_the_total():
    (question,) = INSTRUMENTS["phq-9"].unscored

    assert question.loinc == "69722-7"
    assert [(answer.value, answer.loinc) for answer in question.answers] == [
        (0, "LA6572-7"),
        (1, "LA6573-5"),
        (2, "LA6575-0"),  # not in numeric order, and right
        (3, "LA6574-3"),
    ]


@pytest.mark.parametrize(
    ("code", "steps"),
    [
        ("phq-2", [("phq-9", (1, 2), 3, None), ("phq-9", (1, 2), None, 2)]),
        ("gad-2", [("gad-7", (1, 2), 3, None)]),
        # Mood first: PHQ-9 holds the question about suicidal thoughts.
        ("phq-4", [("phq-9", (1, 2), 3, None), ("phq-9", (1, 2), None, 2), ("gad-7", (3, 4), 3, None)]),
        ("phq-9", []),
        ("gad-7", []),
    ],
)  # fmt: skip
def test_a_positive_screen_leads_to_the_full_form(code, steps):
    assert [
        (step.next, step.items, step.sum_at_least, step.any_at_least)
        for step in INSTRUMENTS[code].steps
    ] == steps


def test_phq_4_is_phq_2_and_gad_2_side_by_side():
    assert [
        (half.name, half.instrument, half.items) for half in INSTRUMENTS["phq-4"].subscales
    ] == [("depression", "phq-2", (1, 2)), ("anxiety", "gad-2", (3, 4))]


def test_c_ssrs_keeps_a_clinicians_result_and_none_of_its_words():
    screen = INSTRUMENTS["c-ssrs"]

    assert screen.staff_only
    assert not screen.may_ship
    assert [item.text for item in screen.items] == [None] * 6
    assert screen.recall is None
    assert screen.answer_range == (0, 1)
    assert screen.also_answered == ("6_lifetime",)
    assert (screen.maximum, screen.positive_at, screen.bands) == (None, None, ())


def test_behavior_in_the_past_three_months_is_high_and_ever_is_moderate():
    levels = {level.name: level.any_yes for level in INSTRUMENTS["c-ssrs"].levels}

    assert list(levels) == ["high", "moderate", "low"]
    assert levels["high"] == ("4", "5", "6")
    assert levels["moderate"] == ("3", "6_lifetime")
    assert levels["low"] == ("1", "2")


def test_the_activity_level_is_in_our_own_words_and_credits_its_model():
    level = INSTRUMENTS["activity-level"]

    assert [answer.value for answer in level.answers] == [0, 1, 2, 3, 4]
    assert (level.minimum, level.maximum, level.bands, level.positive_at) == (0, 4, (), None)
    assert "ECOG" in level.credit
    assert "Oken" in level.credit
    assert "ECOG" not in level.title
    # 89247-1 is a clinician's rating: hers is not to be taken for one.
    assert (level.loinc_panel, level.loinc_total, level.items[0].loinc) == (None, None, None)


def test_the_halves_of_phq_4_have_the_cut_offs_and_codes_of_their_own_forms():
    halves = INSTRUMENTS["phq-4"].subscales

    assert [(half.positive_at, half.loinc) for half in halves] == [(3, "55758-7"), (3, None)]


def test_the_wellbeing_check_has_every_topic_and_phq_4_after_it():
    form = knowledge().wellbeing_form

    assert tuple(chip.key for chip in form.topics) == TOPICS == FACT_TOPICS
    assert form.questionnaire == "phq-4"
    words = " ".join((form.distress.prompt, form.distress.low, form.distress.high))
    for licensed in ("thermometer", "past week", "including today", "Extreme distress", "NCCN"):
        assert licensed.casefold() not in words.casefold()


@pytest.mark.parametrize(
    ("code", "items"),
    [
        ("phq-2", ["44250-9", "44255-8"]),
        ("phq-9", ["44250-9", "44255-8", "44259-0", "44254-1", "44251-7", "44258-2", "44252-5", "44253-3", "44260-8"]),
        ("gad-2", ["69725-0", "68509-9"]),
        ("gad-7", ["69725-0", "68509-9", "69733-4", "69734-2", "69735-9", "69689-8", "69736-7"]),
        ("phq-4", ["44250-9", "44255-8", "69725-0", "68509-9"]),
    ],
)  # fmt: skip
def test_every_item_and_answer_has_its_loinc_code(code, items):
    form = INSTRUMENTS[code]

    assert [item.loinc for item in form.items] == items
    assert [(answer.value, answer.loinc) for answer in form.answers] == [
        (0, "LA6568-5"),
        (1, "LA6569-3"),
        (2, "LA6570-1"),
        (3, "LA6571-9"),
    ]
