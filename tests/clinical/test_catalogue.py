"""Symptoms, grades, treatments and warning signs, as published or as decided."""

import pytest

from service.clinical import knowledge, search_treatments

KNOWN = knowledge()
TABLE = KNOWN.grading

# The 179 combinations that were published, row by row: the grades for the last answer 0 to 4,
# after the answers before it.  A combination whose first answer is 0 stands only once.
ONE_ANSWER = {
    "frequency": "01123",
    "severity": "01233",
    "amount": "01122",
}
TWO_ANSWERS = {
    "frequency+severity": {1: "11122", 2: "11222", 3: "11233", 4: "11233"},
    "frequency+interference": {1: "11122", 2: "11122", 3: "11233", 4: "11233"},
    "severity+interference": {1: "11122", 2: "11223", 3: "12233", 4: "22233"},
}
THREE_ANSWERS = {
    (1, 0): "01122", (1, 1): "11122", (1, 2): "12223", (1, 3): "22233", (1, 4): "22333",
    (2, 0): "01122", (2, 1): "11122", (2, 2): "22233", (2, 3): "22233", (2, 4): "22333",
    (3, 0): "11122", (3, 1): "11122", (3, 2): "22233", (3, 3): "22333", (3, 4): "22333",
    (4, 0): "11122", (4, 1): "11223", (4, 2): "22233", (4, 3): "22333", (4, 4): "22333",
}  # fmt: skip


def published():
    for profile, grades in ONE_ANSWER.items():
        for answer, grade in enumerate(grades):
            yield profile, str(answer), int(grade)
    for profile, rows in TWO_ANSWERS.items():
        yield profile, "0-0", 0
        for first, grades in rows.items():
            for last, grade in enumerate(grades):
                yield profile, f"{first}-{last}", int(grade)
    profile = "frequency+severity+interference"
    yield profile, "0-0-0", 0
    for (first, second), grades in THREE_ANSWERS.items():
        for last, grade in enumerate(grades):
            yield profile, f"{first}-{second}-{last}", int(grade)


def test_all_179_published_combinations_are_graded_as_published():
    rows = list(published())

    assert len(rows) == len({row[:2] for row in rows}) == 179
    assert [row for row in rows if TABLE.grades[row[0]][row[1]] != row[2]] == []


@pytest.mark.parametrize(
    ("profile", "answers"),
    [
        ("frequency+severity", "3-3"),
        ("frequency+severity", "3-4"),
        ("frequency+interference", "3-3"),
    ],
)
def test_the_rows_that_bad_copies_get_wrong_are_right(profile, answers):
    assert TABLE.grades[profile][answers] == 3


def test_never_is_grade_zero_whatever_follows():
    for rows in TABLE.grades.values():
        assert {grade for answers, grade in rows.items() if answers[0] == "0"} == {0}


def test_three_answers_are_not_graded_like_two():
    assert TABLE.grades["frequency+severity+interference"]["2-0-0"] == 0
    assert TABLE.grades["frequency+severity"]["2-0"] == 1


def test_there_is_no_grade_four_and_no_combination_is_left_out():
    for profile, rows in TABLE.grades.items():
        assert len(rows) == 5 ** len(profile.split("+"))
        assert set(rows.values()) <= {0, 1, 2, 3}


def test_eighty_symptoms_ask_124_questions_in_order():
    symptoms = list(KNOWN.symptoms.values())
    items = [item for symptom in symptoms for item in symptom.items]

    assert [symptom.number for symptom in symptoms] == list(range(1, 81))
    assert len(items) == len({item.prompt for item in items}) == 124
    assert {len(item.labels) for item in items if item.attribute != "presence"} == {5}
    assert {item.labels for item in items if item.attribute == "presence"} == {("No", "Yes")}


