"""What can be wrong with the scales of a questionnaire, though every word is known."""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from math import floor
from typing import Any

from service.clinical.scales import Scale

Fault = tuple[list[str | int], str]


def faults_of_scales(
    rows: list[dict[str, Any]],
    scales: tuple[Scale, ...],
    choices: Mapping[int, tuple[int, ...]],
    unscored: frozenset[int],
) -> Iterator[Fault]:
    """Find what is wrong, the first fault of each scale first, by place.

    Args:
        rows: the scales as written.
        scales: as built.
        choices: the answers there are, by the number of the item.
        unscored: items that say they belong to no scale.
    """
    names: set[str] = set()
    for number, (row, scale) in enumerate(zip(rows, scales, strict=True)):
        place: list[str | int] = ["scales", number]
        if scale.name in names:
            yield [*place, "name"], f"{scale.name!r} stands twice"
        names.add(scale.name)
        faults = [*_items(row, choices, unscored), *_reversed(row), *_recoded(row, choices)]
        faults = faults or list(_numbers(scale))
        yield from (([*place, *at], said) for at, said in faults)
    joined = {item for scale in scales for item in scale.items}
    if scales:
        for item in choices.keys() - joined - unscored:
            yield ["items", item - 1], f"item {item} is in no scale, and does not say scored: false"


def _items(
    row: dict[str, Any], choices: Mapping[int, tuple[int, ...]], unscored: frozenset[int]
) -> Iterator[Fault]:
    for position, item in enumerate(row["items"]):
        if item not in choices:
            yield ["items", position], f"there is no item {item}"
        elif item in unscored:
            yield ["items", position], f"item {item} says scored: false"


def _reversed(row: dict[str, Any]) -> Iterator[Fault]:
    recoded = row.get("recoded", {})
    for position, item in enumerate(row.get("reversed", ())):
        if item not in row["items"]:
            yield ["reversed", position], f"item {item} is not in this scale"
        elif str(item) in recoded:
            yield ["reversed", position], f"item {item} is recoded: it cannot be reversed too"


def _recoded(row: dict[str, Any], choices: Mapping[int, tuple[int, ...]]) -> Iterator[Fault]:
    for key, table in row.get("recoded", {}).items():
        if int(key) not in row["items"]:
            yield ["recoded", key], f"item {key} is not in this scale"
            continue
        answers = {str(answer) for answer in choices.get(int(key), ())}
        for answer in sorted(answers - table.keys()):
            yield ["recoded", key], f"answer {answer} of item {key} is left out"
        for answer in table.keys() - answers:
            yield ["recoded", key, answer], f"item {key} has no answer {answer}"


def _numbers(scale: Scale) -> Iterator[Fault]:
    if scale.linear is not None and scale.lookup is not None:
        yield ["lookup"], "a score is 'linear' or from a 'lookup', not both"
        return
    faults = [*_of_linear(scale), *_of_lookup(scale)]
    yield from faults
    if not faults:
        yield from _of_bands(scale)


def _of_linear(scale: Scale) -> Iterator[Fault]:
    linear = scale.linear
    if linear is None:
        return
    if linear.lowest >= linear.highest:
        what = "nothing" if linear.lowest == linear.highest else "less than nothing"
        said = f"divides by {what}: {_plain(linear.lowest)} to {_plain(linear.highest)} is no range"
        yield ["linear", "highest"], said
        return
    low, high = scale.raw_range()
    if low < linear.lowest:
        yield ["linear", "lowest"], f"answers can come to {_plain(low)}, which is lower"
    if high > linear.highest:
        yield ["linear", "highest"], f"answers can come to {_plain(high)}, which is higher"


def _of_lookup(scale: Scale) -> Iterator[Fault]:
    lookup = scale.lookup
    if lookup is None:
        return
    if scale.score == "mean":
        yield ["lookup"], "a table needs a sum: a mean falls between its rows"
        return
    whole = all(
        value.denominator == 1 for table in scale.values.values() for value in table.values()
    )
    if not lookup.rounded and not (whole and scale.is_strict):
        yield ["lookup"], "raw values can fall between the rows: say rounded: true"
        return
    needed = _rounded(scale) if lookup.rounded else _reached(scale)
    for raw in sorted(needed - lookup.table.keys()):
        yield ["lookup", "table"], f"a raw value of {raw} is missing"
    for raw in sorted(lookup.table.keys() - needed):
        yield ["lookup", "table", str(raw)], f"no answers come to {raw}"


def _of_bands(scale: Scale) -> Iterator[Fault]:
    low, high = _score_range(scale)
    for number, band in enumerate(scale.bands):
        place: list[str | int] = ["bands", number, "from"]
        if number == 0 and band.low > low:
            yield place, f"{_plain(low)} is possible, and in no band"
        if number and band.low <= scale.bands[number - 1].low:
            yield place, f"{band.name!r} is not above the band before it"
        if band.low > high:
            yield place, f"no answers come to {_plain(band.low)}; the highest is {_plain(high)}"
    if (scale.bands_status is None) is bool(scale.bands):
        yield ["bands_status"], "'bands' and 'bands_status' stand together"
    if scale.positive_at is not None and not low <= scale.positive_at <= high:
        said = f"scores lie from {_plain(low)} to {_plain(high)}"
        yield ["positive_at"], f"{_plain(scale.positive_at)} is never reached, or always: {said}"


def _score_range(scale: Scale) -> tuple[Fraction, Fraction]:
    if scale.lookup is not None:
        return min(scale.lookup.table.values()), max(scale.lookup.table.values())
    ends = sorted(scale.score_of(raw) for raw in scale.raw_range())
    return ends[0], ends[1]


def _reached(scale: Scale) -> set[int]:
    """Return every sum that full answers can come to, all of them whole numbers."""
    # One bit a sum: a questionnaire of a hundred items is done as fast as one of two.
    sums, lowest = 1, 0
    for item in scale.items:
        values = [int(value) for value in scale.values[item].values()]
        least = min(values)
        lowest += least
        joined = 0
        for value in values:
            joined |= sums << (value - least)
        sums = joined
    return {lowest + number for number in range(sums.bit_length()) if sums >> number & 1}


def _rounded(scale: Scale) -> set[int]:
    low, high = (floor(raw + Fraction(1, 2)) for raw in scale.raw_range())
    return set(range(low, high + 1))


def _plain(number: Fraction) -> str:
    return str(number.numerator) if number.denominator == 1 else f"{float(number):g}"
