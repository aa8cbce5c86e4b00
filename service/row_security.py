"""The second wall: on PostgreSQL the database itself shows a transaction only what it is for.

Every query names its clinic; that is the first wall.  Should one forget to, policies on the
tables (migration 0010) let a transaction see rows of the clinic in ``app.clinic`` alone::

    app.reach    'finding'  in a request, until it is known who calls: accounts, invitations and
                            whose own record it may be, but nothing anybody has logged
                 'every'    the scheduler and the command line, whose work is all clinics'
                 ''         the clinic in app.clinic and no other; without one, nothing at all
    app.patient  the patient a request is about, who was found in that clinic: looked at first
                 because it costs less than asking of each row whose patient it is

All three last as long as the transaction and are set nowhere else, so a connection that goes
back to the pool takes nothing with it.  They cost no way to the database and back: the reach is
said with BEGIN, the clinic is set by the very statement that finds who calls.

SQLite has no such policies: there the first wall is the only one.
"""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import has_request_context
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session

from service.hot import as_sqlalchemy_says

FINDING = "finding"
EVERY = "every"


class Narrowed(sa.sql.functions.FunctionElement[str]):
    """A column that has the effect of leaving the transaction one clinic, where there is a wall.

    Arguments: the clinic's id and the patient's, either of which may be NULL for none.
    """

    inherit_cache = True
    type = sa.Text()


class AboutPatient(sa.sql.functions.FunctionElement[str]):
    """A column that has the effect of noting which patient was found."""

    inherit_cache = True
    type = sa.Text()


@compiles(Narrowed)
@compiles(AboutPatient)
def _no_wall(_element: Any, _compiler: Any, **_kw: Any) -> str:
    return "NULL"


@compiles(Narrowed, "postgresql")
def _narrowed(element: Narrowed, compiler: Any, **kw: Any) -> str:
    clinic, patient = (compiler.process(one, **kw) for one in element.clauses)
    return (
        "set_config('app.reach', '', true)"
        f" || set_config('app.clinic', coalesce({clinic}::text, ''), true)"
        f" || set_config('app.patient', coalesce({patient}::text, ''), true)"
    )


@compiles(AboutPatient, "postgresql")
def _about_patient(element: AboutPatient, compiler: Any, **kw: Any) -> str:
    [patient] = (compiler.process(one, **kw) for one in element.clauses)
    return f"set_config('app.patient', {patient}::text, true)"


def narrow(session: Session, clinic_id: UUID) -> None:
    """Leave this transaction one clinic.

    For requests in which nobody is signed in, and for records opened in an emergency.
    """
    if _has_wall(session):
        session.execute(sa.select(Narrowed(sa.literal(clinic_id, sa.Uuid()), sa.null())))


def reach_every_clinic(session: Session) -> None:
    """Let this transaction see all clinics.

    For a request that counts and names nobody, and for one look that ``narrow`` follows.
    """
    if _has_wall(session):
        session.execute(sa.select(sa.func.set_config("app.reach", EVERY, True)))


def _has_wall(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"


@sa.event.listens_for(sa.Engine, "connect")
def _say_begin_ourselves(connection: Any, _record: Any) -> None:
    if type(connection).__module__.startswith("psycopg"):
        connection.autocommit = True


@sa.event.listens_for(sa.Engine, "begin")
def _begin_postgresql(connection: sa.Connection) -> None:
    if connection.dialect.name != "postgresql":
        return
    begin = f"BEGIN; SET LOCAL app.reach = '{FINDING if has_request_context() else EVERY}'"
    driver: Any = connection.connection.driver_connection
    try:
        driver.execute(begin, prepare=False)  # two in one are sent, but not prepared
    except connection.dialect.loaded_dbapi.Error as error:
        raise as_sqlalchemy_says(error, begin, connection, None) from error
