"""The words of the heard loop: who, when, by when; plain, and in her own zone."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from service.accounts.models import Queue, Role

_ROLE_WORDS: Mapping[Role | None, str] = {
    Role.PATIENT: "you", Role.CAREGIVER: "your family",
    Role.NURSE: "the nurse", Role.PHYSICIAN: "the oncologist",
    Role.SOCIAL_WORKER: "the social worker", Role.CHAPLAIN: "the chaplain",
    Role.COORDINATOR: "the care coordinator", Role.ADMINISTRATOR: "the clinic",
}  # fmt: skip
QUEUE_WORDS: Mapping[Queue, str] = {
    Queue.NURSING: "the nurses", Queue.SOCIAL_WORK: "the social workers",
    Queue.CHAPLAINCY: "the chaplains", Queue.COORDINATION: "the care coordinators",
}  # fmt: skip
KIND_WORDS: Mapping[str, str] = {
    "social_worker": "a social worker", "chaplain": "a chaplain",
    "support_group": "a support group", "nurse": "a nurse", "bereavement": "support",
}  # fmt: skip


def who(role: Role | None) -> str:
    """Return who did it, by role: "the nurse"."""
    return _ROLE_WORDS.get(role, "the care team")


def clock(at: datetime, zone: str) -> str:
    """Write when it was: "14:05 on 2 March"."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{local:%H:%M} on {local.day} {local:%B}"


def day(at: datetime, zone: str) -> str:
    """Write on which day it was: "2 March"."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{local.day} {local:%B}"


def by_when(due: datetime, *, now: datetime, zone: str) -> str:
    """Write by when it will be: "by 17:00 today", "by 09:30 tomorrow", "by 10:00 on 5 March"."""
    here = ZoneInfo(zone)
    local, today = due.astimezone(here), now.astimezone(here).date()
    if local.date() == today:
        return f"by {local:%H:%M} today"
    if local.date() == today + timedelta(days=1):
        return f"by {local:%H:%M} tomorrow"
    return f"by {clock(due, zone)}"


def sentence_case(words: str) -> str:
    """Begin with a capital."""
    return words[:1].upper() + words[1:]


def each_once(records: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Leave out what stands there twice."""
    return list({(record["type"], record["id"]): record for record in records}.values())
