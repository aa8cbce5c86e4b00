"""Whom each rung of the ladder tells: everybody on the list in order, nobody twice.  Pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from service.clinical.policy import EVERYONE


@dataclass(frozen=True, slots=True)
class People:
    """Everybody there is to tell about the alerts of a queue, each group in its order."""

    on_duty: Sequence[UUID]
    supervisors: Sequence[UUID]
    administrators: Sequence[UUID]

    @property
    def first(self) -> UUID | None:
        """Return who answers first: on duty, else an administrator; ``None``: there is nobody."""
        return next(iter((*self.on_duty, *self.administrators)), None)

    def next_for(self, rung: str, told: Collection[UUID]) -> tuple[UUID, ...]:
        """Return whom a rung tells; empty once everybody on the list has been told.

        The first of its own group who has not been told, else the first above it, else whoever
        is left: a rung passes over nobody to tell nobody.  ``everyone`` is all who are left.

        Args:
            rung: as in the policy: next_on_roster, supervisor, administrator, everyone.
            told: who has been told already.
        """
        left = [one for one in dict.fromkeys(self._from(rung)) if one not in told]
        return tuple(left if rung == EVERYONE else left[:1])

    def _from(self, rung: str) -> tuple[UUID, ...]:
        above = (*self.supervisors, *self.administrators)
        if rung == "supervisor":
            return (*above, *self.on_duty)
        if rung == "administrator":
            return (*self.administrators, *self.supervisors, *self.on_duty)
        return (*self.on_duty, *above)