def test_symptoms_have_the_attributes_of_the_published_structure():
    counts = {}
    for symptom in KNOWN.symptoms.values():
        key = "+".join(symptom.attributes)
        counts[key] = counts.get(key, 0) + 1

    assert counts == {
        "severity": 20,
        "severity+interference": 12,
        "presence": 21,
        "frequency+severity": 10,
        "frequency": 2,
        "frequency+severity+interference": 9,
        "frequency+interference": 4,
        "amount": 2,
    }


def test_presence_has_no_grade_and_everything_else_has_one():
    for key, symptom in KNOWN.symptoms.items():
        assert (key in TABLE.profile_of) == (symptom.attributes != ("presence",))
    assert TABLE.profile_of["hair_loss"] == TABLE.profile_of["vaginal_discharge"] == "amount"


def test_the_first_of_several_questions_is_the_gate():
    assert KNOWN.symptoms["nausea"].gate == "frequency"
    assert KNOWN.symptoms["fatigue"].gate == "severity"
    assert KNOWN.symptoms["diarrhea"].gate is None


def test_intimate_questions_offer_ways_not_to_answer():
    (item,) = KNOWN.symptoms["pain_with_intercourse"].items
    assert item.opt_outs == ("not_sexually_active", "prefer_not_to_answer")


def test_no_prompt_uses_the_words_of_the_licensed_questionnaire():
    for symptom in KNOWN.symptoms.values():
        for item in symptom.items:
            prompt = item.prompt.casefold()
            for phrase in (
                "last 7 days",
                "at its worst",
                "at their worst",
                "interfere",
                "usual or daily",
            ):
                assert phrase not in prompt
    licensed = {
        "never",
        "rarely",
        "occasionally",
        "almost constantly",
        "moderate",
        "quite a bit",
    }
    words = {
        label.casefold()
        for symptom in KNOWN.symptoms.values()
        for item in symptom.items
        for label in item.labels
    }
    assert not words & licensed


def test_the_catalogue_has_sixty_drugs_and_twelve_other_entries():
    kinds = [treatment.kind for treatment in KNOWN.treatments.values()]
    assert kinds.count("drug") == 60
    assert kinds.count("procedure") + kinds.count("class") == 12


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("Herceptin", "trastuzumab"),
        ("herceptin hylecta", "trastuzumab"),
        ("xgeva", "denosumab_120"),
        (" XGEVA ", "denosumab_120"),
        ("denosumab", "denosumab_120"),
        ("T-DM1", "t_dm1"),
        ("pac", "paclitaxel"),  # the beginning of a name comes before its middle
        ("Zometa", "zoledronic_acid"),
        ("Nolvadex", "tamoxifen"),
        ("hormonal", "hormonal_therapy"),
        ("mastectomy", "mastectomy"),  # and not the tumor at the mastectomy site
    ],
)
def test_a_treatment_is_found_by_brand_or_generic_name(typed, first):
    assert search_treatments(typed)[0].code == first


def test_a_whole_name_beats_a_longer_one_that_holds_it():
    assert [found.code for found in search_treatments("doxorubicin")] == [
        "doxorubicin",
        "peg_lipo_doxorubicin",
    ]


def test_search_can_be_narrowed_by_class_and_modality():
    cdk = search_treatments("", treatment_class="cdk4/6 inhibitor")
    assert [found.code for found in cdk] == ["palbociclib", "ribociclib", "abemaciclib"]

    surgery = search_treatments("", modality="surgery")
    assert {found.modality for found in surgery} == {"surgery"}
    assert search_treatments("Herceptin", modality="chemotherapy") == []


def test_an_empty_search_lists_the_whole_catalogue_in_order():
    assert [found.code for found in search_treatments("")] == list(KNOWN.treatments)


def test_what_is_not_in_the_catalogue_is_not_found():
    assert search_treatments("aspirin") == []


@pytest.mark.parametrize(
    ("code", "modality"),
    [
        ("letrozole", "hormonal"),
        ("trastuzumab", "targeted"),
        ("sacituzumab_govitecan", "targeted"),
        ("pembrolizumab", "immunotherapy"),
        ("denosumab_120", "bone_modifying"),
        ("rt_brain", "radiation"),
        ("port_placement", "other"),
        ("bone_directed", "bone_modifying"),
        ("targeted_biological", "targeted"),
    ],
)
def test_modalities_are_those_of_the_api(code, modality):
    assert KNOWN.treatments[code].modality == modality


