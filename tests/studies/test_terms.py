"""How one criterion stands to her: a table a nurse could check."""

from datetime import date

import pytest

from service.clinical import knowledge
from service.studies import rules
from service.studies.reading import Reader
from service.studies.terms import Herself, HerTreatment, truth_of

WORDS = knowledge().studies
READER = Reader(WORDS)
PATIENT = {"type": "patient", "id": "p", "at": "2026-03-02T17:00:00Z"}
DIAGNOSIS = {"type": "diagnosis", "id": "d", "at": "2026-03-02T17:00:00Z"}
TODAY = date(2026, 3, 2)
ANA = Herself(
    today=TODAY, patient=PATIENT, diagnosis=DIAGNOSIS, birth_year=1970, sex="female", ecog=1,
    metastatic=True, recurrence="distant", sites=("bone",), er="positive", pr="positive",
    her2="negative", mutations=("ESR1", "BRCA2"), menopause="post",
    treatments=(
        HerTreatment("letrozole", "letrozole", "hormonal", 1, {"type": "treatment", "id": "1"}),
        HerTreatment("ribociclib", "ribociclib", "targeted", 1, {"type": "treatment", "id": "2"}),
        HerTreatment("capecitabine", "capecitabine", "chemotherapy", 2, {"type": "treatment", "id": "3"}),
    ),
)  # fmt: skip
NOBODY = Herself(today=TODAY, patient=PATIENT)
MET, NOT, ASK = "met", "not_met", "ask_your_doctor"


def verdict(line, her=ANA, section="inclusion"):
    says, hedged = READER.read(line)
    return rules.verdict_of(section, says, hedged, lambda term: truth_of(term, her, WORDS)).verdict


@pytest.mark.parametrize(
    ("line", "lets_in", "keeps_out"),
    [
        ("ER-positive", MET, NOT),
        ("ER-negative", NOT, MET),
        ("HR-positive, HER2-negative", MET, NOT),
        ("HER2-positive", NOT, MET),
        # An older report says negative where a newer one would say low.
        ("HER2-low", ASK, ASK),
        ("Triple-negative breast cancer", NOT, MET),
        ("HR+/HER2- or triple negative", MET, NOT),
        ("ER-positive and HER2-positive", NOT, MET),
        ("Metastatic breast cancer", MET, NOT),
        ("Stage I-III breast cancer", NOT, MET),
        ("Stage II-IV breast cancer", MET, NOT),
        ("Locally advanced or metastatic disease", MET, NOT),
        ("Bone metastases", MET, NOT),
        ("Liver metastases", NOT, MET),
        ("Brain metastases", NOT, MET),
        ("Untreated or symptomatic brain metastases", NOT, MET),
        ("Measurable disease or liver metastases", ASK, ASK),
        ("ECOG 0-1", MET, NOT),
        ("ECOG 0", NOT, MET),
        ("ECOG > 2", NOT, MET),
        ("ESR1 mutation", MET, NOT),
        ("BRCA1/2 mutation", MET, NOT),
        # Nobody has said that she does not have it.
        ("PIK3CA mutation", ASK, ASK),
        ("Postmenopausal", MET, NOT),
        ("Premenopausal", NOT, MET),
        ("Prior CDK4/6 inhibitor", MET, NOT),
        ("No prior CDK4/6 inhibitor", NOT, MET),
        ("Prior PARP inhibitor", ASK, ASK),
        ("Prior everolimus or ribociclib", MET, NOT),
        ("Prior chemotherapy", MET, NOT),
        ("Prior chemotherapy within 3 weeks", ASK, ASK),
        ("At least 1 prior line of systemic therapy", MET, NOT),
        ("At least 3 prior lines of systemic therapy", NOT, MET),
        ("No more than 1 prior line of therapy", NOT, MET),
        ("No more than 1 prior line of chemotherapy", MET, NOT),
        ("1-2 prior lines of therapy", MET, NOT),
        ("Age 18 years or older", MET, NOT),
        ("Age 65 years or older", NOT, MET),
        ("Women", MET, NOT),
        ("Pregnant women", ASK, ASK),
        ("Life expectancy of 12 weeks", ASK, ASK),
    ],
)
def test_a_line_stands_to_ana(line, lets_in, keeps_out):
    assert verdict(line) == lets_in
    assert verdict(line, section="exclusion") == keeps_out
    assert verdict(line, section="unclear") == ASK


