"""Why the rules of her worst day are true, by hand: the yardstick for evidence.

``by_hand`` says only that a rule is true.  Whoever raises an alert must also know what it rests
on, so the fair comparison with our evidence is this: the same records and the same numbers,
collected for what is true and for nothing else, one function a rule.  No words: ours are made when
somebody reads them.  ``tests/care/test_rules_by_hand.py`` proves that both name the same.
"""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from benchmarks.rules_by_hand import (
    BOWEL_DRUGS,
    BREATH,
    CONFUSED,
    FORTNIGHT,
    LUNG,
    LUNG_DRUGS,
    WEEK,
    Found,
    answers,
    level,
)
from benchmarks.rules_by_hand_self import ATTRIBUTES, by_hand
from service.care.facts.answers import Given
from service.care.picture import Picture
from service.care.records import Record


class Why(NamedTuple):
    """What one rule rests on."""

    records: list[Record]
    values: dict[str, float]

    def rests_on(self, source: Any) -> None:
        """Add the record of a report, check, response or treatment, once."""
        record = source.record
        if record not in self.records:
            self.records.append(record)


def answered(p: Picture, why: Why, symptom: str, attribute: str, least: int) -> bool:
    """Add an answer if it is as high as that; tell whether it is."""
    now = p.levels_now.get((symptom, attribute))
    if now is None or now.value < least:
        return False
    why.rests_on(now.report)
    why.values[f"{symptom}.{attribute}"] = now.value
    return True


def flagged(p: Picture, why: Why, codes: Iterable[str]) -> bool:
    """Add the warning signs that are ticked; tell whether one is."""
    ticked = p.flags_now.intersection(codes)
    for code in ticked:
        why.rests_on(p.red_flags[code][0])
        why.values[code] = 1
    return bool(ticked)


def measured(p: Picture, why: Why, measure: str, least: float) -> bool:
    """Add the newest value that is as high as that; tell whether there is one."""
    for one in p.measures_now.get(measure, ()):
        if one.value >= least:
            why.rests_on(one.source)
            why.values[measure] = one.value
            return True
    return False


def treated(p: Picture, why: Why, selectors: Iterable[str]) -> bool:
    """Add the treatments she is on; tell whether there is one."""
    found = False
    for selector in p.treated_now.intersection(selectors):
        days = p.windows.days_after(selector)
        for course in p.courses[selector]:
            if course.counts(within_days=days, planned=False):
                why.rests_on(course)
                found = True
    return found


def em_fever(p: Picture, why: Why) -> None:
    hot = measured(p, why, "temperature_c", 38.0)
    flagged(p, why, ("rigors",))
    answered(p, why, "chills", "severity", 2)
    if treated(p, why, ("effect:myelosuppressive",)) or not hot:
        return
    treated(p, why, ("any",))
    for one in p.treatments:
        since = one.days_since_done
        if one.kind == "procedure" and since is not None and 0 <= since <= 42:
            why.rests_on(one)


def em_diarr_g3(p: Picture, why: Why) -> None:
    despite = "diarrhea_despite_loperamide" in p.flags_now
    measured(p, why, "stools_over_baseline", 7)
    bad = Why([], {})
    dry = measured(p, bad, "temperature_c", 38.0)
    dry |= flagged(p, bad, ("blood_in_stool", "little_urine"))
    dry |= answered(p, bad, "dizziness", "severity", 2)
    if dry:
        loose = answered(p, bad, "diarrhea", "frequency", 1)
        loose |= measured(p, bad, "stools_over_baseline", 1)
        loose |= flagged(p, bad, ("diarrhea_despite_loperamide",))
        if loose:
            why.records.extend(one for one in bad.records if one not in why.records)
            why.values.update(bad.values)
    if despite and treated(p, why, BOWEL_DRUGS):
        flagged(p, why, ("diarrhea_despite_loperamide",))


def em_resp(p: Picture, why: Why) -> None:
    flagged(p, why, BREATH)
    answered(p, why, "shortness_of_breath", "grade", 3)


