"""Refuse a change of a synced record that takes no number: no phone would ever hear of it.

Who changes a record holds its patient's row and gives the record the number found there
(service/records.py).  Should a statement forget to, the database refuses it, by a trigger whose
condition looks at the row alone; only a second change under one number asks for her row.  Private
words are left out: they are sealed anew without being changed.  What is only ours (until when
something is planned, what rings next) may change without a number.

Triggers lock a table for an instant each and change no row: safe while the code before runs.
"""

from alembic import op

revision = "0015"
down_revision = "0014"

# What a phone gets of each table; names with a star hold JSON, which PostgreSQL compares as text.
_TABLES = {
    "treatments": "code name modality body_site line started_on ended_on status stop_reason dose"
    " *schedule",
    "doses": "treatment_id local_at due_at cycle status taken_at reason",
    "events": "kind title starts_at place",
    "symptom_reports": "reported_at *answers temperature_c stools_over_baseline glucose_mg_dl"
    " *red_flags *body_sites reported_by corrects corrected_by grading_version",
    "wellbeing_checks": "checked_at distress mood *topics *contact_wanted safe_now note_is_private",
    "questionnaire_responses": "questionnaire *answers status answered_at instrument_version total"
    " band positive *scores",
    "measurements": "code value unit measured_at",
    "reminders": "kind title recurrence local_start time_zone until treatment_id nag_after_minutes"
    " discreet *exdates dose_days_only rings_in_quiet_hours status *because",
    "reminder_occurrences": "reminder_id local_at due_at status answered_at sent_at delivered_at"
    " opened_at missed_because",
    "questions": "asked_at answered_at",
    "feed_marks": "slug read_at saved_at dismissed_at helpful",
}
_ALL = ("version", "deleted_at", "received_at")
_WHY = "a change without a number: no phone would hear of it"

_FUNCTION = f"""
CREATE FUNCTION refuse_unnumbered() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.change_no IS DISTINCT FROM
        (SELECT change_no FROM patients WHERE id = NEW.patient_id) THEN
        RAISE EXCEPTION '{_WHY}' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$
"""  # noqa: S608 - a text of ours


def upgrade():
    on_postgresql = op.get_context().dialect.name == "postgresql"
    if on_postgresql:
        op.execute(_FUNCTION)
    for table, names in _TABLES.items():
        columns = [*names.split(), *_ALL]
        op.execute(
            _postgresql_trigger(table, columns)
            if on_postgresql
            else _sqlite_trigger(table, columns)
        )


def downgrade():
    on_postgresql = op.get_context().dialect.name == "postgresql"
    for table in _TABLES:
        of = f" ON {table}" if on_postgresql else ""
        op.execute(f"DROP TRIGGER {table}_are_numbered{of}")
    if on_postgresql:
        op.execute("DROP FUNCTION refuse_unnumbered()")


def _postgresql_trigger(table, columns):
    differs = " OR ".join(
        f"NEW.{name[1:]}::text IS DISTINCT FROM OLD.{name[1:]}::text"
        if name[0] == "*"
        else f"NEW.{name} IS DISTINCT FROM OLD.{name}"
        for name in columns
    )
    return (
        f"CREATE TRIGGER {table}_are_numbered AFTER UPDATE ON {table} FOR EACH ROW"
        f" WHEN (NEW.change_no <= OLD.change_no AND ({differs}))"
        " EXECUTE FUNCTION refuse_unnumbered()"
    )


def _sqlite_trigger(table, columns):
    names = [name.removeprefix("*") for name in columns]
    differs = " OR ".join(f"NEW.{name} IS NOT OLD.{name}" for name in names)
    return (
        f"CREATE TRIGGER {table}_are_numbered AFTER UPDATE ON {table}"  # noqa: S608 - names of ours
        f" WHEN NEW.change_no <= OLD.change_no AND ({differs})"
        " AND NEW.change_no IS NOT (SELECT change_no FROM patients WHERE id = NEW.patient_id)"
        f" BEGIN SELECT RAISE(ABORT, '{_WHY}'); END"
    )
