"""Let PostgreSQL itself keep clinics apart: policies on every table that holds a clinic's rows.

What the settings in ``app.`` mean is told in ``service/row_security.py``.  SQLite has nothing of
the kind and is left as it is.  Safe while the code before it runs?  No: that code does not say
which clinic a transaction is for, and would find nothing.  Stop it first (docs/operators.md).
"""

from alembic import op

revision = "0010"
down_revision = "0009"

EVERY = "(SELECT current_setting('app.reach', true)) = 'every'"
FINDING = "(SELECT current_setting('app.reach', true)) = 'finding'"
CLINIC = "(SELECT nullif(current_setting('app.clinic', true), '')::uuid)"
PATIENT = "(SELECT nullif(current_setting('app.patient', true), '')::uuid)"
HERS = f"patient_id = {PATIENT} OR sees_patient(patient_id)"

# A clinic's own rows.
OF_A_CLINIC = (
    "access_log", "accounts", "alert_holds", "alerts", "absences", "audit_anchors", "cascades",
    "drills", "invitations", "lab_runs", "measure_weeks", "patient_summaries", "patients",
    "roster_entries", "rule_drafts", "studies", "support_requests",
)  # fmt: skip
# A clinic's own rows among those of everybody, which have no clinic and are the site's to write.
OF_A_CLINIC_OR_ALL = ("article_revisions", "rule_texts", "study_imports", "support_entries")
# Rows that name a patient and leave the clinic to her.
OF_A_PATIENT = (
    "alert_reasons", "alert_steps", "away_periods", "calendar_links", "care_notes", "consents",
    "diagnoses", "dosage_periods", "doses", "events", "feed_marks", "feed_showings", "grants",
    "guidance_given", "lab_findings", "measurements", "questionnaire_responses",
    "questions", "reminder_occurrences", "reminders",
    "safety_plans", "shadow_findings", "study_marks", "symptom_reports", "treatments",
    "wellbeing_checks",
)  # fmt: skip
# Rows that belong to another row.
OF_A_ROW = {
    "cascade_steps": ("cascade_id", "cascades"),
    "support_steps": ("request_id", "support_requests"),
}
# What may be done before it is known who calls, and by which code.  Looked at and changed: whose
# password or second factor it is, a code that is used up, the lock of her who changes her own
# record.  Added: sign-ins, also refused ones, and who was refused a patient.
WHILE_FINDING = {
    "SELECT": ("accounts", "calendar_links", "invitations", "patients"),
    "UPDATE": ("accounts", "invitations", "patients"),
    "INSERT": ("access_log",),
}


def upgrade():
    if op.get_context().dialect.name != "postgresql":
        return
    # Functions rather than a query in each policy: a query may be planned as a look at all
    # patients of the clinic, a function asks for the one.  In plpgsql their plans are kept.
    op.execute(_asks("sees_patient", "patients"))
    op.execute(_asks("sees_account", "accounts"))
    for table, (_column, other) in OF_A_ROW.items():
        op.execute(_asks(f"sees_{table}", other))
    for table in OF_A_CLINIC:
        _wall(table, f"clinic_id = {CLINIC}")
    for table in OF_A_CLINIC_OR_ALL:
        own = f"clinic_id = {CLINIC}"
        _wall(table, f"clinic_id IS NULL OR {own}", written=own)
    for table in OF_A_PATIENT:
        _wall(table, HERS)
    # A message is about a patient, or else to somebody of the clinic.
    to_somebody = "patient_id IS NULL AND sees_account(recipient_id)"
    _wall("outbox_messages", f"{HERS} OR {to_somebody}")
    for table, (column, _other) in OF_A_ROW.items():
        _wall(table, f"sees_{table}({column})")
    _let_find()


def downgrade():
    if op.get_context().dialect.name != "postgresql":
        return
    for what, tables in WHILE_FINDING.items():
        for table in tables:
            op.execute(f"DROP POLICY {_finding(what)} ON {table}")
    for table in _tables():
        op.execute(f"DROP POLICY one_clinic ON {table}")
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    for name in ("sees_patient", "sees_account", *(f"sees_{table}" for table in OF_A_ROW)):
        op.execute(f"DROP FUNCTION {name}(uuid)")


def _let_find():
    for what, tables in WHILE_FINDING.items():
        allows = f"WITH CHECK ({FINDING})" if what == "INSERT" else f"USING ({FINDING})"
        for table in tables:
            op.execute(f"CREATE POLICY {_finding(what)} ON {table} FOR {what} {allows}")


def _wall(table, seen, *, written=None):
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    # The owner too: a site may run with the one role its migrations run with.
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY one_clinic ON {table} USING ({EVERY} OR {seen})"
        f" WITH CHECK ({EVERY} OR {written or seen})"
    )


def _asks(name, table):
    return f"""
        CREATE FUNCTION {name}(asked uuid) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
        BEGIN
            IF coalesce(current_setting('app.clinic', true), '') = '' THEN
                RETURN false;
            END IF;
            RETURN EXISTS (SELECT FROM {table} WHERE id = asked);
        END $$
    """


def _tables():
    return (*OF_A_CLINIC, *OF_A_CLINIC_OR_ALL, *OF_A_PATIENT, "outbox_messages", *OF_A_ROW)


def _finding(what):
    return f"{what.lower()}_while_finding"
