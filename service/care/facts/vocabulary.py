"""The words a rule may use, and the few numbers every fact depends on.

A rule that names anything else stops the start.  The words come from the clinical data, except
those the HTTP contract fixes (topics, wishes, sites), which stand here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

ATTRIBUTES = ("frequency", "severity", "interference", "amount", "presence")
"""What can be asked of a symptom, in the order in which it is asked and shown."""

SITES = ("bone", "liver", "lung", "brain", "lymph_node", "chest_wall", "skin", "other")
TOPICS = ("body", "feelings", "practical", "family", "meaning")
DOSE_REASONS = ("forgot", "side_effects", "cost", "supply", "told_to_hold", "other")
WISHES = ("social_worker", "chaplain", "support_group", "nurse")
CARE_STATUSES = ("active", "paused", "hospice", "deceased", "withdrawn")
GUIDANCE_LEVELS = ("none", "self_care", "call_today", "call_now", "emergency", "crisis")
"""What she is told to do, weakest first."""


@dataclass(frozen=True, slots=True)
class SymptomWords:
    """A symptom: what it is called, what is asked of it, and which answer gates the others.

    ``choices`` is what a rule may look at: its attributes, and the grade if it has one.
    ``looked_at`` is what may stand in an answer, in order.
    """

    label: str
    attributes: tuple[str, ...]
    gate: str | None
    choices: frozenset[str] = field(init=False)
    looked_at: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        # A yes/no symptom has no composite grade.
        graded = self.attributes != ("presence",)
        choices = frozenset((*self.attributes, "grade") if graded else self.attributes)
        object.__setattr__(self, "choices", choices)
        object.__setattr__(self, "looked_at", (*self.attributes, "grade"))


@dataclass(frozen=True, slots=True)
class TreatmentWords:
    """A row of the catalogue: a drug, a procedure, or a class whose drug is not named."""

    name: str
    kind: str
    drug_class: str
    modality: str
    effects: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class QuestionnaireWords:
    """A questionnaire: the keys its answers may have, and the total at which it is positive."""

    title: str
    items: tuple[str, ...]
    positive_at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Windows:
    """How old a fact may be and still be true of her now; set in ``clinical/policy.yaml``.

    ``None`` among the effects is for ever.  ``severe_variant`` and ``severe_from`` say which
    answers make any symptom severe.
    """

    symptom_answers: timedelta
    red_flags: timedelta
    measures: timedelta
    wellbeing: timedelta
    questionnaires: timedelta
    doses: timedelta
    treatment_days: int
    effect_days: Mapping[str, int | None]
    procedure_days: int
    worsening_delta: int
    worsening_gap: timedelta
    severe_variant: str
    severe_from: int

    def days_after(self, selector: str) -> int | None:
        """Return for how many days after its end a treatment selected so counts."""
        kind, _, word = selector.partition(":")
        if kind == "effect":
            return self.effect_days.get(word, self.treatment_days)
        return self.treatment_days


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """Every word a rule may use, by kind, and the windows in force.

    ``rank`` is the policy's precedence of a rule id, ``red_flags`` the prompt by code,
    ``guidance`` the level by slug.
    """

    windows: Windows
    rank: Callable[[str], int]
    symptoms: Mapping[str, SymptomWords]
    treatments: Mapping[str, TreatmentWords]
    red_flags: Mapping[str, str]
    questionnaires: Mapping[str, QuestionnaireWords]
    guidance: Mapping[str, str]
    articles: frozenset[str]
    effects: frozenset[str] = field(init=False)
    classes: frozenset[str] = field(init=False)
    modalities: frozenset[str] = field(init=False)
    procedures: frozenset[str] = field(init=False)
    effects_by_modality: Mapping[str, frozenset[str]] = field(init=False)

    def __post_init__(self) -> None:
        rows = self.treatments.values()
        derived = {
            "effects": frozenset(effect for row in rows for effect in row.effects),
            "classes": frozenset(row.drug_class for row in rows),
            "modalities": frozenset(row.modality for row in rows),
            "procedures": frozenset(
                code for code, row in self.treatments.items() if row.kind == "procedure"
            ),
            # A treatment typed in words is taken for its class, drug not named: chemotherapy
            # unknown to the catalogue lowers white blood cells until someone says otherwise.
            # A project choice, on the safe side.
            "effects_by_modality": {
                row.modality: row.effects for row in rows if row.kind == "class"
            },
        }
        for name, value in derived.items():
            object.__setattr__(self, name, value)
