"""The words of rules, taken from the clinical knowledge in force."""

from datetime import timedelta
from functools import lru_cache

from service.care.facts.vocabulary import (
    QuestionnaireWords,
    SymptomWords,
    TreatmentWords,
    Vocabulary,
    Windows,
)
from service.clinical import Knowledge, knowledge
from service.clinical.articles import FALLBACK_LANGUAGE
from service.clinical.policy import Policy

# The shipped questionnaires ask about the last two weeks.
_QUESTIONNAIRE_RECALL = timedelta(days=14)


def vocabulary() -> Vocabulary:
    """Return the words and windows of the knowledge in force."""
    return vocabulary_of(knowledge())


@lru_cache(maxsize=8)
def vocabulary_of(known: Knowledge) -> Vocabulary:
    """Return the words and windows of a body of knowledge.

    A text that exists only in another language than English is not known: rules must be able to
    fall back on it.
    """
    return Vocabulary(
        windows=_windows(known.policy),
        rank=known.policy.rank,
        symptoms={
            key: SymptomWords(symptom.term, symptom.attributes, symptom.gate)
            for key, symptom in known.symptoms.items()
        },
        treatments={
            code: TreatmentWords(one.name, one.kind, one.treatment_class, one.modality, one.effects)
            for code, one in known.treatments.items()
        },
        red_flags={code: flag.prompt for code, flag in known.red_flags.items()},
        questionnaires={
            code: QuestionnaireWords(
                form.title,
                (*(str(item.n) for item in form.items), *form.also_answered),
                form.positive_at,
            )
            for code, form in known.instruments.items()
        },
        guidance={
            slug: text.level
            for (slug, language), text in known.guidance.items()
            if language == FALLBACK_LANGUAGE
        },
        articles=frozenset(
            slug for slug, language in known.articles if language == FALLBACK_LANGUAGE
        ),
    )


def _windows(policy: Policy) -> Windows:
    windows, treatments = policy.fact_windows, policy.treatment_windows
    return Windows(
        symptom_answers=windows.symptom_answers,
        red_flags=windows.red_flags,
        measures=windows.measures,
        # A check is about the past week, as the symptom questions are.
        wellbeing=windows.symptom_answers,
        questionnaires=_QUESTIONNAIRE_RECALL,
        doses=windows.symptom_answers,
        treatment_days=treatments.after_end.days,
        effect_days={
            effect: None if span is None else span.days
            for effect, span in treatments.effects.items()
        },
        procedure_days=treatments.procedures.days,
        worsening_delta=policy.worsening.delta,
        worsening_gap=policy.worsening.gap,
        severe_variant=policy.severe_symptom.variant,
        severe_from=policy.severe_symptom.at_least,
    )
