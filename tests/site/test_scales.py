"""A made-up questionnaire, scored by hand, and every slip in one that is refused."""

import json
import math

import pytest

from service.clinical import BadKnowledge
from service.clinical.reading import document_of
from service.clinical.scales import scales_in
from service.wellbeing.rules import problems_of, score_of, scores_of
from tests.site.conftest import blocks_of

FULL = {"1": 4, "2": 1, "3": 2, "4": 5, "5": 3}


@pytest.fixture
def form(site, garden):
    site.write("instruments/own-garden.yaml", garden)
    return site.in_force().instruments["own-garden"]


def scored(form, answers, *, is_finished=True):
    return {one["name"]: one for one in scores_of(form, answers, is_finished=is_finished)}


def test_the_page_says_what_comes_out(form):
    answers, scores = (json.loads(block) for block in blocks_of("instruments.md", "json"))

    assert problems_of(form, answers) == []
    assert scores_of(form, answers, is_finished=True) == scores


@pytest.mark.parametrize(
    ("answers", "raw", "score", "band"),
    [
        ({"1": 4, "2": 4, "3": 1}, 4, 100, "many"),  # rain never: turned round it counts 4
        ({"1": 1, "2": 1, "3": 4}, 1, 0, "few"),
        ({"1": 2, "2": 3, "3": 3}, 2.33, 44.44, "few"),  # (2 + 3 + 2) / 3
        ({"1": 2, "2": 3, "3": 2}, 2.67, 55.56, "some"),  # (2 + 3 + 3) / 3
        ({"1": 4, "2": 2, "3": None}, 3, 66.67, "some"),  # two of three are enough
        ({"1": 3, "2": 3, "3": 1}, 3.33, 77.78, "many"),
        ({"3": 4}, None, None, None),  # one of three is not
        ({}, None, None, None),
    ],
)
def test_a_mean_with_the_half_scale_rule(form, answers, raw, score, band):
    outdoors = scored(form, answers)["outdoors"]

    assert (outdoors["raw"], outdoors["score"], outdoors["band"]) == (raw, score, band)
    assert outdoors["positive"] is None


@pytest.mark.parametrize(
    ("street", "page", "raw", "score", "positive"),
    [
        (0, 4, 9, 71.4, True),
        (1, 4, 8, 58.3, True),
        (3, 3, 7, 50.0, False),
        (10, 1, 2, 20.1, False),
        (6, 2, 5, 39.2, False),
        (9, None, None, None, None),  # all items or none
    ],
)
def test_a_recoded_sum_is_looked_up(form, street, page, raw, score, positive):
    calm = scored(form, {"4": street, "5": page})["calm"]

    assert (calm["raw"], calm["score"], calm["positive"]) == (raw, score, positive)


def test_what_is_unfinished_has_the_scores_that_need_every_item_and_no_others(form):
    unfinished = scored(form, FULL, is_finished=False)

    assert unfinished["calm"]["score"] == 44.8
    assert unfinished["outdoors"]["score"] is None


def test_an_item_has_its_own_choices(form):
    assert problems_of(form, {"4": 0, "6": 4}) == []
    assert problems_of(form, {"1": 0}) == [("/answers/1", "Must be null or one of: 1, 2, 3, 4.")]
    assert problems_of(form, {"4": 11})[0][0] == "/answers/4"
    assert problems_of(form, {"7": 1}) == [("/answers/7", "This questionnaire has no such item.")]
    assert form.items[3].answers[0].label == "Silent"
    assert [answer.value for answer in form.items[3].answers] == list(range(11))


def test_there_is_no_total_where_there_are_scales(form):
    assert score_of(form, FULL).total is None


def test_a_sum_of_half_the_items_is_filled_up_and_rounded_half_up():
    [scale] = scales_in(
        document_of("scale", """
            name: filled
            title: Filled
            items: [1, 2, 3, 4]
            score: sum
            missing: half
            lookup:
              rounded: true
              table: {4: 10, 5: 11, 6: 12, 7: 13, 8: 14, 9: 15, 10: 16}
              status: project choice
              source: made up
            higher_is: worse
            status: project choice
            source: made up
        """).data,
        dict.fromkeys((1, 2, 3, 4), (1, 2, 3)),
    )  # fmt: skip

    # 1 + 2 + 2 is 5 of three items, 6 2/3 of four: the row of 7.
    filled = scale.result_of({1: 1, 2: 2, 3: 2, 4: None})
    assert (round(float(filled.raw), 2), filled.score) == (6.67, 13)
    # 1 + 2 of two items is 6 of four; 1 + 1 + 2 of three is 5 1/3: the row of 5.
    assert scale.result_of({1: 1, 2: 2}).score == 12
    assert scale.result_of({1: 1, 2: 1, 3: 2}).score == 11
    assert scale.result_of({1: 1}).score is None


