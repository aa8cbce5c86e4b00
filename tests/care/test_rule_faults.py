"""What an editor is told: the file, the line, the rule, the place, the word, what was meant.

Every kind of fault the language knows stands here with the whole message.
"""

import pytest

from service.care.rules import compiled
from service.clinical.reading import BadKnowledge, document_of

RULE = """\
- id: X-1
  version: 1
  about: A rule of a test
  when:
    any:
      - measure: temperature_c
        at_least: 38.0
        within: 24 h
      - red_flag:
          - rigors
          - seizure
  then:
    alert:
      severity: soon
      queue: nursing
      contact_within: 24 h
  source: the test
  status: project choice
  review: {status: draft, by: null, on: null}
"""
ALERT = """\
    alert:
      severity: soon
      queue: nursing
      contact_within: 24 h
"""
FAULTS = [
    # words
    ("measure: temp", "measure: temperature_c", "6: X-1, when.any[0].measure: unknown measure 'temp'; known are"
     " temperature_c, stools_over_baseline, glucose_mg_dl, anc, calcium, weight"),
    ("measure: Temperature C", "measure: temperature_c", "6: X-1, when.any[0].measure: unknown measure"
     " 'Temperature C'; did you mean 'temperature_c'?"),
    ("- rigor\n", "- rigors\n", "10: X-1, when.any[1].red_flag[0]: unknown red flag 'rigor'; did you mean"
     " 'rigors'?"),
    ("- seizure\n          - rigors", "- seizure", "12: X-1, when.any[1].red_flag[2]: 'rigors' stands twice"),
    ("- [seizure]", "- seizure", "9: X-1, when.any[1].red_flag: 'red_flag' takes words, not a list"),
    ("mesure: temperature_c", "measure: temperature_c", "6: X-1, when.any[0].mesure: unknown fact 'mesure'; did"
     " you mean 'measure'?"),
    ("at_lest: 38.0", "at_least: 38.0", "6: X-1, when.any[0].measure: a measure needs 'at_least', 'above' or"
     " 'below'"),
    ("at_least: 38.0\n        withn: 24 h", "at_least: 38.0\n        within: 24 h", "8: X-1, when.any[0].withn:"
     " unknown word 'withn'; did you mean 'within'?"),
    ("severity: severe", "severity: soon", "14: X-1, then.alert.severity: unknown severity 'severe'; known are"
     " urgent, soon, info"),
    ("severity: [soon]", "severity: soon", "14: X-1, then.alert.severity: 'severity' takes one word, not a list"),
    ("severity: {soon: 1}", "severity: soon", "14: X-1, then.alert.severity: 'severity' takes one word, not words"
     " with values"),
    ("queue: Social Work", "queue: nursing", "15: X-1, then.alert.queue: unknown queue 'Social Work'; did you mean"
     " 'social_work'?"),
    ("queue:\n", "queue: nursing\n", "15: X-1, then.alert.queue: unknown queue nothing; known are nursing,"
     " social_work, chaplaincy, coordination"),
    # numbers and units
    ("at_least: 38,0", "at_least: 38.0", "7: X-1, when.any[0].at_least: '38,0' is not a number; write 38.0"),
    ("at_least: 38 °C", "at_least: 38.0", "7: X-1, when.any[0].at_least: '38 °C' is not a number; write 38 without"
     " a unit, in °C"),
    ('at_least: "38"', "at_least: 38.0", "7: X-1, when.any[0].at_least: '38' is not a number; write 38 without"
     " quotes"),
    ("at_least: high", "at_least: 38.0", "7: X-1, when.any[0].at_least: 'high' is not a number"),
    ("at_least: true", "at_least: 38.0", "7: X-1, when.any[0].at_least: true is not a number"),
    ("at_least:\n", "at_least: 38.0\n", "7: X-1, when.any[0].at_least: nothing is not a number"),
    ("version: 1.5", "version: 1", "2: X-1, version: 1.5 is not a whole number"),
    # spans
    ("within: 24", "within: 24 h", "8: X-1, when.any[0].within: '24' is not a span such as '30 min', '24 h' or"
     " '1 working day'; did you mean '24 days' or '24 h'?"),
    ("within: 24 hours", "within: 24 h", "8: X-1, when.any[0].within: '24 hours' is not a span such as '30 min',"
     " '24 h' or '1 working day'; did you mean '24 h'?"),
    ("within: 7 dayz", "within: 24 h", "8: X-1, when.any[0].within: '7 dayz' is not a span such as '30 min', '24 h'"
     " or '1 working day'; did you mean '7 days'?"),
    ("within: 1 working day", "within: 24 h", "8: X-1, when.any[0].within: working time has no length of its own"
     " here; write days or h"),
    ("within: soon", "within: 24 h", "8: X-1, when.any[0].within: 'soon' is not a span such as '30 min', '24 h' or"
     " '1 working day'"),
    # shapes
    ("  when: fever\n", None, "4: X-1, when: 'fever' stands where words with values should"),
    ("  when: {}\n", None, "4: X-1, when: there is no condition here"),
    ("  when: [{red_flag: rigors}]\n", None, "4: X-1, when: a list stands where words with values should"),
    ("  when: {any: {red_flag: rigors}}\n", None, "4: X-1, when.any: 'any' needs a list: a line for each, begun with"
     " '- '"),
    ("  when: {all: []}\n", None, "4: X-1, when.all: 'all' needs a list: a line for each, begun with '- '"),
    ("  when: {at_least: 2}\n", None, "4: X-1, when.at_least: 'at_least' needs a fact beside it, such as symptom or"
     " measure"),
    ("  when: {symptom: cough, measure: anc}\n", None, "4: X-1, when.measure: symptom and measure are conditions of"
     " their own; join them with 'all' or 'any'"),
    ("  when: {any: [{any_symptom: {severe: true}}]}\n", None, "4: X-1, when.any[0].any_symptom: 'any_symptom' can"
     " only be the whole of 'when'"),
    ("  when: {severe: true}\n", None, "4: X-1, when.severe: 'severe' of an answer stands only inside 'any_symptom'"),
    ("  when: {any_symptom: {severe: false}}\n", None, "4: X-1, when.any_symptom.severe: 'severe' is only ever true;"
     " for what is not severe write 'not'"),
    ("  when: {at_least_of: {count: 3, of: [{topic: body}, {topic: family}]}}\n", None, "4: X-1,"
     " when.at_least_of.count: cannot be 3 of 2"),
    ("  when: {at_least_of: {count: 0, of: [{topic: body}]}}\n", None, "4: X-1, when.at_least_of.count: 0 is too"
     " small; 1 is the least"),
    # ranges and what changed
    ("  when: {symptom: cough, at_least: 5}\n", None, "4: X-1, when.at_least: 5 is too big; 4 is the most"),
    ("  when: {symptom: cough, at_least: 3, at_most: 2}\n", None, "4: X-1, when.at_most: no answer lies between 3"
     " and 2"),
    ("  when: {symptom: cough, newly: true, new_or_worse: true}\n", None, "4: X-1, when.new_or_worse: 'newly' and"
     " 'new_or_worse' exclude each other"),
    ("  when: {symptom: cough, newly: yes}\n", None, "4: X-1, when.newly: 'yes' is neither true nor false"),
    ("  when: {symptom: diarrhea, attribute: severity}\n", None, "4: X-1, when.attribute: 'diarrhea' has no"
     " 'severity', only frequency, grade"),
    ("  when: {symptom: cough, in_reports: {count: 1}}\n", None, "4: X-1, when.in_reports.count: 1 is too small; 2 is"
     " the least"),
    ("  when: {distress: {at_least: 11}}\n", None, "4: X-1, when.distress.at_least: 11 is too big; 10 is the most"),
    ("  when: {age: {at_least: 70, below: 60}}\n", None, "4: X-1, when.age.below: nothing lies between 70 and below"
     " 60"),
    ("  when: {diagnosis: {}}\n", None, "4: X-1, when.diagnosis: 'diagnosis' asks nothing"),
    ("  when: {diagnosis: {her3: low}}\n", None, "4: X-1, when.diagnosis.her3: unknown fact of the diagnosis 'her3';"
     " did you mean 'her2'?"),
    ("  when: {treatment: {code: t_dxd, ever: true, within_days: 3}}\n", None, "4: X-1, when.treatment.ever: 'ever'"
     " and 'within_days' exclude each other"),
    ("  when: {treatment: {code: t_dxd, within_days: 7 days}}\n", None, "4: X-1, when.treatment.within_days: '7 days'"
     " is not a whole number; write 7 without a unit"),
    ("  when: {treatment: letrozole}\n", None, "4: X-1, when.treatment: write 'any', or what selects it, such"
     " as {code: letrozole}"),
    ("  when: {questionnaire: {code: phq-9, item: 10}}\n", None, "4: X-1, when.questionnaire.item: unknown item '10';"
     " known are 1, 2, 3, 4, 5, 6, 7, 8, 9"),
    ("  when: {silence: {}}\n", None, "4: X-1, when.silence: needs 'missed_check_ins' or 'weeks_missed'"),
    # what follows
    ("    guidance: {level: call_now, text: fever}\n", ALERT, "13: X-1, then.guidance.level: 'fever' is written for"
     " 'call_today', not 'call_now'"),
    ("    content: [bone-meat]\n", ALERT, "13: X-1, then.content[0]: unknown article 'bone-meat'; did you mean"
     " 'bone-met'?"),
    ("    reminder: {kind: lab, title: a, about: b, local_time: '9'}\n", ALERT, "13: X-1, then.reminder.local_time:"
     " '9' is not a local time such as \"09:00\""),
    ("    allert: {severity: soon}\n", ALERT, "13: X-1, then.allert: unknown word 'allert'; did you mean 'alert'?"),
    ("    cases:\n      - when: {topic: body}\n", ALERT, "14: X-1, then.cases[0]: a case must lead to something"),
    ("      severity: info\n", "      severity: soon\n", "13: X-1, then.alert: an info alert has no clock"),
    # the rule itself
    ("  about: [A rule]", "  about: A rule of a test", "3: X-1, about: 'about' needs text, not a list"),
    ("", "  source: the test\n", "1: X-1: 'source' is missing"),
    ("status: signed,", "status: draft,", "19: X-1, review.status: unknown review status 'signed'; known are draft,"
     " verified, unverified, project choice, reviewed"),
    ("- id: 7\n", "- id: X-1\n", "1: id: 'id' needs text, not 7"),
    # YAML itself
    ("      - measure: temperature_c\n        measure: anc", "      - measure: temperature_c", "7: 'measure' stands"
     " twice"),
    ("\tversion: 1", "  version: 1", "2: a tab stands here; indent with spaces"),
]  # fmt: skip


@pytest.mark.parametrize(("instead", "written", "said"), FAULTS, ids=lambda one: str(one)[:60])
def test_a_fault_is_named_by_file_line_rule_place_and_word(instead, written, said):
    if written is None:
        written = RULE[RULE.index("  when:") : RULE.index("  then:")]
    assert RULE.count(written) >= 1
    text = RULE.replace(written, instead, 1)

    with pytest.raises(BadKnowledge) as refused:
        compiled([document_of("rules/x.yaml", text)])

    assert str(refused.value) == f"rules/x.yaml, line {said}"


def test_the_rule_of_these_faults_has_none():
    assert compiled([document_of("rules/x.yaml", RULE)]).by_id.keys() == {"X-1"}
