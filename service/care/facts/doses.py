"""What became of doses: which were missed, and how many in a row.  Pure."""

from collections.abc import Sequence

from service.care.records import DoseFacts

ON_ADVICE = "told_to_hold"


def was_missed(dose: DoseFacts) -> bool:
    """Tell whether a dose was missed; one her team told her to hold was not."""
    return dose.status == "missed" and dose.reason != ON_ADVICE


def missed_in_a_row(doses: Sequence[DoseFacts]) -> list[DoseFacts]:
    """Return the latest missed doses of one treatment, newest first, back to one that was taken.

    A dose held on advice, or not answered, neither counts nor ends the row.
    """
    row = []
    for dose in doses:
        if dose.status == "taken":
            break
        if was_missed(dose):
            row.append(dose)
    return row
