"""What is entered of a made-up patient's disease: at first by her, then confirmed, then changed."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any

from service.cli.synth.dice import moment
from service.cli.synth.illness import Illness
from service.cli.synth.life import Happening
from service.cli.synth.numbers import Numbers
from service.cli.synth.people import Character


def diagnoses(rng: Random, numbers: Numbers, her: Character, ill: Illness) -> Iterator[Happening]:
    """Name what is entered of her disease, from the day she joins on."""
    confirmed_share = numbers["disease"]["confirmed"]
    at = her.joined_at + timedelta(seconds=rng.randint(90, 200))
    yield Happening(at, "patient", "diagnosis", _body(her, ill, at))
    confirmed = moment(her.joined_on + timedelta(days=rng.randint(1, 9)), 11.2, her.zone)
    if rng.random() < confirmed_share:
        yield Happening(confirmed, "staff", "diagnosis", _body(her, ill, confirmed))
    for growth in ill.growths:
        if growth.new_site is None or growth.on <= her.joined_on:
            continue
        told = growth.on + timedelta(days=rng.randint(1, 8))
        at = max(moment(told, rng.uniform(9, 20), her.zone), confirmed + timedelta(hours=1))
        is_confirmed = rng.random() < confirmed_share
        body = _body(her, ill, at)
        yield Happening(at, "staff" if is_confirmed else "patient", "diagnosis", body)


def _body(her: Character, ill: Illness, at: datetime) -> dict[str, Any]:
    body: dict[str, Any] = {
        "recurrence": _recurrence(ill),
        "stage_iv_at_diagnosis": ill.stage_iv_at_diagnosis,
        "diagnosed_on": ill.diagnosed_on.isoformat(),
        "initial_surgery": ill.surgery,
        "metastatic_sites": list(ill.sites_on(at.astimezone(her.zone).date())),
        "er": ill.er,
        "pr": ill.pr,
        "her2": ill.her2,
        "mutations": list(ill.mutations),
        "menopausal_status": ill.menopause,
    }
    if not ill.stage_iv_at_diagnosis:
        body["recurred_on"] = her.since.isoformat()
    return body


def _recurrence(ill: Illness) -> str:
    if ill.stage_iv_at_diagnosis:
        return "none"
    return "distant" if ill.has_spread else "local"
