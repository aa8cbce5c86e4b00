"""How hard a text is to read: the Flesch-Kincaid grade, counted the same way every time.

The grade is ``0.39 * words / sentences + 11.8 * syllables / words - 15.59`` (Kincaid and
others, 1975): about the number of school years a reader needs.  What the formula leaves open
is settled here:

- A sentence ends at ``.``, ``!`` or ``?`` before a space or the end; a paragraph and a list
  item always end one.  Headings are left out: they would only flatter the result.
- A number is one word with one syllable a digit, so "38.0" has three.  A placeholder such
  as ``{oncology_line}`` counts as the word "number", which stands for what fills it.
- Syllables are groups of vowels, less the silent endings, plus the vowel pairs that are
  spoken apart.  Silent letters inside a word ("sometimes") are not found: the count errs
  upwards, so a text that passes is, if anything, easier than its grade.
"""

import re

_HEADING = re.compile(r"^#{1,6}\s.*$", re.MULTILINE)
_BLOCK_START = re.compile(r"\n\s*\n|(?:\n|^)\s*(?:[-*+]|\d+\.)\s+")
_PLACEHOLDER = re.compile(r"\{\w+\}")
_SENTENCE_END = re.compile(r"[.!?](?=[\"')*_\]]*(?:\s|$))")
_WORD = re.compile(r"[A-Za-z]+(?:['\u2019][A-Za-z]+)*|\d+(?:[.,]\d+)*")

_VOWELS = re.compile(r"[aeiouy]+")
_SPOKEN_APART = re.compile(
    r"(?<![ctsgx])i[ao]"  # di-agnosis, peri-od; not so-cial, na-tion, reli-gious
    r"|iu"  # calci-um
    r"|(?<![qg])ua[lt]"  # usu-al, situ-ation; not quality, guard
    r"|iet|ier$"  # anxi-ety, easi-er
    r"|[eouy]ing"  # be-ing, do-ing, try-ing
    r"|(?<=[a-z]{2})ea$"  # nause-a, are-a; a three-letter word keeps one
)
_SILENT_END = re.compile(
    r"(?<![^aeiouyl]l)"  # the e of ta-ble, an-kles and mud-dled is heard
    r"(?:(?<=[^aeiouy])e"  # bone, whole
    r"|(?<=[^aeiouysxzcgh])es"  # bones; not do-ses, pla-ces
    r"|(?<=[^aeiouytd])ed)$"  # called; not need-ed
)


def syllables(word: str) -> int:
    """Count the syllables of one word by rule; never less than one.

    A number counts its digits.  An apostrophe and what follows it add nothing.
    """
    if word[0].isdigit():
        return sum(character.isdigit() for character in word)
    word = re.split(r"['\u2019]", word.lower())[0]
    spoken = len(_VOWELS.findall(word)) + len(_SPOKEN_APART.findall(word))
    return max(1, spoken - bool(_SILENT_END.search(word)))


def words(text: str) -> list[str]:
    """The words and numbers of a Markdown text, its headings left out."""
    return _WORD.findall(_PLACEHOLDER.sub("number", _HEADING.sub("", text)))


def sentences(text: str) -> list[str]:
    """The sentences of a Markdown text, its headings left out and list items cut apart."""
    plain = _PLACEHOLDER.sub("number", _HEADING.sub("\n", text))
    pieces = [
        sentence
        for block in _BLOCK_START.split(plain)
        for sentence in _SENTENCE_END.split(" ".join(block.split()))
    ]
    return [piece.strip() for piece in pieces if _WORD.search(piece)]


def grade(text: str) -> float:
    """The Flesch-Kincaid grade of a Markdown text, in United States school years.

    Raises:
        ValueError: the text has no words, so it has no grade.
    """
    spoken = words(text)
    if not spoken:
        raise ValueError("a text without words has no reading grade")
    per_sentence = len(spoken) / len(sentences(text))
    per_word = sum(map(syllables, spoken)) / len(spoken)
    return 0.39 * per_sentence + 11.8 * per_word - 15.59
