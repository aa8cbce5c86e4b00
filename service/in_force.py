"""Words a request may use that are settled at the start, not when a schema is written."""

from collections.abc import Callable, Collection

from marshmallow import ValidationError, validate


class InForce(validate.Validator):
    """One of the words in force: schemas are built before a site's own words are read."""

    def __init__(self, words: Callable[[], Collection[str]]) -> None:
        self._words = words

    @property
    def choices(self) -> list[str]:
        """The words, for the contract."""
        return sorted(self._words())

    def __call__(self, value: str) -> str:
        """Let a known word past."""
        if value not in self._words():
            raise ValidationError(f"Must be one of: {', '.join(self.choices)}.")
        return value