def test_no_score_is_infinite_or_no_number(form):
    for answers in ({}, {"1": None}, FULL, dict.fromkeys("123456", 1)):
        for one in scores_of(form, answers, is_finished=True):
            for value in (one["raw"], one["score"]):
                assert value is None or math.isfinite(value)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("linear: {lowest: 1, highest: 4}", "linear: {lowest: 4, highest: 4}", "divides by nothing: 4 to 4"),
        ("linear: {lowest: 1, highest: 4}", "linear: {lowest: 4, highest: 1}", "divides by less than nothing"),
        ("linear: {lowest: 1, highest: 4}", "linear: {lowest: 2, highest: 4}", "answers can come to 1, which is lower"),
        ("linear: {lowest: 1, highest: 4}", "linear: {lowest: 1, highest: 3}", "answers can come to 4, which is higher"),
        ("5: 39.2, ", "", "a raw value of 5 is missing"),
        ("9: 71.4", "9: 71.4, 12: 80", "no answers come to 12"),
        ("table: {2: 20.1", "table: {two: 20.1", "two"),
        ("2: 20.1", "2: .nan", '".nan" is not of type "number"'),
        ("2: 20.1", "2: 1e999", "1e999"),
        (', scored: false', "", "item 6 is in no scale"),
        ("items: [4, 5]", "items: [4, 5, 6]", "item 6 says scored: false"),
        ("items: [4, 5]", "items: [4, 7]", "there is no item 7"),
        ("items: [4, 5]", "items: []", "less than 1 item"),
        ("reversed: [3]", "reversed: [5]", "item 5 is not in this scale"),
        ("reversed: [3]", "reverse: [3]", "unknown word 'reverse'; did you mean 'reversed'?"),
        (", 10: 1}", "}", "answer 10 of item 4 is left out"),
        (", 10: 1}", ", 10: 1, 11: 1}", "item 4 has no answer 11"),
        ("      4: {0: 5", "      1: {0: 5", "item 1 is not in this scale"),
        ("    score: sum\n", "    score: mean\n", "a table needs a sum"),
        ("    score: sum\n", "    score: product\n", "product"),
        ("    missing: strict\n", "    missing: half\n", "say rounded: true"),
        ("4: {0: 5, ", "4: {0: 4.5, ", "say rounded: true"),
        ("from: 0, name: few", "from: 10, name: few", "0 is possible, and in no band"),
        ("from: 50, name: some", "from: 80, name: some", "'many' is not above the band before it"),
        ("from: 75, name: many", "from: 101, name: many", "the highest is 100"),
        ("    bands_status: project choice\n", "", "'bands' and 'bands_status' stand together"),
        ("positive_at: 58.3", "positive_at: 99", "99 is never reached"),
        ("name: calm", "name: outdoors", "'outdoors' stands twice"),
        ("recall:", "recal:", "unknown word 'recal'; did you mean 'recall'?"),
        ("  permission:", "  permissions:", "unknown word 'permissions'"),
        ('  permission: "Agreement 2026-17 of our clinic with nobody"', "", "'permission' is missing"),
        ('text: "I read a whole page."', "text: null", "item 5 has no text"),
        ("range: {from: 0, to: 10", "range: {from: 10, to: 9", "10 to 9 is no range"),
        ("minimum: null", "minimum: 0", "minimum"),
        ("code: own-garden", "code: own-garten", "'own-garten' is not the name of the file"),
        ("value: 2, label: Now", "value: 1, label: Now", "an answer stands twice"),
    ],
)  # fmt: skip
def test_a_slip_in_a_definition_is_named_with_its_line(site, garden, old, new, said):
    assert old in garden, old
    file = site.write("instruments/own-garden.yaml", garden.replace(old, new, 1))

    with pytest.raises(BadKnowledge) as refused:
        site.in_force()

    assert said in str(refused.value)
    assert refused.value.file == str(file)
    assert refused.value.line
