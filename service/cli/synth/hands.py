"""Several processes that make lives up side by side, each with its own way to the database."""

import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from datetime import datetime
from multiprocessing import get_context
from typing import NamedTuple

from service.cli.processes import app_from_env
from service.cli.synth.clinic import MadeClinic, made_clinic
from service.cli.synth.making import Order, Some, put_lives
from service.cli.synth.tally import Tally
from service.cli.synth.writing import DatabaseShelf


class Task(NamedTuple):
    """What all of them work on: everything the clinic is made of."""

    order: Order
    name: str
    until: datetime

    def clinic(self) -> MadeClinic:
        """Return the clinic, the same in every process."""
        seed, patients, years = self.order
        return made_clinic(seed, patients, name=self.name, years=years, until=self.until)


class _Hand:
    """One process's own: what it works on, and where it writes."""

    task: Task
    clinic: MadeClinic
    shelf: DatabaseShelf


def many_hands(task: Task, workers: int, some: Sequence[Some]) -> Iterator[Tally]:
    """Let several processes make lives up; give what each lot came to, as they are done.

    The settings are those of the environment.  Who is asked to stop finishes the lots in hand.
    """
    with ProcessPoolExecutor(
        workers, mp_context=get_context("spawn"), initializer=_begin, initargs=(task,)
    ) as pool:
        waiting = [pool.submit(_put, numbers) for numbers in some]
        try:
            for done in as_completed(waiting):
                yield done.result()
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def _begin(task: Task) -> None:
    # Ctrl-C reaches every process of the terminal; the first one says what becomes of it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _Hand.task, _Hand.clinic = task, task.clinic()
    _Hand.shelf = DatabaseShelf(app_from_env())


def _put(numbers: Some) -> Tally:
    return put_lives(_Hand.clinic, _Hand.task.order, numbers, _Hand.shelf)
