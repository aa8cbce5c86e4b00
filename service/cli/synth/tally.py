"""What has been made: counted while it goes by, told at the end."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from service.alerts.models import Alert, Severity
from service.cli.synth.book import Book
from service.cli.synth.life import Life
from service.symptoms.models import SymptomReport

_WEEK = timedelta(days=7)
_ENDED = frozenset({"deceased", "withdrawn"})


@dataclass(slots=True)
class Tally:
    """Counts over lives.

    Attributes:
        rows: by table.
        weeks: of all patients in care, from the day each joined.
        kept: those of them in which she reported.
        calling: alerts somebody has to answer, those that only inform left out.
    """

    lives: int = 0
    weeks: int = 0
    kept: int = 0
    calling: int = 0
    rows: dict[str, int] = field(default_factory=dict)

    def add(self, other: "Tally") -> None:
        """Add what others have made."""
        self.lives += other.lives
        self.weeks += other.weeks
        self.kept += other.kept
        self.calling += other.calling
        for table, number in other.rows.items():
            self.rows[table] = self.rows.get(table, 0) + number

    def count(self, life: Life, book: Book, until: datetime) -> None:
        """Count one life."""
        joined, ends = life.person.joined_at, _end_of(life, until)
        reported = {
            (report["at"] - joined) // _WEEK
            for report in book.kept(SymptomReport)
            if report["at"] < ends
        }
        weeks = -((joined - ends) // _WEEK)
        self.lives += 1
        self.weeks += weeks
        self.kept += len(reported)
        self.calling += sum(alert.severity is not Severity.INFO for alert in book.kept(Alert))
        for table, number in book.sizes():
            self.rows[table] = self.rows.get(table, 0) + number

    @property
    def all_rows(self) -> int:
        """Return how many rows there are."""
        return sum(self.rows.values())

    @property
    def completion(self) -> float:
        """Return the share of weeks in which a patient reported."""
        return self.kept / max(self.weeks, 1)

    @property
    def alerts_in_100_weeks(self) -> float:
        """Return how many alerts that somebody has to answer 100 patients have in a week."""
        return 100 * self.calling / max(self.weeks, 1)


def _end_of(life: Life, until: datetime) -> datetime:
    """Return when she is in care no more, or the end of the history."""
    for happening in life.happenings:
        if happening.kind == "care_status" and happening.body["care_status"] in _ENDED:
            return min(happening.at, until)
    return until
