"""What is made out in criteria, and what is left for her doctor to say."""

import time

import pytest

from service.clinical import knowledge
from service.studies.reading import Reader

READER = Reader(knowledge().studies)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("ER-positive, HER2-negative metastatic breast cancer",
         [[["er:positive", "her2:negative"]], [["stage:metastatic"]]]),
        ("HR+/HER2- or triple negative", [[["hr:positive", "her2:negative"], ["subtype:triple_negative"]]]),
        ("HER-2/neu positive disease", [[["her2:positive"]]]),
        ("HER2\N{NON-BREAKING HYPHEN}low", [[["her2:low"]]]),
        ("HER2-ultralow", [[["her2:ultralow"]]]),
        ("Oestrogen receptor positive", [[["er:positive"]]]),
        ("Stage I-III breast cancer", [[["stage:early"]]]),
        ("Stage IIIB or IV disease", [[["stage:any"]]]),
        ("Stage IV disease", [[["stage:metastatic"]]]),
        ("Metastatic or unresectable solid tumor", [[["stage:metastatic"], ["stage:advanced"]]]),
        ("HER2-positive breast cancer with stable or active brain metastases",
         [[["her2:positive"]], [["site:brain_which"]]]),
        ("Leptomeningeal disease", [[["site:brain"]]]),
        ("ECOG performance status 0-1", [[["ecog:most:1"]]]),
        ("ECOG PS \N{LESS-THAN OR EQUAL TO} 2", [[["ecog:most:2"]]]),
        ("ECOG 0, 1 or 2", [[["ecog:most:2"]]]),
        ("At least 1 prior line of systemic therapy", [[["lines:systemic:least:1"]]]),
        ("No more than 1 prior line of chemotherapy for metastatic disease",
         [[["lines:chemotherapy:most:1"]], [["stage:metastatic"]]]),
        ("\N{LESS-THAN OR EQUAL TO} 2 prior lines", [[["lines:systemic:most:2"]]]),
        ("one or two prior lines of systemic therapy", [[["lines:systemic:between:102"]]]),
        ("Fewer than three prior lines of endocrine therapy", [[["lines:endocrine:most:2"]]]),
        ("Prior CDK4/6 inhibitor", [[["drug:CDK4/6 inhibitor"]]]),
        ("CDK4/6 inhibitor-na\N{LATIN SMALL LETTER I WITH DIAERESIS}ve", [[["!drug:CDK4/6 inhibitor"]]]),
        ("No prior treatment with Afinitor", [[["!drug:everolimus"]]]),
        ("Prior everolimus, alpelisib or capivasertib",
         [[["drug:everolimus"], ["drug:alpelisib"], ["drug:capivasertib"]]]),
        ("Prior taxane and anthracycline", [[["drug:taxane", "drug:anthracycline"]]]),
        ("PIK3CA mutation in tumor tissue", [[["mutation:PIK3CA"]]]),
        ("HER2 mutation", [[["mutation:HER2"]]]),
        ("Premenopausal or postmenopausal", [[["menopause:pre"], ["menopause:post"]]]),
        ("Men with ER-positive metastatic breast cancer",
         [[["sex:male"]], [["er:positive"]], [["stage:metastatic"]]]),
        ("Age \N{GREATER-THAN OR EQUAL TO} 18 years", [[["age:18:"]]]),
        # A drug that is no earlier treatment, and what we have no words for.
        ("Able to swallow capecitabine", []),
        ("Adequate organ function", []),
        ("HER2-positivity is of no interest", []),
    ],
)  # fmt: skip
def test_a_line_says(line, says):
    assert READER.read(line) == (says, False)


@pytest.mark.parametrize(
    "line",
    [
        "Measurable disease or bone metastases",
        "Patients with stable brain metastases are allowed",
        "Pregnant women",
        "Prior chemotherapy within 3 weeks",
        "Adjuvant chemotherapy after progression",
        "ER-positive unless previously treated",
        "Bone metastases in the course of which the sponsor's steering board found other reasons of its own",
    ],
)  # fmt: skip
def test_a_line_that_says_more_is_only_a_hint(line):
    says, hedged = READER.read(line)

    assert says
    assert hedged


def test_a_text_is_split_into_what_lets_in_and_what_keeps_out():
    text = (
        "Some words before.\n\n**Key Inclusion Criteria**:\n\n* Stage IV\n  1. ECOG 0-1\n"
        "- ANC \\>= 1.5\n\nExclusion Criteria: Pregnancy\n\n(a) Stage I\n\n"
    )

    lines = [(line["section"], line["text"]) for line in READER.criteria(text)]

    assert lines == [
        ("unclear", "Some words before."), ("inclusion", "Stage IV"), ("inclusion", "ECOG 0-1"),
        ("inclusion", "ANC >= 1.5"), ("exclusion", "Pregnancy"), ("exclusion", "Stage I"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("heading", "section"),
    [
        ("INCLUSION CRITERIA", "inclusion"), ("Exclusion Criteria for Cohort A:", "exclusion"),
        ("Part 2 Exclusion Criteria (dose expansion)**:", "exclusion"),
        ("Exclusion criteria (all cohorts)", "exclusion"), ("# Inclusion:", "inclusion"),
        ("Inclusion and Exclusion Criteria:", "unclear"),
    ],
)  # fmt: skip
def test_headings_come_in_many_forms(heading, section):
    [*_, line] = READER.criteria(
        f"Exclusion Criteria:\n* x\nInclusion Criteria:\n{heading}\n* Stage IV"
    )

    assert (line["section"], line["text"]) == (section, "Stage IV")


def test_a_sentence_about_criteria_is_no_heading():
    [line] = READER.criteria("Meets all exclusion criteria of the parent study")

    assert line["section"] == "unclear"


def test_what_stands_beneath_alternatives_holds_for_some_only():
    text = "Inclusion Criteria:\n* One of the following:\n  * ER-positive\n  * HER2-positive\n* Stage IV"

    lines = {line["text"]: line.get("hedged", False) for line in READER.criteria(text)}

    assert lines["ER-positive"]
    assert lines["HER2-positive"]
    assert not lines["Stage IV"]


@pytest.mark.parametrize(
    "text",
    [
        "no " + "-" * 20_000 + " her2 positive", "stage i " * 3_000, "or " * 9_000, "prior " * 5_000,
        "* " * 9_000, "untreated or active, " * 1_000 + "brain metastases", "<" * 50_000,
        "1 or 2 " * 4_000 + "lines", "ecog " * 5_000 + "9", "\n" * 20_000, "her2 positive\n" * 5_000,
        "er+ or " * 4_000,
    ],
)  # fmt: skip
def test_no_text_takes_long(text):
    began = time.process_time()

    lines = READER.criteria("Inclusion Criteria:\n" + text)

    assert len(lines) <= 300
    assert time.process_time() - began < 3
