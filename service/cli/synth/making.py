"""Making lives up, and putting them away some at a time."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple
from uuid import UUID

from service.cli.synth.book import Book
from service.cli.synth.clinic import MadeClinic, patient_id
from service.cli.synth.life import Life
from service.cli.synth.lives import lives
from service.cli.synth.living import lived
from service.cli.synth.tally import Tally
from service.cli.synth.writing import Shelf

# Some fourteen thousand rows of three years each; a second or two of a transaction.
LIVES_AT_ONCE = 10

Some = Sequence[int]
Maker = Callable[[Sequence[Some]], Iterator[Tally]]
"""What makes lives up by their numbers, some at a time, and says what that came to."""


class Order(NamedTuple):
    """What is made: lives of a seed, that many, in a clinic at work for so long."""

    seed: int
    patients: int
    years: float


def make(
    clinic: MadeClinic, order: Order, shelf: Shelf, there: frozenset[UUID],
    *, at_once: int = LIVES_AT_ONCE, maker: Maker | None = None,
    progress: Callable[[int, int], None] = lambda _done, _of: None,
) -> Tally:  # fmt: skip
    """Make what is not there yet; return what that came to.

    Whatever stops it, what was put away is whole: the same call goes on after it.

    Args:
        clinic: whose.
        order: which lives.
        shelf: where to.
        there: the patients who are there already.
        at_once: so many lives are put away together.
        maker: who makes them; one after the other, here, if that is left out.
        progress: is told how many are made, and of how many.
    """
    missing = [n for n in range(order.patients) if patient_id(order.seed, n) not in there]
    some = [missing[n : n + at_once] for n in range(0, len(missing), at_once)]
    shelf.open(clinic)
    parts = maker(some) if maker else (put_lives(clinic, order, one, shelf) for one in some)
    total = Tally()
    for part in parts:
        total.add(part)
        progress(total.lives, len(missing))
    return total


def put_lives(clinic: MadeClinic, order: Order, numbers: Some, shelf: Shelf) -> Tally:
    """Make the lives of some numbers up, and put them away together."""
    tally = Tally()
    books: list[Book] = []
    for life in _dealt(numbers, order, clinic):
        book = lived(life, clinic)
        tally.count(life, book, clinic.until)
        books.append(book)
    shelf.put(books)
    return tally


def _dealt(numbers: Some, order: Order, clinic: MadeClinic) -> Iterator[Life]:
    for number in numbers:
        yield from lives(order.seed, 1, until=clinic.until, years=order.years, first=number)
