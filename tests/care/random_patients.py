"""Patients made up at random, in the words of a case; the same for the same seed."""

from random import Random
from typing import Any

from service.care.facts.vocabulary import DOSE_REASONS, SITES, TOPICS, WISHES
from service.care.rules import vocabulary

# What the rules look at; some of all the others beside it.
_SYMPTOMS = [
    "chills",
    "headache",
    "dizziness",
    "blurred_vision",
    "shortness_of_breath",
    "cough",
    "concentration",
    "constipation",
    "nausea",
    "vomiting",
    "urinary_frequency",
    "diarrhea",
    "mouth_throat_sores",
    "heart_palpitations",
    "swelling",
    "hand_foot_syndrome",
    "fatigue",
    "rash",
    "hair_loss",
    "sad",
    "anxious",
    "general_pain",
]
_OPT_OUTS = (None, "prefer_not_to_answer")


def given(seed: int) -> dict[str, Any]:
    """Describe one patient: reports, treatments, checks, forms and doses, near every threshold."""
    rng = Random(seed)
    words = vocabulary()
    return {
        "reports": sorted((_report(rng, days) for days in _days(rng, 4)), key=_age),
        "treatments": [_treatment(rng, words) for _ in range(rng.randint(0, 4))],
        "measurements": [
            {"days_ago": days, "code": rng.choice(["anc", "glucose", "temperature"]),
             "value": rng.choice([37.9, 38.0, 38.3, 250, 251, 499, 500])}
            for days in _days(rng, 3)
        ],
        "checks": [_check(rng, days) for days in _days(rng, 3)],
        "responses": [_response(rng, days) for days in _days(rng, 3)],
        "doses": [
            {"days_ago": days, "treatment": rng.choice(["letrozole", "ribociclib"]),
             "status": rng.choice(["taken", "missed", "missed", "missed", "held"]),
             "reason": rng.choice([None, *DOSE_REASONS])}
            for days in _days(rng, 8)
        ],
        "care_status": rng.choice(["active", "active", "hospice", "paused"]),
        "known_reasons_for_silence": rng.random() < 0.2,
        **({"diagnosis": {"metastatic_sites": rng.sample(SITES, rng.randint(0, 3))}}
           if rng.random() < 0.7 else {}),
        **({"silence": {"days_ago": 20, "every_days": 7, "missed": rng.randint(0, 3)}}
           if rng.random() < 0.3 else {}),
    }  # fmt: skip


def _days(rng: Random, most: int) -> list[int]:
    chosen = [0, 0, 1, 3, 4, 7, 8, 14, 15, 20]
    return sorted(rng.choice(chosen) for _ in range(rng.randint(0, most)))


def _age(row: dict[str, Any]) -> int:
    return int(row["days_ago"] * 24 + row["hours_ago"])


def _report(rng: Random, days: int) -> dict[str, Any]:
    words = vocabulary()
    asked = rng.sample(_SYMPTOMS, rng.randint(0, 8)) + rng.sample(sorted(words.symptoms), 2)
    row: dict[str, Any] = {"days_ago": days, "hours_ago": rng.randint(0, 3)}
    row["answers"] = {
        name: {
            one: rng.choice((0, 1) if one == "presence" else (0, 1, 1, 2, 2, 3, 4, *_OPT_OUTS))
            for one in words.symptoms[name].attributes
        }
        for name in dict.fromkeys(asked)
    }
    if rng.random() < 0.5:
        row["red_flags"] = rng.sample(sorted(words.red_flags), rng.randint(1, 4))
    if rng.random() < 0.4:
        row["temperature_c"] = rng.choice([36.6, 37.9, 38.0, 38.2, 38.3, 39.5])
    if rng.random() < 0.3:
        row["stools_over_baseline"] = rng.choice([0, 1, 3, 4, 6, 7])
    if rng.random() < 0.2:
        row["glucose_mg_dl"] = rng.choice([90, 250, 251])
    return row


def _treatment(rng: Random, words: Any) -> dict[str, Any]:
    row: dict[str, Any] = {"code": rng.choice(sorted(words.treatments))}
    state = rng.random()
    if state < 0.4:
        row["ended_days_ago"] = rng.choice([0, 29, 30, 31, 41, 42, 43, 400])
    elif state < 0.6:
        row["status"] = rng.choice(["planned", "held"])
    return row


def _check(rng: Random, days: int) -> dict[str, Any]:
    return {
        "days_ago": days,
        "distress": rng.choice([None, 0, 1, 3, 4, 5, 6, 7, 9]),
        "topics": rng.sample(TOPICS, rng.randint(0, 3)),
        "contact_wanted": rng.sample(WISHES, rng.randint(0, 1)),
        "safe_now": rng.choice([None, None, True, False]),
    }


def _response(rng: Random, days: int) -> dict[str, Any]:
    code = rng.choice(["phq-9", "gad-7", "c-ssrs", "phq-2"])
    values = (0, 1, None) if code == "c-ssrs" else (0, 1, 2, 3, None)
    items = vocabulary().questionnaires[code].items
    answers = {item: rng.choice(values) for item in items}
    return {"days_ago": days, "questionnaire": code, "answers": answers}
