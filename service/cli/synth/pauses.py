"""Days on which her care is paused or has ended: nobody expects a report of her then."""

from datetime import date, timedelta

from service.accounts.models import CareStatus
from service.cli.synth.book import Book
from service.cli.synth.her import Her
from service.cli.synth.quiet import Quiet
from service.journey.actions import PAUSED
from service.journey.models import AwayPeriod
from service.records import Change, amend, bury, values_of

_DAY = timedelta(days=1)


class Pauses:
    """As ``journey.actions`` enters them while her care status changes."""

    def __init__(self, her: Her, quiet: Quiet, book: Book) -> None:
        self._her, self._quiet, self._book = her, quiet, book
        self._periods: list[AwayPeriod] = []

    def note(self, before: CareStatus, change: Change) -> None:
        """Note whether reports are expected from today on, after her care status has changed."""
        today, now = self._her.ref.local_date(change.now), self._her.ref.care_status
        if now.expects_reports and not before.expects_reports:
            self._come_back(today, change)
        elif before.expects_reports and not now.expects_reports:
            self._leave(today, change)
        self._quiet.away = [
            (one.starts_on, one.ends_on) for one in self._periods if one.deleted_at is None
        ]

    def _leave(self, today: date, change: Change) -> None:
        content = {"kind": PAUSED, "starts_on": today, "ends_on": None, "note": None}
        period = AwayPeriod(
            **values_of(change=change, id=self._book.new_id(), content=content, derived=None)
        )
        self._book.add(period)
        self._periods.append(period)

    def _come_back(self, today: date, change: Change) -> None:
        for period in self._periods:
            if period.ends_on is None and period.deleted_at is None:
                if period.starts_on >= today:
                    bury(period, change=change)
                else:
                    amend(period, {"ends_on": today - _DAY}, change=change)