@pytest.mark.parametrize(
    ("code", "schedule"),
    [
        ("palbociclib", {"type": "on_off", "on_days": 21, "off_days": 7, "times": ("09:00",)}),
        (
            "capivasertib",
            {"type": "on_off", "on_days": 4, "off_days": 3, "times": ("09:00", "21:00")},
        ),
        ("fulvestrant", {"type": "interval", "days": 28, "loading_days": (1, 15, 29)}),
        ("denosumab_120", {"type": "interval", "days": 28}),
        ("zoledronic_acid", {"type": "interval", "days": 28}),
        (
            "eribulin",
            {"type": "cycle", "cycle_days": 21, "dose_days": (1, 8), "times": ("09:00",)},
        ),
        ("letrozole", {"type": "daily", "times": ("09:00",)}),
        ("pegfilgrastim", None),  # once in a cycle of another drug
        ("loperamide", None),  # as needed
    ],
)
def test_schedules_are_those_of_the_label_in_the_words_of_the_api(code, schedule):
    found = KNOWN.treatments[code].schedule
    assert (found if found is None else dict(found)) == schedule


def test_what_a_schedule_cannot_say_stands_beside_it():
    assert "56 days" in KNOWN.treatments["dexamethasone_mouthwash"].schedule_note
    assert "84 or 21 days" in KNOWN.treatments["zoledronic_acid"].schedule_note
    assert KNOWN.treatments["pegfilgrastim"].schedule_note


def test_the_ingredient_code_is_not_that_of_the_brand():
    assert KNOWN.treatments["t_dm1"].rxnorm == "1371041"  # 1371046 is Kadcyla
    assert KNOWN.treatments["carboplatin"].rxnorm == "40048"
    assert KNOWN.treatments["letrozole"].rxnorm == "72965"
    assert KNOWN.treatments["capivasertib"].rxnorm is None


def test_chemotherapy_whose_name_she_does_not_know_still_lowers_white_cells():
    assert "myelosuppressive" in KNOWN.treatments["chemotherapy"].effects
    assert "onj" in KNOWN.treatments["bone_directed"].effects
    assert KNOWN.treatments["hormonal_therapy"].effects == frozenset()


def test_nothing_claims_more_than_its_source():
    assert KNOWN.treatments["trastuzumab"].statuses["schedule"] == "verified"
    assert KNOWN.treatments["olaparib"].statuses["schedule"] == "unverified"
    assert KNOWN.treatments["sacituzumab_govitecan"].statuses["rxnorm"] == "single source"
    assert {stamp.review.is_signed for stamp in KNOWN.stamps.values()} == {False}


def test_after_a_lumpectomy_a_mastectomy_is_usual_and_after_a_mastectomy_removal_then_radiation():
    local = KNOWN.pathway.local
    assert [step.treatments for step in local["lumpectomy"]] == [
        ("mastectomy",),
        ("hormonal_therapy", "chemotherapy"),
    ]
    assert [step.treatments for step in local["mastectomy"]] == [
        ("tumor_removal",),
        ("rt_chest_wall",),
        ("hormonal_therapy", "chemotherapy"),
    ]


def test_what_the_future_may_hold_is_only_for_those_who_ask():
    (prognosis,) = [fact for fact in KNOWN.pathway.facts if "curable" in fact.text]
    assert prognosis.needs == ("prognosis",)


def test_warning_signs_name_the_rules_that_read_them():
    assert KNOWN.red_flags["saddle_numbness"].rules == ("EM-MSCC",)
    assert KNOWN.red_flags["rigors"].rules == ("EM-FEVER",)
    assert all(flag.prompt for flag in KNOWN.red_flags.values())
