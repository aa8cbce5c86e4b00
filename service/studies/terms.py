"""Whether what a criterion names is true of her, as far as it is on file.  Pure.

A term is ``er:positive``, ``site:bone``, ``drug:taxane`` and the like.  What nobody has said is
unknown, never untrue: a drug that is not on file may have been given before she joined.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from service.clinical.studies import StudyWords

Record = Mapping[str, str]
_SITE_WORDS = {"lymph_node": "lymph nodes", "chest_wall": "chest wall"}
_NEGATIVES = ("negative", "low", "ultralow")


class HerTreatment(NamedTuple):
    """One treatment of hers that has begun; ``line`` is the line of therapy, if anybody said."""

    code: str | None
    name: str
    modality: str
    line: int | None
    record: Record


class Herself(NamedTuple):
    """What matching knows of her; ``None``, ``"unknown"`` and nothing all mean not known."""

    today: date
    patient: Record
    birth_year: int | None = None
    sex: str | None = None
    ecog: int | None = None
    home: tuple[float, float] | None = None
    diagnosis: Record | None = None
    metastatic: bool | None = None
    recurrence: str | None = None
    sites: Sequence[str] = ()
    er: str | None = None
    pr: str | None = None
    her2: str | None = None
    mutations: Sequence[str] = ()
    menopause: str | None = None
    treatments: Sequence[HerTreatment] = ()

    @property
    def ages(self) -> tuple[int, int] | None:
        """Her age in whole years, the least and the most it can be; ``None`` if not known."""
        if self.birth_year is None:
            return None
        most = self.today.year - self.birth_year
        return most - 1, most


class Truth(NamedTuple):
    """Whether a term holds (``None``: not known), in words, and the records it was seen in."""

    holds: bool | None
    words: str
    records: tuple[Record, ...] = ()


def truth_of(term: str, her: Herself, words: StudyWords) -> Truth:
    """Tell whether a term holds of her; one with ``!`` before it is turned round."""
    if term.startswith("!"):
        found = truth_of(term[1:], her, words)
        return found if found.holds is None else found._replace(holds=not found.holds)
    kind, _, value = term.partition(":")
    return _KINDS[kind](value, her, words)


def _receptor(name: str, label: str) -> Callable[[str, Herself, StudyWords], Truth]:
    def tell(value: str, her: Herself, _words: StudyWords) -> Truth:
        known = getattr(her, name)
        if known in (None, "unknown"):
            return _unknown(label, her)
        return _said(known == value, f"{label} {known}", her)

    return tell


def _hormone(value: str, her: Herself, _words: StudyWords) -> Truth:
    known = (her.er, her.pr)
    words = ", ".join(
        f"{name} {one}" for name, one in (("ER", her.er), ("PR", her.pr)) if one not in _NOTHING
    )
    if "positive" in known:
        return _said(value == "positive", words, her)
    if known == ("negative", "negative"):
        return _said(value == "negative", words, her)
    return _unknown("ER and PR", her)


def _her2(value: str, her: Herself, _words: StudyWords) -> Truth:
    known = her.her2
    if known in _NOTHING:
        return _unknown("HER2", her)
    words = f"HER2 {known}"
    if value in ("positive", "negative"):
        return _said((known in _NEGATIVES) == (value == "negative"), words, her)
    if known == "positive" or known == value:
        return _said(known == value, words, her)
    # Many reports only say negative where a newer one would say low or ultralow.
    return Truth(None, f"On file: {words}.", _records(her))


def _triple_negative(_value: str, her: Herself, _words: StudyWords) -> Truth:
    known = {"ER": her.er, "PR": her.pr, "HER2": her.her2}
    words = ", ".join(f"{name} {one}" for name, one in known.items() if one not in _NOTHING)
    if "positive" in known.values():
        return _said(False, words, her)
    if all(one in _NEGATIVES for one in known.values()):
        return _said(True, words, her)
    return _unknown("ER, PR and HER2", her)


def _stage(value: str, her: Herself, _words: StudyWords) -> Truth:
    if her.metastatic is None:
        return _unknown("how far the cancer has spread", her)
    if her.metastatic:
        holds = value in ("metastatic", "advanced", "any")
        unsure = value == "locally_advanced"
        return _said(None if unsure else holds, "metastatic", her)
    words = {"local": "local recurrence"}.get(her.recurrence or "", "not known to be metastatic")
    if value == "any":
        return _said(True, words, her)
    if value in ("metastatic", "not_metastatic") and her.recurrence in ("local", "none"):
        return _said(value == "not_metastatic", words, her)
    return Truth(None, f"On file: {words}.", _records(her))


def _site(value: str, her: Herself, _words: StudyWords) -> Truth:
    site = value.removesuffix("_which")
    words = ", ".join(_SITE_WORDS.get(one, one) for one in her.sites)
    if site in her.sites:
        # Untreated, active or stable: that is for her team to say.
        return _said(None if value.endswith("_which") else True, words, her)
    if her.sites:
        return _said(False, words, her)
    if her.metastatic is False:
        return _said(False, "no spread", her)
    return _unknown("where the cancer has spread", her)


def _menopause(value: str, her: Herself, _words: StudyWords) -> Truth:
    if her.menopause in _NOTHING:
        return _unknown("menopause", her)
    return _said(her.menopause == value, f"{her.menopause}menopausal", her)


def _sex(value: str, her: Herself, _words: StudyWords) -> Truth:
    if her.sex not in ("female", "male"):
        return Truth(None, "Not on file: sex.", (her.patient,))
    return Truth(her.sex == value, f"On file: {her.sex}.", (her.patient,))


def _age(value: str, her: Herself, _words: StudyWords) -> Truth:
    least, _, most = value.partition(":")
    if her.ages is None:
        return Truth(None, "Not on file: year of birth.", (her.patient,))
    low, high = her.ages
    words = f"On file: born {her.birth_year}."
    top = int(most) if most else 200
    if low >= int(least) and high <= top:
        return Truth(True, words, (her.patient,))
    if high < int(least) or low > top:
        return Truth(False, words, (her.patient,))
    return Truth(None, words, (her.patient,))


def _ecog(value: str, her: Herself, _words: StudyWords) -> Truth:
    if her.ecog is None:
        return Truth(None, "Not on file: how active she is (ECOG).", (her.patient,))
    bound, _, number = value.partition(":")
    is_below = her.ecog <= int(number)
    return Truth(is_below == (bound == "most"), f"On file: ECOG {her.ecog}.", (her.patient,))


def _mutation(value: str, her: Herself, _words: StudyWords) -> Truth:
    wanted = "ERBB2" if value == "HER2" else value
    found = [one for one in her.mutations if one.strip().upper().startswith((value, wanted))]
    if found:
        return _said(True, ", ".join(found), her)
    return Truth(None, f"Not on file: a change in {value}.", _records(her))


def _drug(value: str, her: Herself, words: StudyWords) -> Truth:
    group = words.drugs.get(value)
    had = [
        one for one in her.treatments
        if group is not None and (one.code in group.codes or one.modality in group.modalities)
    ]  # fmt: skip
    if not had:
        return Truth(None, f"Not on file: {value}.")
    names = ", ".join(dict.fromkeys(one.name for one in had))
    return Truth(True, f"On file: {names}.", tuple(one.record for one in had[:5]))


def _lines(value: str, her: Herself, _words: StudyWords) -> Truth:
    of, bound, number = value.split(":")
    numbered = [one for one in her.treatments if one.line is not None]
    all_lines = {one.line for one in numbered}
    counted = {one.line for one in numbered if _counts(one, of)}
    records = tuple(one.record for one in numbered if _counts(one, of))[:5]
    least, most = {
        "most": (0, int(number)), "least": (int(number), 99),
        "between": divmod(int(number), 100),
    }[bound]  # fmt: skip
    what = "lines of treatment" if of == "systemic" else f"lines with {of} treatment"
    words = f"On file: {len(counted)} {what}."
    if len(counted) > most:
        return Truth(False, words, records)
    # What is on file is all there was only if no line before the last one is missing.
    is_complete = bool(all_lines) and all_lines == set(range(1, len(all_lines) + 1))
    if len(counted) >= least and (is_complete or most == _NO_BOUND):
        return Truth(True, words, records)
    if len(counted) < least and is_complete and of == "systemic":
        return Truth(False, words, records)
    return Truth(None, words if counted else f"Not on file: {what}.", records)


def _counts(one: HerTreatment, of: str) -> bool:
    if of == "chemotherapy":
        return one.modality == "chemotherapy"
    if of == "endocrine":
        return one.modality == "hormonal"
    return one.modality in _SYSTEMIC


def _said(holds: bool | None, words: str, her: Herself) -> Truth:
    return Truth(holds, f"On file: {words}.", _records(her))


def _unknown(what: str, her: Herself) -> Truth:
    return Truth(None, f"Not on file: {what}.", _records(her))


def _records(her: Herself) -> tuple[Record, ...]:
    return (her.diagnosis,) if her.diagnosis else ()


_NOTHING = (None, "", "unknown")
_NO_BOUND = 99
_SYSTEMIC = frozenset({"chemotherapy", "hormonal", "targeted", "immunotherapy"})
_KINDS: Mapping[str, Callable[[str, Herself, StudyWords], Truth]] = {
    "er": _receptor("er", "ER"), "pr": _receptor("pr", "PR"), "hr": _hormone, "her2": _her2,
    "subtype": _triple_negative, "stage": _stage, "site": _site, "menopause": _menopause,
    "sex": _sex, "age": _age, "ecog": _ecog, "mutation": _mutation, "drug": _drug,
    "lines": _lines,
}  # fmt: skip
