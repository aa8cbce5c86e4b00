"""A site's folder over ours: what it may say, what comes of it, and what stops the start."""

import json

import pytest

from service.care.rules import rule_set, vocabulary
from service.care.rules_in_force import shipped
from service.care.rules_shown import rule_shown
from service.clinical import BadKnowledge, knowledge, load, rules_written
from service.clinical.overlay_diff import differences
from tests.site.conftest import STAMP

GUIDANCE = """---
slug: {slug}
title: Call us
level: {level}
language: {language}
version: {version}
source: Our clinic
review: {{status: draft, by: null, on: null}}
---
Call {{oncology_line}}.
"""
DIS_7 = rule_set().by_id["DIS-7"].version
SYM_MISS = rule_set().by_id["SYM-MISS"].version
POLICY = knowledge().stamps["policy.yaml"].version
WORSENING = """version: 101
{stamp}worsening:
  status: project choice
  source: Our clinic
  delta: 3
"""
CHANGE = f"""- id: DIS-7
  version: 101
  based_on: {DIS_7}
  change:
    - {{at: when/any/0/distress/at_least, from: 7, to: 8}}
  source: Our psycho-oncology team
  status: project choice
  review: {{status: draft, by: null, on: null}}
"""
OFF = "- {id: SYM-MISS, version: 101, off: true, why: We call everybody on Fridays, review: {status: draft, by: null, on: null}}\n"
OWN = """- id: OWN-FALL
  version: 1
  about: A fall
  when: {red_flag: fainting}
  then:
    alert: {severity: soon, queue: nursing}
  source: Our falls protocol
  status: project choice
  review: {status: draft, by: null, on: null}
"""


def test_a_site_changes_a_threshold_and_nothing_else(site):
    site.write("policy.yaml", WORSENING.format(stamp=STAMP))

    site.in_force()

    ours = load(knowledge().source.ours).policy
    assert knowledge().policy.worsening.delta == 3
    assert knowledge().policy.worsening.gap == ours.worsening.gap
    assert knowledge().policy.silence == ours.silence
    assert vocabulary().windows.worsening_delta == 3
    assert knowledge().stamps["policy.yaml"].version == 101
    assert knowledge().origins["policy.yaml"] == "site"


def test_without_a_folder_everything_is_ours():
    assert set(knowledge().origins.values()) == {"waymark"}
    assert all(rule.origin == "waymark" for rule in rule_set().rules)


def test_a_change_a_rule_of_its_own_and_one_off(site):
    site.write("rules/ours.yaml", CHANGE + OFF + OWN)

    site.in_force()

    rules = rule_set()
    assert rules.by_id["DIS-7"].version == 101
    assert rules.by_id["DIS-7"].data["when"]["any"][0] == {"distress": {"at_least": 8}}
    assert rules.by_id["DIS-7"].data["when"]["any"][1] == {"distress": {"rise": 3}}
    assert "SYM-MISS" not in rules.by_id
    assert rules.by_id["OWN-FALL"].version == 1
    assert [rule_shown(shipped(), name)["origin"] for name in ("DIS-7", "OWN-FALL")] == ["site"] * 2
    assert rule_shown(shipped(), "DIS-4")["origin"] == "waymark"
    # The place in the order of rules stays that of ours.
    names = [rule.id for rule in rules.rules]
    assert names.index("DIS-7") < names.index("DIS-4")


def test_the_rules_that_are_shipped_stay_as_they_are(site):
    before = rule_set().by_id["DIS-7"].data["when"]["any"][0]
    site.write("rules/ours.yaml", CHANGE)
    site.in_force()

    assert before == {"distress": {"at_least": 7}}


def test_a_whole_rule_stands_in_place_of_ours(site):
    site.write(
        "rules/ours.yaml", OWN.replace("OWN-FALL", "DIS-4").replace("version: 1", "version: 9")
    )
    site.in_force()

    assert rule_set().by_id["DIS-4"].about == "A fall"