@pytest.mark.parametrize(
    "line",
    [
        "ER-positive", "HER2-low", "Triple-negative", "Metastatic", "Bone metastases",
        "Brain metastases", "ECOG 0-1", "ESR1 mutation", "Postmenopausal", "Prior chemotherapy",
        "No more than 1 prior line", "At least 1 prior line", "Age 18 years or older", "Women",
    ],
)  # fmt: skip
def test_what_nobody_has_said_is_to_be_asked(line):
    for section in ("inclusion", "exclusion"):
        assert verdict(line, NOBODY, section) == ASK


def test_brain_metastases_on_file_are_a_question_for_her_team():
    her = ANA._replace(sites=("brain",))

    assert verdict("Stable brain metastases", her) == ASK
    assert verdict("Untreated brain metastases", her, "exclusion") == ASK
    assert verdict("Brain metastases", her) == MET


@pytest.mark.parametrize(
    ("known", "low", "ultralow", "negative", "positive"),
    [
        ("low", MET, ASK, MET, NOT), ("ultralow", ASK, MET, MET, NOT),
        ("positive", NOT, NOT, NOT, MET), ("unknown", ASK, ASK, ASK, ASK),
    ],
)  # fmt: skip
def test_low_and_ultralow_are_kinds_of_negative(known, low, ultralow, negative, positive):
    her = ANA._replace(her2=known)
    words = ("HER2-low", "HER2-ultralow", "HER2-negative", "HER2-positive")

    assert [verdict(line, her) for line in words] == [low, ultralow, negative, positive]


def test_a_gap_in_her_lines_makes_their_number_a_question():
    her = ANA._replace(treatments=(ANA.treatments[2],))  # line 2 alone is on file

    assert verdict("No more than 1 prior line of chemotherapy", her) == ASK
    assert verdict("At least 1 prior line of therapy", her) == MET


def test_a_local_recurrence_is_neither_early_nor_metastatic_for_certain():
    her = ANA._replace(metastatic=False, recurrence="local", sites=())

    assert verdict("Metastatic breast cancer", her) == NOT
    assert verdict("Locally advanced or metastatic breast cancer", her) == ASK
    assert verdict("Stage I-III breast cancer", her) == ASK


@pytest.mark.parametrize(
    ("sex", "least", "most", "left_out"),
    [
        ("ALL", 18, None, False), ("MALE", None, None, True), ("FEMALE", None, None, False),
        # Born in 1970: 55 or 56, by her birthday.
        ("ALL", 56, None, False), ("ALL", 57, None, True),
        ("ALL", None, 55, False), ("ALL", None, 54, True), ("ALL", None, 56, False),
    ],
)  # fmt: skip
def test_age_and_sex_leave_out_only_for_certain(sex, least, most, left_out):
    days = [None if years is None else int(years * 365.25) for years in (least, most)]

    assert rules.is_left_out(sex, *days, ANA) is left_out
    assert rules.is_left_out("ALL", *days, NOBODY) is False


@pytest.mark.parametrize(
    ("least", "most", "words", "expected"),
    [
        (56, None, "Age: from 56 years", ASK), (None, 55, "Age: to 55 years", ASK),
        (55, 56, "Age: from 55 years to 56 years", MET), (None, 57, "Age: to 57 years", MET),
        (57, None, "Age: from 57 years", NOT),
    ],
)  # fmt: skip
def test_whoever_is_not_left_out_for_certain_is_asked_about(least, most, words, expected):
    days = [None if years is None else int(years * 365.25) for years in (least, most)]

    [(text, found)] = rules.registry_criteria("ALL", *days, ANA)

    assert (text, found.verdict) == (words, expected)


@pytest.mark.parametrize(
    ("one", "other", "km"),
    [
        ((47.6283, -122.3439), (42.3371, -71.107), 4_003), ((0, 0), (0, 180), 20_015),
        ((0, 179.9), (0, -179.9), 22.2), ((90, 0), (-90, 77), 20_015), ((1, 1), (1, 1), 0),
    ],
)  # fmt: skip
def test_distances(one, other, km):
    assert rules.km_between(one, other) == pytest.approx(km, rel=0.005, abs=0.01)


def test_every_meaning_of_the_file_can_be_judged():
    for means in [*WORDS.says, *(f"drug:{name}" for name in WORDS.drugs)]:
        for her in (ANA, NOBODY):
            assert truth_of(means, her, WORDS).words