def em_hcalc(p: Picture, why: Why) -> None:
    why.rests_on(p.diagnosis)
    flagged(p, why, (*CONFUSED, "marked_thirst", "frequent_urination", "drowsiness"))
    answered(p, why, "concentration", "severity", 2)
    answered(p, why, "urinary_frequency", "frequency", 2)
    answered(p, why, "constipation", "severity", 2)
    answered(p, why, "nausea", "severity", 2)
    answered(p, why, "vomiting", "severity", 2)


def sn_ild(p: Picture, why: Why) -> None:
    treated(p, why, LUNG_DRUGS)
    for symptom in ("cough", "shortness_of_breath"):
        for attribute in ("severity", "interference"):
            if level(p, symptom, attribute) >= 1:
                now = p.levels_now[symptom, attribute]
                before = p.earlier(symptom, attribute, now.report)
                if before is None or before.value < now.value:
                    answered(p, why, symptom, attribute, 1)
    flagged(p, why, LUNG)
    measured(p, why, "temperature_c", 38.0)


def si_9(p: Picture, why: Why) -> None:
    responses = p.responses.get("phq-9", ())
    if responses and p.as_of - responses[0].at <= FORTNIGHT:
        ninth = responses[0].answers.get("9")
        if ninth is not None and ninth >= 1:
            why.rests_on(responses[0])
            why.values["item_9"] = ninth
    for check in p.checks:
        if p.as_of - check.at > WEEK:
            return
        if check.safe_now is not None:
            if not check.safe_now:
                why.rests_on(check)
                why.values["not_safe_now"] = 1
            return


def distress(p: Picture, why: Why, checks: int = 1) -> None:
    """Add her newest checks, and the distress of the newest."""
    for check, _ in p.distress[:checks]:
        why.rests_on(check)
    why.values["distress"] = p.distress[0][1]


def dis_7(p: Picture, why: Why) -> None:
    now = p.distress[0][1]
    if now >= 7:
        distress(p, why)
    if len(p.distress) > 1 and now - p.distress[1][1] >= 3:
        distress(p, why, 2)
    if len(p.distress) > 2 and all(value >= 4 for _, value in p.distress[:3]):
        distress(p, why, 3)


def spir(p: Picture, why: Why) -> None:
    since = p.as_of - WEEK
    checks = [check for check in p.checks if check.at >= since]
    on_her_mind = next((check for check in checks if "meaning" in check.topics), None)
    if on_her_mind and p.distress and p.distress[0][1] >= 4 and p.distress[0][0].at >= since:
        why.rests_on(on_her_mind)
        distress(p, why)
    for check in checks:
        if "chaplain" in check.contact_wanted:
            why.rests_on(check)
            return


def about(p: Picture, why: Why, given: Given) -> None:
    why.rests_on(given.report)
    why.values.update(p.levels(given))


def sym_worse(p: Picture, why: Why, given: Given) -> None:
    about(p, why, given)
    said = given.answer
    for attribute in (*ATTRIBUTES, "grade"):
        value = said.get(attribute)
        if type(value) is int and value >= 2:
            before = p.earlier(said["symptom"], attribute, given.report)
            if before is not None and value - before.value >= 2:
                why.rests_on(before)


WHY: dict[str, Callable[..., None]] = {
    "EM-FEVER": em_fever, "EM-DIARR-G3": em_diarr_g3, "EM-RESP": em_resp, "EM-HCALC": em_hcalc,
    "SN-ILD": sn_ild, "SI-9": si_9, "DIS-7": dis_7, "DIS-4": distress, "SPIR": spir,
    "SYM-SEV": about, "SYM-WORSE": sym_worse, "SYM-MOD1": about,
}  # fmt: skip
"""The rules that are true on her worst day, and of the typical patient."""


def by_hand_with_evidence(p: Picture) -> list[tuple[Found, Why]]:
    """Return what is true of her, as ``by_hand``, and what it rests on."""
    at_hand = {given.answer["symptom"]: given for given in answers(p)}
    found: list[tuple[Found, Why]] = []
    for one in by_hand(p):
        rule, _, subject = one
        if rule not in WHY:
            continue
        why = Why([], {})
        if subject is None:
            WHY[rule](p, why)
        else:
            WHY[rule](p, why, at_hand[subject])
        found.append((one, why))
    return found
