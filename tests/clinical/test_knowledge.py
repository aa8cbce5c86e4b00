"""Every check of the loader really refuses the fault it is there for, and says where it is."""

import shutil
from importlib.resources import files
from pathlib import Path

import pytest

from service.clinical import BadKnowledge, knowledge, load

HOME = Path(str(files("service.clinical")))

ARTICLE = """---
slug: fever
title: Fever on treatment
kind: article
audience: [patient, caregiver]
tags: [fever]
language: en
version: 1
summary: When a fever cannot wait.
sources: ["CDC, Fever in people with cancer"]
review: {status: draft, by: null, on: null}
expires_on: 2027-11-01
needs: []
priority: safety
pinned: false
---
# Fever

Call at once.
"""

GUIDANCE = """---
slug: fever
title: Call now
level: call_now
language: en
version: 1
source: CDC
review: {status: draft, by: null, on: null}
---
Call {oncology_line} now. In danger, call {emergency_number}.
"""

SUPPORT = """version: 1
source: Waymark
review: {status: draft, by: null, on: null}
faiths: [{code: none, name: No religion}]
entries:
  - slug: crisis-line
    kind: line
    name: A crisis line
    about: Someone to talk to, day and night.
    languages: [en]
    phone: "988"
    status: unverified
  - {slug: group, kind: support_group, name: A group, about: People who know., languages: [en], status: draft}
"""