def test_words_of_its_own_in_place_of_ours_and_beside_them(site):
    site.write(
        "guidance/en/fever.md",
        GUIDANCE.format(slug="fever", level="call_today", language="en", version=101),
    )
    site.write(
        "guidance/de/fever.md",
        GUIDANCE.format(slug="fever", level="call_today", language="de", version=1),
    )
    site.write(
        "guidance/en/fall.md",
        GUIDANCE.format(slug="fall", level="call_now", language="en", version=1),
    )
    site.write(
        "rules/own.yaml",
        OWN.replace("    alert:", "    guidance: {level: call_now, text: fall}\n    alert:"),
    )

    known = site.in_force()

    assert known.guidance["fever", "en"].body == "Call {oncology_line}."
    assert ("fever", "de") in known.guidance
    assert rule_set().by_id["OWN-FALL"].cases[0].outcome.guidance.text == "fall"
    assert known.origins["guidance/en/fever.md"] == "site"
    assert known.origins["guidance/en/jaw.md"] == "waymark"


def test_rows_of_a_table_are_changed_added_and_left_out(site):
    site.write(
        "red_flags.yaml",
        f"version: 101\n{STAMP}red_flags:\n  - {{code: fall, rules: [OWN-FALL], prompt: A fall}}\n",
    )
    site.write("rules/own.yaml", OWN.replace("fainting", "fall"))
    site.write("support.yaml", f"version: 101\n{STAMP}without: [crisis-line-988]\nentries: []\n")
    site.write(
        "stepped_care.yaml",
        f"version: 101\n{STAMP}rules:\n  - {{rule: DIS-4, kind: distress, step: 3, status: project choice}}\n",
    )

    known = site.in_force()

    assert known.red_flags["fall"].prompt == "A fall"
    assert len(known.red_flags) == 52
    assert "crisis-line-988" not in {entry.slug for entry in known.support}
    assert known.stepped_care.entry_of("DIS-4").step == 3
    assert known.stepped_care.entry_of("DIS-7").step == 3
    assert rule_set().by_id["OWN-FALL"].reads == {"red_flag.fall"}


def test_lists_stand_in_place_of_ours(site):
    site.write("answers.yaml", f"""version: 101
{STAMP}offered_replies:
  status: project choice
  source: ours
  texts:
    en: [I will call you.]
    de: [Ich rufe Sie an.]
""")  # fmt: skip

    known = site.in_force()

    assert known.answers.replies_in("en") == ("I will call you.",)
    assert known.answers.replies_in("de") == ("Ich rufe Sie an.",)
    assert len(known.answers.ask_first) == 4


def test_a_fault_leaves_what_is_in_force_as_it_was(site):
    before = knowledge()
    site.write("policy.yaml", "version: 101\n")

    with pytest.raises(BadKnowledge):
        site.in_force()
    assert knowledge() is before


BAD_REVIEW = "review: {status: draft, by: null, on: null}"


