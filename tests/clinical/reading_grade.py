"""How hard a text is to read, as the editors' pages count it."""

from service.content.readability import grade, sentences, syllables, words

__all__ = ["grade", "sentences", "syllables", "words"]
