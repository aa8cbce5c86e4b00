"""The alerting rules by hand, second half: any symptom, how she feels, doses, silence."""

from benchmarks.rules_by_hand import FORTNIGHT, SIGNS, WEEK, Found, Rule, answers
from service.care.facts.answers import Given
from service.care.picture import Picture

ATTRIBUTES = ("frequency", "severity", "interference", "amount")


def sym_sev(p: Picture, given: Given) -> bool:
    said = given.answer
    for attribute in ("grade", "severity", "interference", "amount"):
        value = said.get(attribute)
        if type(value) is int and value >= 3:
            return True
    often = said.get("frequency")
    if type(often) is not int or often < 3:
        return False
    return p.vocabulary.symptoms[said["symptom"]].attributes == ("frequency",)


def sym_worse(p: Picture, given: Given) -> bool:
    said = given.answer
    name = said["symptom"]
    for attribute in (*ATTRIBUTES, "grade"):
        value = said.get(attribute)
        if type(value) is int and value >= 2:
            before = p.earlier(name, attribute, given.report)
            if before is not None and value - before.value >= 2:
                return True
    return False


def sym_mod1(p: Picture, given: Given) -> bool:
    said = given.answer
    if said.get("grade") == 2:
        return True
    if said.get("presence") != 1:
        return False
    before = p.earlier(said["symptom"], "presence", given.report)
    return before is None or before.value < 1


def sym_mod2(p: Picture) -> int | None:
    report = p.newest_report
    moderate = 0
    for said in report.answers if report else ():
        if said.get("grade") == 2:
            before = p.earlier(said["symptom"], "grade", report)
            moderate += before is None or before.value < 2
    return 0 if moderate >= 2 else None


def sym_miss(p: Picture) -> int | None:
    records = p.records
    if records.known_reasons_for_silence or records.care_status not in ("active", "hospice"):
        return None
    return 0 if records.silence is not None and records.silence.missed >= 2 else None


def item(p: Picture, code: str, *items: str) -> int:
    responses = p.responses.get(code)
    if not responses or p.as_of - responses[0].at > FORTNIGHT:
        return -1
    said = responses[0].answers
    return max((int(said[one]) for one in items if said.get(one) is not None), default=-1)


def total(p: Picture, code: str) -> int:
    responses = p.responses.get(code)
    if not responses or p.as_of - responses[0].at > FORTNIGHT:
        return -1
    known = p.vocabulary.questionnaires[code].items
    said = responses[0].answers
    return sum(int(said[one]) for one in known if said.get(one) is not None)


def si_9(p: Picture) -> int | None:
    ninth = item(p, "phq-9", "9")
    if ninth >= 2 or not_safe(p):
        return 0
    return 1 if ninth >= 1 else None


def not_safe(p: Picture) -> bool:
    for check in p.checks:
        if p.as_of - check.at > WEEK:
            return False
        if check.safe_now is not None:
            return not check.safe_now
    return False


def si_cssrs(p: Picture) -> int | None:
    return 0 if item(p, "c-ssrs", "4", "5", "6") >= 1 else None


def si_cssrs_m(p: Picture) -> int | None:
    return 0 if item(p, "c-ssrs", "3", "6_lifetime") >= 1 else None


def distress(p: Picture) -> int:
    return p.distress[0][1] if p.distress and p.as_of - p.distress[0][0].at <= WEEK else -1


def dis_7(p: Picture) -> int | None:
    now = distress(p)
    if now >= 7:
        return 0
    if now >= 0 and len(p.distress) > 1 and now - p.distress[1][1] >= 3:
        return 0
    last = p.distress[:3]
    return 0 if now >= 4 and len(last) == 3 and all(one >= 4 for _, one in last) else None


def dis_4(p: Picture) -> int | None:
    if distress(p) < 4:
        return None
    return 0 if len(p.distress) == 1 or p.distress[1][1] < 4 else None


def dep_sev(p: Picture) -> int | None:
    return 0 if total(p, "phq-9") >= 15 else None


def dep_mod(p: Picture) -> int | None:
    return 0 if 10 <= total(p, "phq-9") < 15 else None


def anx_sev(p: Picture) -> int | None:
    return 0 if total(p, "gad-7") >= 15 else None


def anx_mod(p: Picture) -> int | None:
    return 0 if 10 <= total(p, "gad-7") < 15 else None


def ticked(p: Picture, topic: str) -> bool:
    since = p.as_of - WEEK
    return any(topic in check.topics for check in p.checks if check.at >= since)


def spir(p: Picture) -> int | None:
    if distress(p) >= 4 and ticked(p, "meaning"):
        return 0
    since = p.as_of - WEEK
    wished = any("chaplain" in check.contact_wanted for check in p.checks if check.at >= since)
    return 0 if wished else None


def pract(p: Picture) -> int | None:
    return 0 if distress(p) >= 4 and ticked(p, "practical") else None


def missed_for(p: Picture, reason: str) -> bool:
    since = p.as_of - WEEK
    return any(
        dose.status == "missed" and dose.reason == reason and dose.at >= since
        for doses in p.doses.values()
        for dose in doses
    )


def dose_cost(p: Picture) -> int | None:
    return 0 if missed_for(p, "cost") else None


def dose_effects(p: Picture) -> int | None:
    return 0 if missed_for(p, "side_effects") else None


def dose_row(p: Picture) -> int | None:
    since = p.as_of - WEEK
    for doses in p.doses.values():
        row = []
        for dose in doses:
            if dose.status == "taken":
                break
            if dose.status == "missed" and dose.reason != "told_to_hold":
                row.append(dose)
        if len(row) >= 3 and row[0].at >= since:
            return 0
    return None


SELF: tuple[tuple[str, Rule], ...] = (
    ("SYM-MOD2", sym_mod2), ("SYM-MISS", sym_miss), ("SI-9", si_9), ("SI-CSSRS", si_cssrs),
    ("SI-CSSRS-M", si_cssrs_m), ("DIS-7", dis_7), ("DIS-4", dis_4), ("DEP-SEV", dep_sev),
    ("DEP-MOD", dep_mod), ("ANX-SEV", anx_sev), ("ANX-MOD", anx_mod), ("SPIR", spir),
    ("PRACT", pract), ("DOSE-COST", dose_cost), ("DOSE-EFFECTS", dose_effects),
    ("DOSE-ROW-NURSING", dose_row), ("DOSE-ROW-SOCIAL", dose_row),
)  # fmt: skip
EACH = (("SYM-SEV", sym_sev), ("SYM-WORSE", sym_worse), ("SYM-MOD1", sym_mod1))
RULES = (*SIGNS, *SELF)


def by_hand(p: Picture) -> list[Found]:
    """Return what is true of her: rule, case, and the symptom it is about."""
    found: list[Found] = []
    for name, rule in RULES:
        case = rule(p)
        if case is not None:
            found.append((name, case, None))
    for given in answers(p):
        for name, holds in EACH:
            if holds(p, given):
                found.append((name, 0, given.answer["symptom"]))
    return found
