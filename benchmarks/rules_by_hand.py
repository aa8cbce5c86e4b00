"""The alerting rules, written by hand in Python: the yardstick of ``benchmarks.rules``.

One function a rule, over the same picture, with no words, windows or thresholds read from
anywhere: what somebody would write who knew that nothing will ever change.  Each returns the
number of its case, 0 for a rule without cases, ``None`` when it is not true.  That they say what
the rules say is proved by ``tests/care/test_rules_by_hand.py``.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta

from service.care.facts.answers import Given
from service.care.picture import Picture

CORD = frozenset(
    {"limb_weakness", "difficulty_walking", "sensory_loss", "saddle_numbness",
     "bladder_bowel_change", "band_like_pain"}
)  # fmt: skip
SPINE = frozenset(
    {"new_back_pain", "severe_back_pain", "back_pain_on_straining", "night_back_pain",
     "spinal_tenderness"}
)  # fmt: skip
BRAIN = frozenset(
    {"seizure", "sudden_confusion", "one_sided_weakness", "speech_loss", "vision_loss",
     "worst_headache"}
)  # fmt: skip
JAW = frozenset(
    {"jaw_pain", "loose_tooth", "gum_swelling", "exposed_jaw_bone", "mouth_wound",
     "tooth_extraction_planned"}
)  # fmt: skip
HEADACHE = frozenset({"persistent_headache", "morning_headache", "personality_change"})
BREATH = frozenset({"breathless_at_rest", "chest_pain", "coughing_blood"})
CHEST_CLOT = frozenset({"sudden_breathlessness", "pleuritic_pain"})
CLOT = CHEST_CLOT | {"one_sided_swelling", "calf_pain"}
CONFUSED = frozenset({"confusion", "sudden_confusion"})
LOW_CALCIUM_NOW = frozenset({"muscle_spasm", "seizure"})
LOW_CALCIUM = LOW_CALCIUM_NOW | {"mouth_tingling", "muscle_cramps"}
LUNG = frozenset({"breathless_at_rest", "sudden_breathlessness"})
HEART = frozenset({"ankle_swelling", "rapid_weight_gain", "fainting", "breathless_at_rest"})
HEART_NOW = frozenset({"breathless_at_rest", "fainting"})
SUGAR = frozenset({"marked_thirst", "frequent_urination"})
SUGAR_NOW = CONFUSED | {"cannot_keep_fluids"}
NOT_KEPT = frozenset({"cannot_keep_fluids", "cannot_keep_pills"})
LUNG_DRUGS = frozenset(
    {"effect:ild", "class:CDK4/6 inhibitor", "code:t_dxd", "code:dato_dxd", "code:everolimus",
     "code:pembrolizumab", "code:alpelisib", "code:t_dm1"}
)  # fmt: skip
BONE_DRUGS = frozenset({"effect:hypocalcemia", "code:denosumab_120", "code:zoledronic_acid"})
BOWEL_DRUGS = frozenset(
    {"effect:diarrhea_severe", "code:lapatinib", "code:neratinib", "code:abemaciclib"}
)
IMMUNE_DRUGS = frozenset({"effect:immune", "code:pembrolizumab"})
MOUTH_DRUGS = frozenset({"effect:stomatitis", "code:everolimus", "code:dato_dxd"})
SUGAR_DRUGS = frozenset(
    {"effect:hyperglycemia", "code:alpelisib", "code:capivasertib", "code:inavolisib",
     "code:everolimus"}
)  # fmt: skip
HAND_DRUGS = frozenset({"effect:hand_foot", "code:capecitabine"})
DAY, WEEK, FORTNIGHT = timedelta(days=1), timedelta(days=7), timedelta(days=14)


def level(p: Picture, symptom: str, attribute: str = "severity") -> int:
    """Return the newest answer that still counts, -1 for none."""
    found = p.levels_now.get((symptom, attribute))
    return -1 if found is None else found.value


def highest(p: Picture, measure: str) -> float:
    """Return the highest value of today, -1 for none."""
    return max((one.value for one in p.measures_now.get(measure, ())), default=-1)


def newly(p: Picture, symptom: str, least: int) -> bool:
    """Tell whether the severity is as high as that and was not before."""
    now = p.levels_now.get((symptom, "severity"))
    if now is None or now.value < least:
        return False
    before = p.earlier(symptom, "severity", now.report)
    return before is None or before.value < least


def new_or_worse(p: Picture, symptom: str, attribute: str) -> bool:
    """Tell whether an answer is there and higher than the one before."""
    now = p.levels_now.get((symptom, attribute))
    if now is None or now.value < 1:
        return False
    before = p.earlier(symptom, attribute, now.report)
    return before is None or before.value < now.value


def em_fever(p: Picture) -> int | None:
    hot = highest(p, "temperature_c") >= 38.0
    if not hot and "rigors" not in p.flags_now and level(p, "chills") < 2:
        return None
    if "effect:myelosuppressive" in p.treated_now:
        return 0
    return 1 if hot and ("any" in p.treated_now or procedure_lately(p)) else None


def procedure_lately(p: Picture) -> bool:
    days = (one.days_since_done for one in p.treatments if one.kind == "procedure")
    return any(since is not None and 0 <= since <= 42 for since in days)


def em_fever2(p: Picture) -> int | None:
    counts = p.measures.get("anc")
    if not counts or counts[0].value >= 500 or p.as_of - counts[0].at > WEEK:
        return None
    return 0 if highest(p, "temperature_c") >= 38.3 or fever_for_an_hour(p) else None


def fever_for_an_hour(p: Picture) -> bool:
    newest = None
    for one in p.measures_now.get("temperature_c", ()):
        if one.value < 38.0:
            newest = None
        elif newest is None:
            newest = one.at
        elif newest - one.at >= timedelta(hours=1):
            return True
    return False


def em_mscc(p: Picture) -> int | None:
    return None if CORD.isdisjoint(p.flags_now) else 0


def sn_spine(p: Picture) -> int | None:
    if SPINE.isdisjoint(p.flags_now):
        return None
    since = p.as_of - DAY
    today = any(not CORD.isdisjoint(one.red_flags) for one in p.reports if one.at >= since)
    return None if today else 0


def em_brain(p: Picture) -> int | None:
    return None if BRAIN.isdisjoint(p.flags_now) else 0


def sn_brain(p: Picture) -> int | None:
    if not HEADACHE.isdisjoint(p.flags_now) or headache_stays(p):
        return 0
    if newly(p, "dizziness", 2) or newly(p, "blurred_vision", 2):
        return 0
    known = p.diagnosis is not None and "brain" in p.diagnosis.metastatic_sites
    return 0 if known and newly(p, "headache", 2) else None


def headache_stays(p: Picture) -> bool:
    since = p.as_of - FORTNIGHT
    for attribute in ("frequency", "severity", "interference"):
        if level(p, "headache", attribute) < 1:
            continue
        reports = [
            report
            for report, said in p.answers["headache"]
            if report.at >= since and type(said.get(attribute)) is int and said[attribute] >= 1
        ]
        if len(reports) > 1 and reports[0].at - reports[-1].at >= timedelta(days=3):
            return True
    return False


def em_resp(p: Picture) -> int | None:
    if not BREATH.isdisjoint(p.flags_now):
        return 0
    return 0 if level(p, "shortness_of_breath", "grade") >= 3 else None


def em_vte(p: Picture) -> int | None:
    if CLOT.isdisjoint(p.flags_now):
        return None
    return 1 if CHEST_CLOT.isdisjoint(p.flags_now) else 0


def em_hcalc(p: Picture) -> int | None:
    if p.diagnosis is None or "bone" not in p.diagnosis.metastatic_sites:
        return None
    flags = p.flags_now
    signs = (
        (not CONFUSED.isdisjoint(flags) or level(p, "concentration") >= 2)
        + ("marked_thirst" in flags)
        + ("frequent_urination" in flags or level(p, "urinary_frequency", "frequency") >= 2)
        + (level(p, "constipation") >= 2)
        + (level(p, "nausea") >= 2 or level(p, "vomiting") >= 2)
        + ("drowsiness" in flags)
    )
    if signs < 2:
        return None
    return 1 if CONFUSED.isdisjoint(flags) and "drowsiness" not in flags else 0


def sn_ild(p: Picture) -> int | None:
    if LUNG_DRUGS.isdisjoint(p.treated_now):
        return None
    if (
        LUNG.isdisjoint(p.flags_now)
        and highest(p, "temperature_c") < 38.0
        and not any(
            new_or_worse(p, symptom, attribute)
            for symptom in ("cough", "shortness_of_breath")
            for attribute in ("severity", "interference")
        )
    ):
        return None
    return 0 if "code:t_dxd" in p.treated_now else 1


def sn_hypoca(p: Picture) -> int | None:
    if LOW_CALCIUM.isdisjoint(p.flags_now) or BONE_DRUGS.isdisjoint(p.treated_now):
        return None
    return 1 if LOW_CALCIUM_NOW.isdisjoint(p.flags_now) else 0


def sn_onj(p: Picture) -> int | None:
    if JAW.isdisjoint(p.flags_now) or "effect:onj" not in p.treated_now:
        return None
    return 0 if "gum_swelling" in p.flags_now or highest(p, "temperature_c") >= 38.0 else 1


def sn_diarr_g2(p: Picture) -> int | None:
    stools = p.measures_now.get("stools_over_baseline", ())
    if any(4 <= one.value < 7 for one in stools):
        return 0
    return 0 if level(p, "diarrhea", "frequency") >= 3 else None


def em_diarr_g3(p: Picture) -> int | None:
    stools = highest(p, "stools_over_baseline")
    despite = "diarrhea_despite_loperamide" in p.flags_now
    if stools >= 7 or (despite and not BOWEL_DRUGS.isdisjoint(p.treated_now)):
        return 0
    if not despite and stools < 1 and level(p, "diarrhea", "frequency") < 1:
        return None
    dry = "blood_in_stool" in p.flags_now or "little_urine" in p.flags_now
    return 0 if dry or highest(p, "temperature_c") >= 38.0 or level(p, "dizziness") >= 2 else None


def sn_diarr_ici(p: Picture) -> int | None:
    if IMMUNE_DRUGS.isdisjoint(p.treated_now):
        return None
    if "blood_in_stool" in p.flags_now or level(p, "diarrhea", "grade") >= 2:
        return 0
    return 0 if highest(p, "stools_over_baseline") >= 4 else None


def sn_vomit(p: Picture) -> int | None:
    if not NOT_KEPT.isdisjoint(p.flags_now):
        return 0
    return 0 if level(p, "vomiting", "grade") >= 3 else None


def sn_muco(p: Picture) -> int | None:
    if "cannot_eat_or_drink" in p.flags_now:
        return 0
    sores = level(p, "mouth_throat_sores")
    return 1 if sores >= 3 or (sores == 2 and not MOUTH_DRUGS.isdisjoint(p.treated_now)) else None


def sn_cardio(p: Picture) -> int | None:
    if "effect:cardiotoxic" not in p.treated_now:
        return None
    if HEART.isdisjoint(p.flags_now):
        heart = ("shortness_of_breath", "heart_palpitations", "dizziness", "swelling")
        return 1 if any(newly(p, symptom, 2) for symptom in heart) else None
    return 1 if HEART_NOW.isdisjoint(p.flags_now) else 0


def sn_hypergly(p: Picture) -> int | None:
    if SUGAR_DRUGS.isdisjoint(p.treated_now):
        return None
    if (
        SUGAR.isdisjoint(p.flags_now)
        and level(p, "urinary_frequency", "frequency") < 2
        and level(p, "blurred_vision") < 2
        and highest(p, "glucose_mg_dl") <= 250
    ):
        return None
    sick = level(p, "vomiting") >= 1 or level(p, "vomiting", "frequency") >= 1
    return 0 if sick or not SUGAR_NOW.isdisjoint(p.flags_now) else 1


def em_hfs(p: Picture) -> int | None:
    hot = highest(p, "temperature_c") >= 38.0
    sore = level(p, "hand_foot_syndrome") >= 3
    if not (sore and not HAND_DRUGS.isdisjoint(p.treated_now)) and not (
        hot and "blistering_skin" in p.flags_now
    ):
        return None
    return 0 if hot else 1


Rule = Callable[[Picture], int | None]
SIGNS: tuple[tuple[str, Rule], ...] = (
    ("EM-FEVER", em_fever), ("EM-FEVER2", em_fever2), ("EM-MSCC", em_mscc),
    ("SN-SPINE", sn_spine), ("EM-BRAIN", em_brain), ("SN-BRAIN", sn_brain), ("EM-RESP", em_resp),
    ("EM-VTE", em_vte), ("EM-HCALC", em_hcalc), ("SN-ILD", sn_ild), ("SN-HYPOCA", sn_hypoca),
    ("SN-ONJ", sn_onj), ("SN-DIARR-G2", sn_diarr_g2), ("EM-DIARR-G3", em_diarr_g3),
    ("SN-DIARR-ICI", sn_diarr_ici), ("SN-VOMIT", sn_vomit), ("SN-MUCO", sn_muco),
    ("SN-CARDIO", sn_cardio), ("SN-HYPERGLY", sn_hypergly), ("EM-HFS", em_hfs),
)  # fmt: skip
Found = tuple[str, int, str | None]


def answers(p: Picture) -> Iterator[Given]:
    report = p.newest_report
    return iter(()) if report is None else (Given(report, one) for one in report.answers)
