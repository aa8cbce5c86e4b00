"""How often somebody may be wrong, and how long she waits then.

Source of what is not said to be ours: NIST SP 800-63B-4, 3.2.2, which lets at most a hundred tries
in a row fail for one account, and names as an example waits of 30 seconds up to an hour.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=1)


class Budget(NamedTuple):
    """How often one account, address or device may be wrong.

    The first ``free`` mistakes cost nothing, each one after that a wait twice as long as the last.
    After ``most`` nothing is tried any more until ``within`` is over, which begins with the
    first mistake and ends with all of them forgotten: so no wait is for good.  ``is_cleared`` says
    whether being right once makes up for the mistakes before it.
    """

    free: int
    most: int
    within: timedelta
    is_cleared: bool = True


# Project choice: so many typing mistakes, by hands that hurt, are nobody's attack.
ACCOUNT = Budget(free=10, most=100, within=timedelta(days=30))
# Project choice: whoever stole what a device is known by gets a fifth of a stranger's guesses.
DEVICE = Budget(free=5, most=20, within=timedelta(days=30))


def of_addresses(free: int) -> Budget:
    """Return the budget of an address that many people may share.

    It is told by the hour, and being right does not clear it: a guesser has an account of her own.
    """
    return Budget(free=free, most=free + 100, within=timedelta(hours=1), is_cleared=False)


def next_try_at(
    budget: Budget, mistakes: int, *, over_at: datetime, now: datetime
) -> datetime | None:
    """Return when there may be another try after so many mistakes, ``None`` for at once.

    ``over_at`` is when they are all forgotten.
    """
    if mistakes < budget.free:
        return None
    if mistakes >= budget.most:
        return over_at
    # Compared as whole numbers: two to the power of ninety is more than a time can say.
    doubled = min(1 << (mistakes - budget.free), LONGEST_WAIT // FIRST_WAIT)
    return min(now + FIRST_WAIT * doubled, over_at)
