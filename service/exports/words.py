"""What each table is called in her own page, in the order of the page."""

from collections.abc import Mapping

TITLES: Mapping[str, str] = {
    "patients": "You",
    "accounts": "Your account",
    "diagnoses": "Your diagnosis",
    "treatments": "Your treatments",
    "dosage_periods": "What was to be taken, and how much",
    "doses": "Your doses",
    "symptom_reports": "Your symptom reports",
    "measurements": "What you measured",
    "wellbeing_checks": "How you were",
    "questionnaire_responses": "Your answers to questionnaires",
    "guidance_given": "What you were advised to do",
    "safety_plans": "Your safety plan",
    "events": "Your appointments, scans and milestones",
    "away_periods": "When you were away",
    "reminders": "Your reminders",
    "reminder_occurrences": "When each reminder was due",
    "questions": "Your questions for the next visit",
    "care_notes": "Notes of your care team",
    "support_requests": "Whom you asked for",
    "support_steps": "What was done about your requests",
    "cascades": "How support was offered to you",
    "cascade_steps": "Each step of that support",
    "alerts": "What your care team was alerted to",
    "alert_reasons": "Why your care team was alerted",
    "alert_steps": "What your care team did about it",
    "alert_holds": "Alerts your care team put on hold",
    "feed_marks": "What you read, saved and put away",
    "feed_showings": "What was shown to you",
    "study_marks": "Studies you saved or put away",
    "consents": "What you agreed to, and what you refused",
    "grants": "What you let your family see",
    "invitations": "Invitations: yours, and those you gave",
    "outbox_messages": "Messages about you",
    "devices": "Your phones and browsers",
    "device_sessions": "Where you signed in",
    "calendar_links": "Private addresses of your calendar",
    "patient_summaries": "Your line on your care team's list",
    "drills": "Whether your record is an exercise",
    "lab_findings": "What trials of new rules found in your record",
    "shadow_findings": "What rules that are only tried noted about you",
    "break_glass": "Who of another clinic opened your record in an emergency",
    "exports": "Files like this one that were asked for",
    "erasure_requests": "Whether you asked to be erased",
    "access_log": "Every look at your record, and every change",
}


def title_of(table: str) -> str:
    """Return what a table is called; one that is new here by its own name."""
    return TITLES.get(table, table.replace("_", " ").capitalize())


def place_of(table: str) -> int:
    """Return where a table stands on the page; one that is new here stands before the log."""
    names = list(TITLES)
    return names.index(table) if table in TITLES else len(names) - 2
