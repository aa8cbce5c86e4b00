"""A report is read the quick way exactly as its schema reads it."""

from random import Random

import pytest
from marshmallow import Schema, ValidationError, fields, validate

from service.symptoms.schemas import MOST_SYMPTOMS, Answer, SymptomReportIn


class Slow(SymptomReportIn):
    """The same, read by marshmallow alone."""

    answers = fields.List(
        fields.Nested(Answer), load_default=list, validate=validate.Length(max=MOST_SYMPTOMS)
    )
    load = Schema.load


SCHEMA, SLOW = SymptomReportIn(), Slow()
ODD = (None, "", 0, -1, 3, 9, 1.5, True, [], ["x"], {}, "nausea", "2026-03-02T09:00:00-08:00", "x" * 11_000,
       "\x00", "00000000-0000-7000-8000-000000000001", "not_applicable", "rigors", ["rigors", "rigors"])  # fmt: skip
PLAIN = {
    "id": "00000000-0000-7000-8000-000000000001", "reported_at": "2026-03-02T09:00:00-08:00",
    "answers": [{"symptom": "nausea", "severity": 1, "frequency": None}], "temperature_c": 37.5,
    "stools_over_baseline": 1, "glucose_mg_dl": 100, "red_flags": ["rigors"], "body_sites": ["arm"],
    "note": "x", "reported_by": "patient", "corrects": None,
}  # fmt: skip


def loaded(load, body):
    try:
        return load(body)
    except ValidationError as invalid:
        return invalid.messages


@pytest.mark.parametrize("seed", range(3))
def test_both_ways_say_the_same(seed):
    random = Random(seed)
    for _ in range(600):
        body = {name: value for name, value in PLAIN.items() if random.random() < 0.9}
        for name in random.sample([*PLAIN, "surprise"], random.randint(0, 2)):
            body[name] = random.choice(ODD)
        if random.random() < 0.3:
            answer = {
                "symptom": random.choice(("nausea", "x", None)),
                random.choice(("severity", "presence", "y")): random.choice(ODD),
            }
            body["answers"] = [answer, *PLAIN["answers"]][: random.randint(0, 2)]
        slow = loaded(SLOW.load, body)
        assert loaded(SCHEMA.load, body) == slow, body
    assert loaded(SCHEMA.load, PLAIN)["reported_at"].tzinfo is not None
