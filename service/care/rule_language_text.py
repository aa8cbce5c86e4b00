"""The parts of the page about the language that no single piece of code says."""

from collections.abc import Mapping
from typing import Any

INTRODUCTION = """\
# The language of rules

<!-- Made by `waymark knowledge reference > docs/rule-language.md`; a test keeps it current. -->

A file of rules is YAML, a list of rules. Words are those of YAML 1.2: only `true` and `false` are
yes and no. A fault stops the start, or the activation of a draft, with file, line, rule, place and
word, and the nearest word that would be understood.

```yaml
- id: EM-FEVER            # stays the same for as long as the rule means the same
  version: 1              # raised with every change; kept with everything the rule leads to
  about: one line for people
  when: a condition
  unless: a condition     # optional: holds it back
  then: what follows      # see below
  source: where the threshold comes from
  status: how far that has been traced
  review: {status: draft, by: null, on: null}
  note: what was decided in writing it down   # optional
```
"""

JOINS = """\
## Joining conditions

* `all: [ … ]`: every one is true. `any: [ … ]`: at least one is.
* `at_least_of: {count: 2, of: [ … ]}`: so many are.
* `not: …`: it is false, **or not known**.
* `any_symptom: …`, only as the whole of `when`: asked of each answer of the newest report; the rule
  finds once for each symptom. `answer`, `severe` and `worsened: true` stand only in it.

A condition is a mapping with one word that opens it, and the words that belong to it.
"""

UNKNOWN = """\
## What is not known

A fact that is not on file, was skipped, or is older than its window is unknown. A condition on it
is **false**, never "mild" and never 0, and the fact is listed where somebody asks why a rule did
not fire. With the first question of a symptom at 0 ("never") the others count as 0. `not` turns
false round, so `not` of something unknown is true: write it only where that is meant.
"""

OUTCOMES = """\
## What follows

Under `then`: `alert`, `guidance`, `content` (articles), `reminder` (suggested, sent only once she
accepts it), `ask` (questions for her next check-in) and `next` (a questionnaire in the same
session). With `cases`, the first whose `when` holds is the one; what stands beside `cases` is
shared by all of them, and a case's own `alert`, `guidance` or `next` comes before it. If no case
holds, nothing follows.
"""

PRECEDENCE = """\
## Which rule leads

Every rule that is true speaks, and one message a report carries all of their reasons. The first is
the most severe (urgent, soon, info), then what has `priority: high`, then by the order in
`policy.yaml`, where a word stands for every rule whose id begins with it: {order}; then by the
order of the files. A rule speaks only if something new made it true.
"""

CASES = """\
## Tests beside the rules

`rules/tests/*.yaml` holds cases; `waymark knowledge check` runs them and names file, line and rule
of each that does not hold, and what came instead.

```yaml
- rule: EM-FEVER
  case: 37.9 is no fever
  given: {{reports: [{{temperature_c: 37.9}}], treatments: [{{code: ribociclib}}]}}
  expect: nothing
```

`given` names `reports`, `treatments`, `diagnosis`, `measurements`, `checks`, `responses`, `doses`,
`studies` (`saved` or `put_away`), `silence`, `baselines` (first answers ever), `preferences`,
`birth_year`, `care_status`, `joined_days_ago`, `last_report_days_ago` and
`known_reasons_for_silence`; each newest first, dated by `days_ago` or `hours_ago`. What it leaves
out is not on file.

`expect` is `nothing`, or names of the first finding: {seen}; `subjects`, the symptoms it is about;
`unknown`, facts that must be among those it missed; `also` and `not`, other rules that must and
must not be true; `fires: false` with `unknown` for nothing because a fact is missing. A rule that
alerts or asks wants a case in which it fires, one in which it just does not, and one in which a
fact is missing.
"""

EXAMPLES: Mapping[str, tuple[Mapping[str, Any], ...]] = {
    "symptom": (
        {"symptom": "cough", "in_reports": {"count": 3, "in_a_row": True}},
    ),
    "worsened": ({"worsened": "nausea", "by": 1},),
    "treatment": (
        {"treatment": {"code": "everolimus", "started_days_ago": {"at_least": 1, "below": 57}}},
    ),
    "diagnosis": (
        {
            "diagnosis": {
                "metastatic": True, "recurrence": "distant", "recorded_within_days": 30,
                "stage_iv_at_diagnosis": False, "initial_surgery": "none", "er": "positive",
                "pr": "positive", "her2": "low", "menopausal_status": "post",
            }
        },
    ),
    "procedure": ({"procedure": "mastectomy", "within_days": 30},),
    "age": ({"age": {"at_least": 70}},),
    "study_saved": ({"study_saved": True},),
    "questionnaire": (
        {"questionnaire": {"code": "phq-9", "total_at_least": 10}},
        {"questionnaire": {"code": "gad-7", "positive": True}},
    ),
    "silence": ({"silence": {"weeks_missed": 2}}, {"silence": {"missed_check_ins": 2}}),
}  # fmt: skip
"""Conditions that no shipped rule has, or none in this way."""
