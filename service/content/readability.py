"""How hard a text is to read, by the formula made for its language, counted always the same way.

English: the Flesch-Kincaid grade, ``0.39 * words / sentences + 11.8 * syllables / words - 15.59``
(Kincaid and others, 1975): about the number of school years a reader needs.

Spanish: the perspicuity of Szigriszt Pazos (thesis, Madrid 1993), ``206.835 - 62.3 * syllables /
words - words / sentences``, read by the INFLESZ scale (Barrio-Cantalejo and others, An Sist Sanit
Navar 2008; 31:135-152), which was made for texts for patients: more is easier, see ``INFLESZ``.
Status: formula and bands seen in secondary sources (legible.es, cnbguatemala.org); of the paper
itself only the abstract was seen.

A text in a language without a formula is not graded; nothing else hinges on it.  What the
formulas leave open is settled here:

- A sentence ends at ``.``, ``!`` or ``?`` before a space or the end; a paragraph and a list
  item always end one.  Headings are left out: they would only flatter the result.
- A number is one word, read digit by digit: in English one syllable each, so "38.0" has three;
  in Spanish as many as the names of its digits.  A placeholder such as ``{oncology_line}``
  counts as the word "number", of two syllables, which stands for what fills it.
- English syllables are groups of vowels, less the silent endings, plus the vowel pairs that are
  spoken apart.  Silent letters inside a word ("sometimes") are not found: the count errs
  upwards, so a text that passes is, if anything, easier than its grade.
- Spanish syllables follow the spelling.  ``a``, ``e``, ``o`` and an accented ``í`` or ``ú`` each
  carry one; ``i``, ``u``, ``ü`` and a last ``y`` lean on the vowel beside them (diphthong), and
  carry one only where there is none, or where the same stands twice.  An ``h`` between vowels,
  and the ``u`` of ``que``, ``qui``, ``gue`` and ``gui``, are not heard.  A hiatus that has no
  accent ("viable") is not found.
"""

import re

_HEADING = re.compile(r"^#{1,6}\s.*$", re.MULTILINE)
_BLOCK_START = re.compile(r"\n\s*\n|(?:\n|^)\s*(?:[-*+]|\d+\.)\s+")
_PLACEHOLDER = re.compile(r"\{\w+\}")
_SENTENCE_END = re.compile(r"[.!?](?=[\"')*_\]\u201d\u00bb]*(?:\s|$))")
_WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*|\d+(?:[.,]\d+)*")

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

INFLESZ = ((80, "muy fácil"), (65, "bastante fácil"), (55, "normal"), (40, "algo difícil"))
"""Where each band of the Spanish scale begins; below the last it is "muy difícil"."""

_UNHEARD = re.compile(r"h|(?<=q)u|(?<=g)u(?=[eiéí])")
_LAST_Y = re.compile(r"y(?![a-záéíóúü])")
_RUN = re.compile(r"[aeiouáéíóúü]+")
_CARRIES_ONE = re.compile(r"[aeoáéóíú]")
_TWICE = re.compile(r"i(?=i)|u(?=u)")
# cero, uno, dos ... nueve
_SPOKEN_DIGITS = dict(zip("0123456789", (2, 2, 1, 1, 2, 2, 1, 2, 2, 2), strict=True))


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
    """Return the words and numbers of a Markdown text, its headings left out."""
    return _WORD.findall(_PLACEHOLDER.sub("number", _HEADING.sub("", text)))


def sentences(text: str) -> list[str]:
    """Return the sentences of a Markdown text, its headings left out and list items cut apart."""
    plain = _PLACEHOLDER.sub("number", _HEADING.sub("\n", text))
    pieces = [
        sentence
        for block in _BLOCK_START.split(plain)
        for sentence in _SENTENCE_END.split(" ".join(block.split()))
    ]
    return [piece.strip() for piece in pieces if _WORD.search(piece)]


def grade(text: str) -> float:
    """Return the Flesch-Kincaid grade of a Markdown text, in United States school years.

    Raises:
        ValueError: the text has no words, so it has no grade.
    """
    spoken = words(text)
    if not spoken:
        raise ValueError("a text without words has no reading grade")
    per_sentence = len(spoken) / len(sentences(text))
    per_word = sum(map(syllables, spoken)) / len(spoken)
    return 0.39 * per_sentence + 11.8 * per_word - 15.59


def spanish_syllables(word: str) -> int:
    """Count the syllables of one Spanish word as it is spelt; never less than one."""
    if word[0].isdigit():
        return sum(_SPOKEN_DIGITS.get(character, 0) for character in word)
    heard = _TWICE.sub(r"\g<0> ", _LAST_Y.sub("i", _UNHEARD.sub("", word.lower())))
    return max(1, sum(max(1, len(_CARRIES_ONE.findall(run))) for run in _RUN.findall(heard)))


def inflesz(text: str) -> float:
    """Return how easy a Spanish Markdown text is by the INFLESZ scale: more is easier.

    Raises:
        ValueError: the text has no words, so it is neither easy nor hard.
    """
    spoken = words(text)
    if not spoken:
        raise ValueError("a text without words has no ease")
    per_sentence = len(spoken) / len(sentences(text))
    per_word = sum(map(spanish_syllables, spoken)) / len(spoken)
    return 206.835 - 62.3 * per_word - per_sentence


def inflesz_band(ease: float) -> str:
    """Return what the INFLESZ scale calls a text of this ease."""
    return next((name for start, name in INFLESZ if ease >= start), "muy difícil")


def measured(text: str, language: str) -> tuple[int, float | None]:
    """Return how many words a text has, and its grade; ``None`` for what is not English."""
    if language.split("-")[0] != "en":
        return len(_HEADING.sub("", text).split()), None
    spoken = words(text)
    return len(spoken), round(grade(text), 1) if spoken else None
