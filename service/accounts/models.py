"""Tables: clinics, people, patients, and who looks after whom."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from service.db import Model
from service.ids import new_id
from service.words import Words


class Role(StrEnum):
    """What a person is to the service."""

    PATIENT = "patient"
    CAREGIVER = "caregiver"
    NURSE = "nurse"
    PHYSICIAN = "physician"
    SOCIAL_WORKER = "social_worker"
    CHAPLAIN = "chaplain"
    COORDINATOR = "coordinator"
    EDITOR = "editor"
    ADMINISTRATOR = "administrator"
    PRIVACY_OFFICER = "privacy_officer"


STAFF = frozenset(Role) - {Role.PATIENT, Role.CAREGIVER}


class CareStatus(StrEnum):
    """Where a patient stands.  Every message to her or her family asks it first."""

    ACTIVE = "active"
    PAUSED = "paused"
    HOSPICE = "hospice"
    DECEASED = "deceased"
    WITHDRAWN = "withdrawn"

    @property
    def has_ended(self) -> bool:
        """Tell whether nothing goes out to her any more."""
        return self in (CareStatus.DECEASED, CareStatus.WITHDRAWN)

    @property
    def expects_reports(self) -> bool:
        """Tell whether not hearing of her means anything."""
        return self in (CareStatus.ACTIVE, CareStatus.HOSPICE)


class Queue(StrEnum):
    """Where alerts wait for a person."""

    NURSING = "nursing"
    SOCIAL_WORK = "social_work"
    CHAPLAINCY = "chaplaincy"
    COORDINATION = "coordination"


def one_of(kind: type[StrEnum]) -> sa.Enum:
    """Return a column type that stores the words of an enumeration, and checks them."""
    return sa.Enum(
        kind,
        native_enum=False,
        length=20,
        create_constraint=True,
        name=kind.__name__.lower(),
        values_callable=lambda words: [word.value for word in words],
    )


class Clinic(Model):
    """A place of care.  Staff see the patients of their own clinic and of no other."""

    __tablename__ = "clinics"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(sa.String(200), unique=True)
    time_zone: Mapped[str] = mapped_column(sa.String(64))
    # {"mon": ["08:00", "17:00"], …}; a day left out is closed.  ``holidays``: ["2026-12-25"].
    hours: Mapped[dict[str, Any]]
    holidays: Mapped[list[Any]] = mapped_column(default=list)
    # oncology_line, emergency_number, crisis_line: what guidance texts name.
    phones: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime]
    # Counts what has come into force of its own: rules, and articles.  A process that knows the
    # number knows whether what it keeps in memory still holds.
    rules_release: Mapped[int] = mapped_column(default=0, server_default="0")
    content_release: Mapped[int] = mapped_column(default=0, server_default="0")
    # Counts the changes of the above, for ``If-Match``.
    version: Mapped[int] = mapped_column(default=1, server_default="1")


_WORKS_HERE = sa.text("role NOT IN ('patient', 'caregiver')")


class Account(Model):
    """A person who can sign in.  Passwords are kept as Argon2id hashes only."""

    __tablename__ = "accounts"
    # A clinic has a few hundred staff among many thousand patients.
    __table_args__ = (
        sa.Index(
            "ix_accounts_staff", "clinic_id", "display_name", "id",
            postgresql_where=_WORKS_HERE, sqlite_where=_WORKS_HERE,
        ),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    clinic_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("clinics.id"), index=True)
    role: Mapped[Role] = mapped_column(one_of(Role))
    # As typed, and as compared: addresses that differ in case alone are one address.
    email: Mapped[str] = mapped_column(sa.String(254))
    email_key: Mapped[str] = mapped_column(sa.String(254), unique=True)
    password_hash: Mapped[str] = mapped_column(sa.String(200))
    display_name: Mapped[str] = mapped_column(sa.String(200))
    time_zone: Mapped[str] = mapped_column(sa.String(64))
    locale: Mapped[str] = mapped_column(sa.String(20))
    totp_secret: Mapped[str | None] = mapped_column(Words("accounts.totp_secret", whose=None))
    totp_confirmed_at: Mapped[datetime | None]
    # The last 30-second step accepted: a code is good once.
    totp_last_step: Mapped[int | None] = mapped_column(sa.BigInteger)
    quiet_hours: Mapped[dict[str, Any] | None]
    channels: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]
    # Counts what administrators change of somebody, for ``If-Match``.
    version: Mapped[int] = mapped_column(default=1, server_default="1")


# Written out, not bound: the database uses the index of staff only for these very words.
IS_STAFF: sa.ColumnElement[bool] = Account.role.not_in(
    [sa.literal_column("'patient'"), sa.literal_column("'caregiver'")]
)


_NOT_SHARED = sa.text("NOT is_shared")


class Patient(Model):
    """The person all this is for.

    Her row is also the lock and the counter of her record: whoever changes anything of hers
    takes the next ``change_no`` first, and so waits for whoever is changing it now.
    """

    __tablename__ = "patients"
    __table_args__ = (
        sa.CheckConstraint("ecog BETWEEN 0 AND 4", name="ecog"),
        sa.CheckConstraint(
            "care_status <> 'deceased' OR died_on IS NOT NULL", name="death_has_a_day"
        ),
        sa.Index(None, "clinic_id", "id"),
        # Lists of the team leave out the few who do not share, and must find them at once.
        sa.Index(
            "ix_patients_not_shared", "clinic_id",
            postgresql_where=_NOT_SHARED, sqlite_where=_NOT_SHARED,
        ),
        # Every change of hers updates this row: room for that on its own page.
        {"postgresql_with": {"fillfactor": 50}},
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    account_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("accounts.id"), unique=True)
    clinic_id: Mapped[UUID] = mapped_column(sa.ForeignKey("clinics.id"))
    display_name: Mapped[str] = mapped_column(sa.String(200))
    birth_year: Mapped[int | None]
    sex: Mapped[str | None] = mapped_column(sa.String(20))
    time_zone: Mapped[str] = mapped_column(sa.String(64))
    locale: Mapped[str] = mapped_column(sa.String(20))
    care_status: Mapped[CareStatus] = mapped_column(one_of(CareStatus), default=CareStatus.ACTIVE)
    died_on: Mapped[date | None]
    information_preferences: Mapped[dict[str, Any]] = mapped_column(default=dict)
    # Where she is called: who answers an alert should not have to look elsewhere for it.
    phone: Mapped[str | None] = mapped_column(sa.String(40))
    home: Mapped[dict[str, Any] | None]
    ecog: Mapped[int | None]
    # In her own words: what a visit, and all of this, should be good for.
    what_matters: Mapped[str | None] = mapped_column(Words("patients.what_matters", whose="id"))
    # What her words are sealed with, wrapped by a master key; see ``service/words.py``.
    words_key: Mapped[str | None] = mapped_column(sa.String(200), server_default="open")
    # Nobody: a case made up to see whether somebody answers.  See ``care/drills.py``.
    is_drill: Mapped[bool] = mapped_column(default=False, server_default="0")
    # What holds of her consent ``care_team``, kept where no request has to ask (``sharing.py``).
    is_shared: Mapped[bool] = mapped_column(default=True, server_default="1")
    joined_at: Mapped[datetime]
    change_no: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    version: Mapped[int] = mapped_column(default=1)


class Grant(Model):
    """What a patient lets one member of her family see, and until when."""

    __tablename__ = "grants"
    __table_args__ = (sa.Index(None, "patient_id", "account_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    patient_id: Mapped[UUID] = mapped_column(sa.ForeignKey("patients.id"))
    account_id: Mapped[UUID] = mapped_column(sa.ForeignKey("accounts.id"), index=True)
    topics: Mapped[list[Any]]
    granted_at: Mapped[datetime]
    until: Mapped[date | None]
    revoked_at: Mapped[datetime | None]


class Invitation(Model):
    """A code that lets one person in, once.  Only its SHA-256 is kept."""

    __tablename__ = "invitations"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    code_sha256: Mapped[str] = mapped_column(sa.String(64), unique=True)
    clinic_id: Mapped[UUID] = mapped_column(sa.ForeignKey("clinics.id"))
    # Set when a patient invites a member of her family.
    patient_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("patients.id"))
    role: Mapped[Role] = mapped_column(one_of(Role))
    email_key: Mapped[str | None] = mapped_column(sa.String(254))
    display_name: Mapped[str | None] = mapped_column(sa.String(200))
    topics: Mapped[list[Any]] = mapped_column(default=list)
    # For staff: the rosters the person is put on, last.
    duties: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    created_by: Mapped[UUID | None] = mapped_column(sa.ForeignKey("accounts.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class RosterEntry(Model):
    """Who answers for a queue, in which order; supervisors and administrators stand last.

    ``duty`` is a queue's name, ``supervisor`` or ``administrator``; ``starts_at`` and
    ``ends_at`` bound it, ``None`` means always.  ``days``, ``from_time`` and ``to_time`` make a
    shift of it that comes back every week, on the clinic's clock: ``["mon", "tue"]``, ``19:00``
    to ``07:00`` runs over midnight and belongs to the day it begins on.  ``None`` is every day,
    and all day.
    """

    __tablename__ = "roster_entries"
    __table_args__ = (sa.Index(None, "clinic_id", "duty", "position"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    clinic_id: Mapped[UUID] = mapped_column(sa.ForeignKey("clinics.id"))
    duty: Mapped[str] = mapped_column(sa.String(20))
    position: Mapped[int]
    account_id: Mapped[UUID] = mapped_column(sa.ForeignKey("accounts.id"))
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    days: Mapped[list[Any] | None]
    from_time: Mapped[str | None] = mapped_column(sa.String(5))
    to_time: Mapped[str | None] = mapped_column(sa.String(5))
    # Counts the entry's own changes, for ``If-Match``; not that others move past it.
    version: Mapped[int] = mapped_column(default=1, server_default="1")


class Absence(Model):
    """Somebody of the staff is away: nobody tells them of anything; the stand-in takes their place.

    ``stand_in_id`` is ``None`` where the next on each roster moves up.  Of two absences at once
    the one entered last holds.  Administrators are told all the same when nobody else is there.
    """

    __tablename__ = "absences"
    __table_args__ = (
        sa.Index(None, "clinic_id", "ends_at"),
        sa.CheckConstraint("ends_at > starts_at", name="ends_after"),
        sa.CheckConstraint("stand_in_id <> account_id", name="somebody_else"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    clinic_id: Mapped[UUID] = mapped_column(sa.ForeignKey("clinics.id"))
    account_id: Mapped[UUID] = mapped_column(sa.ForeignKey("accounts.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    stand_in_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("accounts.id"))
    entered_by: Mapped[UUID] = mapped_column(sa.ForeignKey("accounts.id"))
    entered_at: Mapped[datetime]