@pytest.mark.parametrize(
    ("name", "text", "line", "said"),
    [
        ("polcy.yaml", "", None, "nothing of this name is read; did you mean 'policy.yaml'?"),
        ("rules/own.yml", "", None, "only files that end in .yaml are read here"),
        ("treatments.json", "{}", None, "nothing of this name is read"),
        ("policy.yaml", "x: [", None, ""),
        ("policy.yaml", "- 1", 1, "'version' is missing"),
        ("policy.yaml", "version: 1\n" + STAMP, 1, "a site's own must be higher, not 1"),
        ("policy.yaml", "version: 101\nsource: ours\n", 1, "'review' is missing"),
        ("policy.yaml", WORSENING.format(stamp=STAMP).replace("delta", "detla"), 7, "unknown word 'detla'; did you mean 'delta'?"),
        ("policy.yaml", WORSENING.format(stamp=STAMP).replace("worsening", "worsning"), 4, "unknown word 'worsning'; did you mean 'worsening'?"),
        ("policy.yaml", WORSENING.format(stamp=STAMP).replace("  source: Our clinic\n", ""), 4, "'source' is missing: say where these values are from"),
        ("policy.yaml", WORSENING.format(stamp=STAMP).replace("delta: 3", "gap: a fortnight"), 7, "a fortnight"),
        ("policy.yaml", WORSENING.format(stamp=STAMP) + "  &a x: *a\n", 8, "alias"),
        ("policy.yaml", "x: " + "[" * 5000, 1, "nested too deep"),
        ("policy.yaml", WORSENING.format(stamp=STAMP) + "without: [x]\n", 8, "nothing can be left out here"),
        ("support.yaml", f"version: 101\n{STAMP}without: [crisis-line]\n", 4, "did you mean 'crisis-line-988'?"),
        ("red_flags.yaml", f"version: 101\n{STAMP}red_flags:\n  - {{code: fall, rules: [OWN-FAL], prompt: A fall}}\n", 5, "there is no rule 'OWN-FAL'"),
        ("stepped_care.yaml", f"version: 101\n{STAMP}rules:\n  - {{rule: DIS-5, kind: distress, step: 3, status: project choice}}\n", None, "there is no rule 'DIS-5'"),
        ("guidance/en/fever.md", GUIDANCE.format(slug="fever", level="call_today", language="en", version=1), 6, "a site's own must be higher, not 1"),
        ("guidance/en/fever.md", GUIDANCE.format(slug="fever", level="self_care", language="en", version=102), 4, "has level 'call_today'"),
        ("guidance/de/fall.md", GUIDANCE.format(slug="fall", level="call_now", language="de", version=1), None, "no English text"),
        ("guidance/en/" + "x" * 61 + ".md", GUIDANCE.format(slug="x" * 61, level="none", language="en", version=1), None, "more than 60 characters"),
        # rules
        ("rules/a.yaml", "id: X", 1, "a list of rules"),
        ("rules/a.yaml", "- {version: 1}", 1, "'id' is missing"),
        ("rules/a.yaml", CHANGE.replace("version: 101", "version: 1"), 2, f"DIS-7 is version {DIS_7} of ours: yours must be higher, not 1"),
        ("rules/a.yaml", CHANGE.replace(f"based_on: {DIS_7}", "based_on: 99"), 3, f"DIS-7 is version {DIS_7} of ours now, not 99"),
        ("rules/a.yaml", CHANGE.replace("from: 7", "from: 6"), 5, "7 stands at when/any/0/distress/at_least, not 6"),
        ("rules/a.yaml", CHANGE.replace("distress/at_least", "distres/at_least"), 5, "there is no 'distres' at when/any/0/distres/at_least; did you mean 'distress'?"),
        ("rules/a.yaml", CHANGE.replace("when/any/0", "when/any/7"), 5, "there is no 7"),
        ("rules/a.yaml", CHANGE.replace("to: 8", "to: eight"), 5, "eight"),
        ("rules/a.yaml", CHANGE.replace("at: when/any/0/distress/at_least", "at: version"), 5, "'version' is said beside 'change'"),
        ("rules/a.yaml", CHANGE.replace("DIS-7", "DIS-77"), 1, "has no rule 'DIS-77'; did you mean 'DIS-7'?"),
        ("rules/a.yaml", CHANGE.replace(f"  based_on: {DIS_7}\n", ""), 1, "'based_on' is missing"),
        ("rules/a.yaml", CHANGE.replace("  source:", "  sorce:"), 6, "unknown word 'sorce' here; did you mean 'source'?"),
        ("rules/a.yaml", CHANGE + CHANGE, 9, "'DIS-7' stands in"),
        ("rules/a.yaml", OFF.replace("SYM-MISS", "EM-FEVER"), 1, "EM-FEVER may not be switched off"),
        ("rules/a.yaml", OFF.replace("SYM-MISS", "SI-9"), 1, "SI-9 may not be switched off"),
        ("rules/a.yaml", OFF.replace("why: We call everybody on Fridays, ", ""), 1, "'why' is missing"),
        ("rules/a.yaml", OFF.replace("off: true", "off: false"), 1, "only 'true' can stand here"),
        ("rules/a.yaml", OFF.replace("status: draft", "status: reviewed"), 1, "'review'"),
        ("rules/a.yaml", OWN.replace("fainting", "faintin"), 4, "did you mean 'fainting'"),
        ("rules/a.yaml", OWN.replace("  about:", "  note: x\n  abot: x\n  about:"), None, "abot"),
        ("rules/a.yaml", OWN.replace("OWN-FALL", "X" * 41), 1, "more than 40 characters"),
    ],
)  # fmt: skip
def test_a_slip_is_named_by_file_line_and_word(site, name, text, line, said):
    file = site.write(name, text)

    with pytest.raises(BadKnowledge) as refused:
        site.in_force()

    assert said in str(refused.value)
    assert refused.value.file == str(file)
    if line:
        assert refused.value.line == line


