"""The worked example of docs/clinicians.md: what is written there is what is done."""

import json
import re
from uuid import uuid4

from tests.lab.conftest import work_off
from tests.site.conftest import blocks_of

STEP = re.compile(r"^(\w+): ([A-Z]+ \S+)(?: (\{.*\}))?$", re.MULTILINE)


def steps(text, **known):
    """Every request of the page, in its order: who, what, body."""
    for block in blocks_of("clinicians.md", "http"):
        for name, what, body in STEP.findall(block):
            filled = [
                re.sub(r"\{(draft|run)\}", lambda found: known[found[1]](), part)
                for part in (what, body)
            ]
            said = json.loads(filled[1]) if body else None
            yield name, filled[0], said | {"text": text} if said and "text" in said else said


def test_every_step_is_taken(app, call, clock, report):
    [text] = [one for one in blocks_of("clinicians.md", "yaml") if "OWN-NAUSEA" in one]
    for level in (1, 2, 3):
        report(nausea=level)
        clock.pass_time(hours=1)
    draft, answers = str(uuid4()), []
    for name, what, said in steps(text, draft=lambda: draft, run=lambda: answers[1]["id"]):
        answer = call(name, what, said)
        assert answer.status_code in {200, 201}, (what, answer.json)
        answers.append(answer.json)
        while work_off(app, clock.now()):
            pass
        if said == {"on": True}:
            report(nausea=2)

    written, _asked, run, findings, _begun, shadow, active, rule, retired = answers
    assert (written["rule"], written["rule_version"]) == ("OWN-NAUSEA", 1001)
    assert (run["report"]["draft"]["alerts"], run["report"]["in_force"]["alerts"]) == (2, 0)
    assert len(findings["items"]) == 2
    assert (shadow["alerts"], shadow["only_shadow"]) == (1, 1)
    assert (active["status"], rule["version"], retired["status"]) == ("active", 1001, "retired")
