"""What sync may say no with."""

from service.errors import Conflict, Rejected


class SyncConflict(Conflict):
    """A record was changed on the server since the phone pulled: pull, merge, push again."""

    slug = "sync-conflict"
    title = "Something has changed since the last pull. Pull, merge and push again."


class ChangesUnreadable(Rejected):
    """The body is not the ``changes`` object of the protocol."""

    slug = "changes-unreadable"
    title = "This is not an object of changes."


class RecordNotTaken(Rejected):
    """One record of a push cannot be taken as it is."""

    slug = "record-not-taken"
    title = "This record cannot be taken."


class NotChangeable(RecordNotTaken):
    """What she reported is never changed; a correction is a new report."""

    slug = "not-changeable"
    title = "This record cannot be changed or deleted."


class NotRaw(ValueError):
    """A value is none that a phone can have in this column."""
