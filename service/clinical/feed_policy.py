"""The defaults about the feed: what is marked new, how long a card stays, when it returns."""

from dataclasses import dataclass
from datetime import timedelta

from service.clinical.reading import Document


@dataclass(frozen=True, slots=True)
class FeedPolicy:
    """How much of her feed is new to her at a time.

    Attributes:
        new_a_day: so many cards a day are marked new; safety, a new site and a treatment that
            starts do not count.
        stays: how long a card is there for one reason.
        again_after: how long after its first day it may come up again for the same reason.
    """

    new_a_day: int
    stays: timedelta
    again_after: timedelta


def feed_in(document: Document) -> FeedPolicy:
    """Build the policy about the feed of the whole policy, whose shape has been checked.

    Raises:
        BadKnowledge: a card would come up again before it has gone.
    """
    data = document.data["feed"]
    if data["again_after_days"] < data["stays_days"]:
        complaint = f"{data['again_after_days']} is less than stays_days, {data['stays_days']}"
        raise document.refuse(["feed", "again_after_days"], complaint)
    return FeedPolicy(
        new_a_day=data["new_a_day"],
        stays=timedelta(days=data["stays_days"]),
        again_after=timedelta(days=data["again_after_days"]),
    )
