"""How often a card is shown: a while for each reason, then not again for longer.

An article comes up at most once in thirty days unless its trigger is new: a new drug, a new site,
a higher grade.  It stays for some days, so that she can come back to it, and rests for the others;
what keeps her safe, what is pinned and what she saved stays where it is.
Source: content plan, matching rule 1; how long a card stays is a project choice (policy, ``feed``).
"""

from collections.abc import Mapping
from datetime import date, timedelta

from service.care.feed.cards import Card
from service.clinical.feed_policy import FeedPolicy
from service.content.showings import Shown


def rests(card: Card, shown: Shown | None, *, saved: bool, today: date, policy: FeedPolicy) -> bool:
    """Tell whether a card stays away for now: it has been up long enough, not long enough ago."""
    if shown is None or saved or not card.rests or card.is_stronger_than(shown.signature):
        return False
    age = today - shown.since
    return policy.stays <= age < policy.again_after


def shown_today(card: Card, before: Shown | None, *, today: date, policy: FeedPolicy) -> Shown:
    """Return how it stands with a card once it has been shown today."""
    is_new = (
        before is None
        or card.is_stronger_than(before.signature)
        or today - before.since >= policy.again_after
        or today < before.since - timedelta(days=1)  # her clock, or ours, went back
    )
    if is_new or before is None:
        return Shown(card.signature, today, today, 1)
    # The stronger of two reasons stays: what has become milder is nothing new when it returns.
    return Shown(
        before.signature, before.since, max(today, before.last_on),
        before.days + (today > before.last_on),
    )  # fmt: skip


def changed(before: Mapping[str, Shown], after: Mapping[str, Shown]) -> dict[str, Shown]:
    """Return what has to be written down: nothing, on a second look on the same day."""
    return {slug: shown for slug, shown in after.items() if before.get(slug) != shown}
