"""What RFC 5545 asks of a calendar, checked on its octets and not by the library that wrote it."""

import re
from typing import Any
from zoneinfo import ZoneInfo

_NAME = re.compile(r"[A-Z0-9-]+")
_LOCAL = re.compile(r"\d{8}T\d{6}")
_PARAMETER = re.compile(r";([A-Z-]+)=(\"[^\"]*\"|[^\";:,]*)")
# 3.6.1 and 3.6.5: what has to stand in a component, and what at most once.
NEEDED = {
    "VCALENDAR": {"PRODID", "VERSION"}, "VEVENT": {"UID", "DTSTAMP", "DTSTART"},
    "VTIMEZONE": {"TZID"}, "STANDARD": {"DTSTART", "TZOFFSETFROM", "TZOFFSETTO"},
    "DAYLIGHT": {"DTSTART", "TZOFFSETFROM", "TZOFFSETTO"},
}  # fmt: skip
ONCE = {
    "PRODID", "VERSION", "CALSCALE", "UID", "DTSTAMP", "DTSTART", "SUMMARY", "LOCATION", "SEQUENCE",
    "TRANSP", "RRULE", "TZID", "TZOFFSETFROM", "TZOFFSETTO",
}  # fmt: skip


class Component:
    """One component: its properties as ``(name, parameters, value)``, and those inside it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.properties: list[tuple[str, dict[str, str], str]] = []
        self.inside: list[Component] = []

    def __getitem__(self, name: str) -> str:
        [value] = [value for one, _parameters, value in self.properties if one == name]
        return value

    def of(self, kind: str) -> "list[Component]":
        return [one for one in self.inside if one.name == kind]


def checked(octets: bytes) -> Component:
    """Return the calendar, once it is what the RFC asks for."""
    assert octets.endswith(b"\r\n")
    lines = octets[:-2].split(b"\r\n")
    for line in lines:
        assert len(line) <= 75, line  # 3.1: octets, the break left out
        assert not re.search(rb"[\x00-\x08\x0a-\x1f\x7f]", line), line
        line.decode()  # no character is torn apart where ours are folded
    unfolded = octets[:-2].replace(b"\r\n ", b"").decode().split("\r\n")
    calendar = _parsed(unfolded)
    assert calendar.name == "VCALENDAR"
    assert calendar["VERSION"] == "2.0"
    _check(calendar)
    zones = {zone["TZID"] for zone in calendar.of("VTIMEZONE")}
    uids = [event["UID"] for event in calendar.of("VEVENT")]
    assert len(set(uids)) == len(uids)
    named = set()
    for event in calendar.of("VEVENT"):
        named |= _check_times(event)
    assert named == zones
    for zone in zones:
        ZoneInfo(zone)
    return calendar


def _parsed(lines: list[str]) -> Component:
    root: Component | None = None
    open_ones: list[Component] = []
    for line in lines:
        name_and_more, _, value = _split(line)
        name = _NAME.match(name_and_more)
        assert name, line
        parameters = dict(_PARAMETER.findall(name_and_more[name.end() :]))
        if name[0] == "BEGIN":
            component = Component(value)
            if open_ones:
                open_ones[-1].inside.append(component)
            else:
                assert root is None
                root = component
            open_ones.append(component)
        elif name[0] == "END":
            assert open_ones.pop().name == value
        else:
            open_ones[-1].properties.append((name[0], parameters, value))
    assert not open_ones
    assert root is not None
    return root


def _split(line: str) -> Any:
    quoted = False
    for place, sign in enumerate(line):
        quoted ^= sign == '"'
        if sign == ":" and not quoted:
            return line[:place], ":", line[place + 1 :]
    raise AssertionError(line)


def _check(component: Component) -> None:
    names = [name for name, _parameters, _value in component.properties]
    assert set(names) >= NEEDED[component.name], component.name
    assert all(names.count(name) <= 1 for name in ONCE), names
    if component.name == "VTIMEZONE":
        assert component.inside
    for name, _parameters, value in component.properties:
        if name in {"SUMMARY", "LOCATION"}:
            assert not re.search(r"(?<!\\)(\\\\)*[,;]", value), value  # 3.3.11
    for inside in component.inside:
        _check(inside)


def _check_times(event: Component) -> set[str]:
    """Check that all times of an event are of one form, and return the zones it names."""
    forms = {
        (parameters.get("TZID"), value.endswith("Z"))
        for name, parameters, value in event.properties
        if name in {"DTSTART", "EXDATE"}
    }
    assert len(forms) == 1, forms
    [(zone, in_utc)] = forms
    assert not (zone and in_utc)
    assert event["DTSTAMP"].endswith("Z")
    for name, _parameters, value in event.properties:
        if name in {"DTSTART", "EXDATE"}:
            assert all(_LOCAL.fullmatch(one.removesuffix("Z")) for one in value.split(","))
        if name == "RRULE":
            parts = dict(part.split("=") for part in value.split(";"))
            assert not {"COUNT", "UNTIL"} <= parts.keys()
            if "UNTIL" in parts:  # 3.3.10: on the wall clock for what floats, in UTC for the rest
                assert parts["UNTIL"].endswith("Z") == (zone is not None or in_utc)
    return {zone} if zone else set()
