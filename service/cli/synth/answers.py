"""From how strongly she feels something to what she answers: bodies as a phone sends them."""

from collections.abc import Mapping
from random import Random
from typing import Any

from service.clinical import Knowledge

_MOST = 4
_OPT_OUT = "prefer_not_to_answer"


class Answering:
    """What a level of each symptom is answered with; made once, copied for every answer."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._forms = {
            key: tuple(_answer(key, symptom.attributes, level, tilt) for level, tilt in _CASES)
            for key, symptom in knowledge.symptoms.items()
        }

    def answer(self, symptom: str, level: float, tilt: int) -> dict[str, Any]:
        """Return an answer of its own.

        Args:
            symptom: a key of the catalogue.
            level: how strongly it is felt, from 0 on.
            tilt: 0 to 2; how much more often than strongly, and how much in the way.
        """
        whole = int(level + 0.5) if level > 0 else 0
        return dict(self._forms[symptom][min(whole, _MOST) * 3 + tilt])


_CASES = tuple((level, tilt) for level in range(_MOST + 1) for tilt in range(3))


def _answer(key: str, attributes: tuple[str, ...], level: int, tilt: int) -> Mapping[str, Any]:
    values = {
        "frequency": min(level + (tilt == 2), _MOST) if level else 0,
        "severity": level,
        "interference": max(level - (tilt != 1), 0),
        "amount": level,
        "presence": int(level > 0),
    }
    answer: dict[str, Any] = {"symptom": key}
    for attribute in attributes:
        answer[attribute] = values[attribute]
        if values[attribute] == 0 and len(attributes) > 1:
            break  # what is not there is not asked about any further
    return answer


def left_out(answer: dict[str, Any], rng: Random) -> None:
    """Take back one value of an answer: she would not say, or went past it."""
    attribute = next(name for name in reversed(answer) if name != "symptom")
    answer[attribute] = None if rng.random() < 0.7 else _OPT_OUT