@pytest.fixture
def folder(tmp_path):
    """A copy of the shipped knowledge with one text of each kind, to be broken."""
    for name in ("articles", "guidance", "rules"):
        (tmp_path / name).mkdir()
    shutil.copytree(HOME / "instruments", tmp_path / "instruments")
    for name in ("*.json", "*.yaml"):
        for file in HOME.glob(name):
            shutil.copy(file, tmp_path)
    for name, text in (
        ("articles/en/fever.md", ARTICLE),
        ("guidance/en/fever.md", GUIDANCE),
        ("support.yaml", SUPPORT),
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    return tmp_path


def change(folder, name, old, new):
    file = folder / name
    text = file.read_text("utf-8")
    assert old in text, f"{name} no longer holds {old!r}"
    file.write_text(text.replace(old, new, 1), "utf-8")


def test_the_shipped_knowledge_is_whole():
    shipped = knowledge()

    assert len(shipped.symptoms) == 80
    assert len(shipped.treatments) == 72
    assert len(shipped.red_flags) == 51
    assert len(shipped.instruments) >= 6
    assert shipped.stamps["treatments.json"].version >= 1


def test_lines_to_send_her_are_in_her_language_or_else_in_english():
    answers = knowledge().answers

    assert len(answers.replies_in("en-US")) == 3
    assert answers.replies_in("es") == answers.replies_in("en")


def test_the_copy_loads_before_it_is_broken(folder):
    whole = load(folder)

    assert whole.articles["fever", "en"].expires_on.isoformat() == "2027-11-01"
    assert whole.guidance["fever", "en"].level == "call_now"
    assert [entry.slug for entry in whole.support] == ["crisis-line", "group"]
    assert whole.support[0].phone == "988"


@pytest.mark.parametrize(
    ("name", "old", "new", "word"),
    [
        # symptoms
        ("symptoms.json", '"number": 9,', '"number": 90,', "has number 90"),
        ("symptoms.json", '"key": "vomiting"', '"key": "nausea"', "nausea"),
        ("symptoms.json", '"prompt": "Feeling sick: how often', '"prompts": "x', "prompts"),
        ("symptoms.json", '"gate": "frequency"', '"gate": "severity"', "severity"),
        ("symptoms.json", '"profile": "frequency+severity"', '"profile": "severity"', "nausea"),
        ("symptoms.json", '"item": "9B"', '"item": "9C"', "9C"),
        ("symptoms.json", '"items": 124', '"items": 125', "125"),
        ("symptoms.json", '"headache",', '"hedache",', "hedache"),
        ("symptoms.json", '"opt_outs": ["not_applicable"]', '"opt_outs": ["rather_not"]', "rather_not"),
        ("symptoms.json", '"presence": ["No", "Yes"]', '"presence": ["No"]', "less than 2 items"),
        # grades
        ("composite_grades.json", '"3-3": 3, ', "", "3-3"),
        ("composite_grades.json", '"4-4-4": 3', '"4-4-4": 4', "4 is greater"),
        ("composite_grades.json", '"0-0-4": 0', '"0-0-4": 1', "0-0-4"),
        ("composite_grades.json", '"frequency+severity": {', '"severity+frequency": {', "frequency+severity"),
        ("composite_grades.json", '"4-4-4"', '"4-4-5"', "4-4-4"),
        ("composite_grades.json", '"4-4-4": 3', '"4-4-3": 3', "4-4-3"),
        # treatments
        ("treatments.json", '"code": "pertuzumab"', '"code": "trastuzumab"', "trastuzumab"),
        ("treatments.json", '"chills", "fatigue"', '"chils", "fatigue"', "chils"),
        ("treatments.json", '["cardiotoxic"]', '["cardiotoxicity"]', "cardiotoxicity"),
        ("treatments.json", '"modality": "targeted"', '"modality": "her2_targeted"', "her2_targeted"),
        ("treatments.json", '"dose_days": [1, 8]', '"dose_days": [1, 80]', "day 80 is outside"),
        ("treatments.json", '"type": "cycle", ', '"type": "cycle", "on_days": 2, ', "on_days"),
        ("treatments.json", '"times": ["09:00"]', '"times": ["9:00"]', "9:00"),
        ("treatments.json", '"schedule_status": "verified"', '"schedule_status": "sure"', "sure"),
        ("treatments.json", '"224905"', '"RX224905"', "RX224905"),
        # pathway
        ("pathway.yaml", "treatments: [mastectomy]", "treatments: [mastektomy]", "mastektomy"),
        ("pathway.yaml", "Radiation to the area usually comes", "You should have radiation", "you should"),
        ("pathway.yaml", "needs: [prognosis]", "needs: [truth]", "truth"),
        # warning signs
        ("red_flags.yaml", "code: calf_pain", "code: chest_pain", "chest_pain"),
        ("red_flags.yaml", 'prompt: "A seizure or fit"', "prompt: 7", "7 is not of type"),
        # policy
        ("policy.yaml", "{at: 45 min", "{at: 25 min", "supervisor"),
        ("policy.yaml", "acknowledge_within: 30 min", "acknowledge_within: half an hour", "half an hour"),
        ("policy.yaml", "acknowledge_within: 1 working day", "acknowledge_within: 1 day", "1 day"),
        ("policy.yaml", "{at: 50 %, tell: same_person}", "{at: 4 h, tell: same_person}", "4 h"),
        ("policy.yaml", "tell: administrator", "tell: nobody", "nobody"),
        ("policy.yaml", "tell: administrator", "tell: everyone", "'everyone' is the last step"),
        ("policy.yaml", "    myelosuppressive: 42", "    myelosupressive: 42", "myelosupressive"),
        ("policy.yaml", "gap: 14 days", "gap: 14 working days", "14 working days"),
        ("policy.yaml", "dentist: nursing", "dentist: dentistry", "dentistry"),
        ("policy.yaml", "earliest: 2000-01-01", "earliest: 2000-13-01", "2000-13-01"),
        # questionnaires
        ("instruments/phq-9.yaml", "code: phq-9", "code: phq9", "phq9"),
        ("instruments/phq-9.yaml", "{from: 10,", "{from: 11,", "moderate"),
        ("instruments/phq-9.yaml", "to: 27, name: severe", "to: 26, name: severe", "26"),
        ("instruments/phq-9.yaml", "maximum: 27", "maximum: 28", "28"),
        ("instruments/phq-9.yaml", "positive_at: 10", "positive_at: 100", "100"),
        ("instruments/phq-9.yaml", "item: 9", "item: 10", "no item 10"),
        ("instruments/phq-9.yaml", "n: 2,", "n: 3,", "item 3 stands"),
        ("instruments/phq-9.yaml", "44260-8", "44260", "44260"),
        ("instruments/phq-2.yaml", "next: phq-9", "next: phq-8", "phq-8"),
        ("instruments/phq-4.yaml", "nervous, anxious", "anxious, nervous", "gad-2"),
        ("instruments/phq-4.yaml", "instrument: gad-2", "instrument: gad-3", "gad-3"),
        ("instruments/phq-4.yaml", "items: [3, 4]", "items: [3, 5]", "no item 5"),
        ("instruments/c-ssrs.yaml", "n: 1, loinc: null, text: null", "n: 1, loinc: null, text: Hm", "may not be shipped"),
        ("instruments/c-ssrs.yaml", '["3", "6_lifetime"]', '["3", "7"]', "no answer '7'"),
        ("instruments/gad-7.yaml", "rule: strict", "rule: prorated", "strict"),
        # words
        ("articles/en/fever.md", "slug: fever", "slug: fewer", "fewer"),
        ("articles/en/fever.md", "language: en", "language: de", "articles/de/fever.md"),
        ("articles/en/fever.md", "kind: article", "kind: advert", "advert"),
        ("articles/en/fever.md", "2027-11-01", "soon", "soon"),
        ("articles/en/fever.md", "needs: []", "needs: [hope]", "hope"),
        ("articles/en/fever.md", "When a fever", "When a fever " * 20, "200"),
        ("articles/en/fever.md", "# Fever\n\nCall at once.\n", "", "no text"),
        ("articles/en/fever.md", "---\nslug", "slug", "front matter"),
        ("guidance/en/fever.md", "{oncology_line}", "{nurse_line}", "nurse_line"),
        ("guidance/en/fever.md", "level: call_now", "level: red", '"red" is not'),
        ("support.yaml", "slug: group", "slug: crisis-line", "crisis-line"),
        ("support.yaml", "code: none", "code: None!", "None!"),
        ("support.yaml", 'phone: "988"', "phone: 988", "988"),
        ("support.yaml", "kind: line", "kind: hotline", "hotline"),
        # words at hand
        ("answers.yaml", "    en:", "    de:", '"en"'),
        ("answers.yaml", "  ask_first:", "  ask_last:", "ask_last"),
        ("answers.yaml", "  status: project choice", "  status: ours", "ours"),
        # every file
        ("red_flags.yaml", "version: 1", "version: one", '"one" is not'),
        ("pathway.yaml", "source: ", "sauce: ", "sauce"),
        ("policy.yaml", "by: null", "by: Dr. No", "Dr. No"),
        ("policy.yaml", "review: {status: draft", "review: {status: reviewed", "null"),
        ("policy.yaml", "  delta: 2\n", "  delta: 2\n  delta: 3\n", "delta"),
        ("policy.yaml", "worsening:", "worsening: [", "expected"),
        ("symptoms.json", '"counts": {', '"counts": {"items": 1, ', "items"),
        ("symptoms.json", '"language": "en",', '"language": "en"', "delimiter"),
    ],
)  # fmt: skip
def test_one_wrong_word_stops_the_start_and_is_named(folder, name, old, new, word):
    change(folder, name, old, new)

    with pytest.raises(BadKnowledge) as refused:
        load(folder)

    assert refused.value.file == name
    assert word in str(refused.value)


def test_the_message_leads_to_the_line(folder):
    change(folder, "treatments.json", '"chills", "fatigue"', '"chils", "fatigue"')

    with pytest.raises(BadKnowledge) as refused:
        load(folder)

    lines = (folder / "treatments.json").read_text("utf-8").splitlines()
    assert "chils" in lines[refused.value.line - 1]
    assert refused.value.place == "treatments/0/symptoms/0"


def test_lines_of_front_matter_are_counted_from_the_top_of_the_file(folder):
    change(folder, "articles/en/fever.md", "kind: article", "kind: advert")

    with pytest.raises(BadKnowledge) as refused:
        load(folder)

    lines = (folder / "articles/en/fever.md").read_text("utf-8").splitlines()
    assert lines[refused.value.line - 1] == "kind: advert"


@pytest.mark.parametrize(
    "name", ["symptoms.json", "composite_grades.json", "treatments.json", "policy.yaml"]
)
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()

    with pytest.raises(BadKnowledge, match=name):
        load(folder)


def test_a_folder_without_questionnaires_is_refused(folder):
    shutil.rmtree(folder / "instruments")

    with pytest.raises(BadKnowledge, match="instruments"):
        load(folder)


def test_texts_may_be_absent(folder):
    shutil.rmtree(folder / "articles")
    shutil.rmtree(folder / "guidance")
    (folder / "support.yaml").unlink()

    bare = load(folder)

    assert (len(bare.articles), len(bare.guidance), bare.support) == (0, 0, ())


def test_a_translation_needs_its_english_text(folder):
    german = folder / "articles/de/fieber.md"
    german.parent.mkdir()
    german.write_text(
        ARTICLE.replace("slug: fever", "slug: fieber").replace("language: en", "language: de")
    )

    with pytest.raises(BadKnowledge, match=r"articles/de/fieber\.md.*no English text"):
        load(folder)


def test_a_translation_may_not_soften_guidance(folder):
    german = folder / "guidance/de/fever.md"
    german.parent.mkdir()
    german.write_text(
        GUIDANCE.replace("language: en", "language: de").replace("call_now", "self_care")
    )

    with pytest.raises(BadKnowledge, match=r"guidance/de/fever\.md.*self_care"):
        load(folder)


def test_a_signature_needs_a_name_and_a_day(folder):
    signed = "review: {status: reviewed, by: 'Dr. A. Ono, oncologist', on: 2026-11-20}"
    change(folder, "policy.yaml", "review: {status: draft, by: null, on: null}", signed)

    review = load(folder).stamps["policy.yaml"].review

    assert review.is_signed
    assert (review.by, review.on.isoformat()) == ("Dr. A. Ono, oncologist", "2026-11-20")
