"""The cascade of support in words."""

from collections.abc import Mapping

from service.dashboard.formatting import REQUEST_WORDS

KIND_WORDS: Mapping[str, str] = {
    "distress": "Distress", "depression": "Low mood", "anxiety": "Worry and anxiety",
    "suicidal_thoughts": "Suicidal thoughts", "spiritual": "Meaning and faith",
    "practical": "Practical and money worries", "another": "Another need",
    **{kind: f"Asks for {words}" for kind, words in REQUEST_WORDS.items()},
    "bereavement": "Support for her family",
}  # fmt: skip
SOURCE_WORDS: Mapping[str, str] = {"screen": "found by a screen", "request": "asked for"}
STAGE_WORDS: Mapping[str, str] = {
    "opened": "Screened", "offered": "Offered help", "contacted": "Contacted",
    "assessed": "Assessed", "followed_up": "Followed up", "ended": "Ended",
}  # fmt: skip
ENDING_WORDS: Mapping[str, str] = {
    "completed": "Helped: nothing more is needed", "declined": "She does not want it",
    "not_reached": "She could not be reached", "referred": "Referred to somebody else",
    "not_needed": "It was not needed", "deceased": "She has died",
}  # fmt: skip
# The same, where only a word or two fit.
ENDING_SHORT: Mapping[str, str] = {
    "completed": "helped", "declined": "declined", "not_reached": "not reached",
    "referred": "referred", "not_needed": "not needed", "deceased": "died",
}  # fmt: skip
STEP_WORDS: Mapping[str, str] = {
    "opened": "Began", "raised": "Something more pressing came in", "offered": "Help was offered",
    "tried": "Tried to reach her", "contacted": "Reached her", "assessed": "Assessed",
    "followed_up": "Followed up", "source_closed": "Alert or request closed; a follow-up is due",
    "reminded": "Nobody had taken it: somebody else was told",
    "ended": "Ended", "reopened": "Opened again",
}  # fmt: skip


def stage_words(stage: str, source: str) -> str:
    """Return a stage in words; who asked was not screened."""
    return "Asked" if (stage, source) == ("opened", "request") else STAGE_WORDS[stage]
