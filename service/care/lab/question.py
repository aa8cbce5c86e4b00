"""What a question is that can be asked of a clinic's history; see the package."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from sqlalchemy.orm import Session

from service.accounts.patient_ref import PatientRef
from service.rulebook.models import LabRun

Figures = dict[str, Any]
"""What has been counted so far: JSON, kept in the run from slice to slice."""


class Question(Protocol):
    """A question that is being asked of one patient after the other."""

    def look(
        self, session: Session, patient: PatientRef, figures: Figures
    ) -> Sequence[Mapping[str, Any]]:
        """Look at one patient: add to the figures, and return what was found.

        Each finding has the columns of ``LabFinding`` without ``run_id`` and ``number``.  The
        patient's lock is not held: nothing of hers may be changed.
        """

    def report(self, figures: Figures) -> dict[str, Any]:
        """Return the finished report, as JSON: the same figures give the same bytes."""


class Kind(NamedTuple):
    """A kind of question: how it begins anew for a slice, and its report without patients."""

    begin: Callable[[Session, LabRun], Question]
    coarse: Callable[[Mapping[str, Any]], dict[str, Any]]
