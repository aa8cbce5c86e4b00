"""A made-up life as lines of JSON: first who she is, then what happens to her, oldest first."""

from collections.abc import Iterator

import orjson

from service.cli.synth.dice import text_of
from service.cli.synth.life import Life


def lines_of(life: Life) -> Iterator[bytes]:
    """Write a life line by line, each with its line end; the same life is the same bytes.

    Every line is ``{"patient", "at", "by", "kind", "body"}``; the first is of the kind
    ``person`` and holds, besides who she is, the ``stream`` of her life.
    """
    person = life.person
    who = {
        "display_name": person.display_name,
        "email": person.email,
        "phone": person.phone,
        "birth_year": person.birth_year,
        "sex": person.sex,
        "ecog": person.ecog,
        "time_zone": person.time_zone,
        "locale": person.locale,
        "died_on": person.died_on,
        "stream": life.stream,
    }
    yield _line(person.number, text_of(person.joined_at), "staff", "person", who)
    for one in life.happenings:
        yield _line(person.number, text_of(one.at), one.by, one.kind, one.body)


def _line(number: int, at: str, by: str, kind: str, body: object) -> bytes:
    line = {"patient": number, "at": at, "by": by, "kind": kind, "body": body}
    return orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)
