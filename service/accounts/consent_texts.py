"""What a patient is asked to agree to, in which words: versioned texts, read once.

``consents/<language>/<purpose>.<version>.md``.  A text that people have answered is never
edited: the next one has the next version, and who answered the one before is asked again by
being shown it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from hashlib import sha256
from importlib.resources import files
from types import MappingProxyType

from service.clinical.reading import read_folder
from service.errors import NotFound

CARE_TEAM = "care_team"
MESSAGES = "messages"
RESEARCH_EXPORT = "research_export"
_FALLBACK_LANGUAGE = "en"


class ConsentUnknown(NotFound):
    """Nobody is asked for a consent to this, or not yet."""

    slug = "consent-unknown"
    title = "There is no consent to this purpose here."


@dataclass(frozen=True)
class ConsentText:
    """One version of what is asked, in one language; ``body`` is Markdown.

    ``review`` says who has signed it: ``draft`` is our own wording, seen by no lawyer.
    """

    purpose: str
    language: str
    version: int
    title: str
    body: str
    review: str = "draft"

    @cached_property
    def sha256(self) -> str:
        """Return the SHA-256 of the very words she is shown, title and body."""
        return sha256(f"{self.title}\n\n{self.body}".encode()).hexdigest()


def purposes() -> tuple[str, ...]:
    """Return what consents there are, by name."""
    return tuple(sorted({purpose for purpose, _ in _current()}))


def text_for(purpose: str, locale: str) -> ConsentText:
    """Return the text that is asked now, in the language of a locale if there is one.

    A translation that has fallen behind is not shown: the English one says what holds.

    Raises:
        ConsentUnknown: there is none for this purpose.
    """
    english = _current().get((purpose, _FALLBACK_LANGUAGE))
    if english is None:
        raise ConsentUnknown
    own = _current().get((purpose, locale.partition("-")[0]), english)
    return own if own.version == english.version else english


@cache
def _current() -> Mapping[tuple[str, str], ConsentText]:
    """Return the newest text of each purpose and language."""
    newest: dict[tuple[str, str], ConsentText] = {}
    for document in read_folder(files("service.accounts"), "consents", ".md"):
        text = ConsentText(body=document.body, **document.data)
        if document.name != f"consents/{text.language}/{text.purpose}.{text.version}.md":
            raise document.refuse(["version"], "the name of the file says otherwise")
        key = text.purpose, text.language
        if key not in newest or newest[key].version < text.version:
            newest[key] = text
    return MappingProxyType(newest)
