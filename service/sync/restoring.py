"""What sync needs once a database has come back from a backup."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.models import Patient
from service.sync.numbers import first_of_new_life


def begin_new_life(session: Session, *, now: datetime) -> None:
    """Let every patient's changes go on at numbers that no phone can have been told.

    Else they would be given again to other changes, and a phone that had pulled the lost ones
    would never be told of these.  Now each phone is told everything again at its next pull.
    """
    highest = session.scalar(sa.select(sa.func.max(Patient.change_no)))
    session.execute(sa.update(Patient).values(change_no=first_of_new_life(highest or 0, now=now)))
