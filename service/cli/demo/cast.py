"""Who is in the demo, and what they could be treated with.  All of them are made up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from service.accounts.models import Role

ZONE = "America/Los_Angeles"
HOURS = "Mon-Fri 08:00-17:00"
# Reserved for fiction: nobody has them.
PHONES = {"oncology_line": "206-555-0100", "emergency_number": "911", "crisis_line": "988"}
HARBOR = "Harbor Cancer Care"
HILLTOP = "Hilltop Oncology"

STAFF: Mapping[str, tuple[str, Role]] = {
    "nora": ("Nora Lindqvist", Role.NURSE),
    "nina": ("Nina Okafor", Role.NURSE),
    "omar": ("Omar Haddad", Role.PHYSICIAN),
    "sol": ("Sol Marin", Role.SOCIAL_WORKER),
    "chaya": ("Chaya Rosen", Role.CHAPLAIN),
    "cora": ("Cora Whitfield", Role.COORDINATOR),
    "eva": ("Eva Lorenz", Role.EDITOR),
    "ada": ("Ada Osei", Role.ADMINISTRATOR),
    "per": ("Per Nygaard", Role.PRIVACY_OFFICER),
}
"""Staff of Harbor Cancer Care: name and role, by the first part of the address."""

STAFF_OF_HILLTOP: Mapping[str, tuple[str, Role]] = {"olga": ("Olga Petrenko", Role.NURSE)}

ROSTER: Mapping[str, Sequence[str]] = {
    "nursing": ("nora", "nina", "omar"),
    "social_work": ("sol",),
    "chaplaincy": ("chaya",),
    "coordination": ("cora",),
    "supervisor": ("omar",),
    "administrator": ("ada",),
}

_FIRST = (
    "Alma", "Beatriz", "Carmen", "Dana", "Elif", "Farah", "Grace", "Hanna", "Ines", "Joyce",
    "Keiko", "Leila", "Maria", "Naomi", "Olive", "Paula", "Quynh", "Rosa", "Samira", "Teresa",
    "Ulla", "Vera", "Wanda", "Ximena", "Yara", "Zofia",
)  # fmt: skip
_LAST = (
    "Abara", "Bennett", "Castillo", "Dupont", "Eriksen", "Fischer", "Garcia", "Hughes", "Ito",
    "Jensen", "Kowalski", "Lopez", "Moreau", "Nguyen", "Oduya", "Park", "Quispe", "Ramos",
    "Silva", "Tanaka", "Underwood", "Varga", "Weber", "Young",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Regimen:
    """Treatments that are given together, and the disease they are given for.

    ``codes`` are of the catalogue; the first one sets the rhythm of how she feels.
    """

    codes: tuple[str, ...]
    er: str
    her2: str
    recurrence: str = "distant"


ANAS = Regimen(("ribociclib", "letrozole"), er="positive", her2="negative")
# For somebody with a fever this morning: one of the drugs lowers white blood cells.
CHEMOTHERAPY = Regimen(("docetaxel", "trastuzumab", "pertuzumab"), er="negative", her2="positive")
REGIMENS = (
    ANAS,
    CHEMOTHERAPY,
    Regimen(("palbociclib", "fulvestrant"), er="positive", her2="negative"),
    Regimen(("abemaciclib", "letrozole"), er="positive", her2="negative"),
    Regimen(("t_dxd",), er="positive", her2="low"),
    Regimen(("t_dxd",), er="negative", her2="positive"),
    Regimen(("sacituzumab_govitecan",), er="negative", her2="negative"),
    Regimen(("nab_paclitaxel", "pembrolizumab"), er="negative", her2="negative"),
    Regimen(("capecitabine",), er="positive", her2="negative"),
    Regimen(("eribulin",), er="negative", her2="negative"),
    Regimen(("paclitaxel",), er="positive", her2="low"),
    Regimen(("anastrozole", "rt_chest_wall"), er="positive", her2="negative", recurrence="local"),
)
BONE_DRUGS = ("denosumab_120", "zoledronic_acid")
SITES = ("bone", "bone", "liver", "lung", "lymph_node", "brain")


def names(rng: Random, count: int) -> list[str]:
    """Return that many different names, none of them Ana's."""
    every = [f"{first} {last}" for first in _FIRST for last in _LAST]
    return rng.sample(every, count)