@pytest.mark.parametrize(
    ("at", "old", "new", "said"),
    [
        ("then/alert", "{severity: urgent", "null", "must go on leading to alert"),
        ("then/alert/severity", "urgent", "soon", "may not be less than 'urgent'"),
        ("then/guidance", "", "null", "must go on leading to guidance"),
    ],
)
def test_an_emergency_is_not_switched_off_by_another_name(site, at, old, new, said):
    ours = rule_set().by_id["EM-MSCC"].data
    found = ours
    for step in at.split("/"):
        found = found[step]
    site.write("rules/a.yaml", f"""- id: EM-MSCC
  version: 101
  based_on: {ours["version"]}
  change:
    - {{at: {at}, from: {json.dumps(found)}, to: {new}}}
  source: ours
  status: project choice
  {BAD_REVIEW}
""")  # fmt: skip

    with pytest.raises(BadKnowledge, match=said):
        site.in_force()


def test_a_change_adds_and_takes_away_words(site):
    site.write("rules/a.yaml", CHANGE.replace(
        "    - {at: when/any/0/distress/at_least, from: 7, to: 8}",
        "    - {at: when/any/0/distress/within, from: null, to: 3 days}\n"
        "    - {at: then/alert/priority, from: high, to: null}\n"
        "    - {at: then/content, from: [sw, group], to: [sw]}",
    ))  # fmt: skip
    site.in_force()

    rule = rule_set().by_id["DIS-7"].data
    assert rule["when"]["any"][0] == {"distress": {"at_least": 7, "within": "3 days"}}
    assert "priority" not in rule["then"]["alert"]
    assert rule["then"]["content"] == ["sw"]


def test_the_differences_are_told_by_rule_and_threshold(site, garden):
    site.write("policy.yaml", WORSENING.format(stamp=STAMP))
    site.write("rules/ours.yaml", CHANGE + OFF + OWN)
    site.write(
        "guidance/en/fever.md",
        GUIDANCE.format(slug="fever", level="call_today", language="en", version=101),
    )
    site.write("instruments/own-garden.yaml", garden)
    known = site.in_force()

    told = list(differences(known.source, rules_written(known)))

    assert told[:3] == [
        f"policy.yaml, version 101 (ours {POLICY}), draft",
        '  source: "Alert table and its decisions; published programmes are named in each block" → "Our clinic"',
        '  worsening.status: "verified" → "project choice"',
    ]
    assert "  worsening.delta: 2 → 3" in told
    assert f"rule DIS-7, version 101 (ours {DIS_7}, changed), draft" in told
    assert "  when.any[0].distress.at_least: 7 → 8" in told
    assert "rule OWN-FALL, version 1 (new), draft" in told
    assert (
        told[told.index(f"rule SYM-MISS, off by version 101 (ours {SYM_MISS})") + 1]
        == "  We call everybody on Fridays"
    )
    assert "guidance/en/fever.md, version 101 (ours 1), draft" in told
    assert "  its text is another" in told
    assert "instruments/own-garden.yaml, version 1 (new), draft" in told
    assert "  gap" not in " ".join(told)
