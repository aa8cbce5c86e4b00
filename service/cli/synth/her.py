"""Somebody made up, as the database knows her: who she is, and her row of the panel."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from service.accounts.models import Account, CareStatus, Grant, Patient, Role
from service.accounts.patient_ref import PatientRef
from service.accounts.rules import email_key
from service.alerts.models import Alert, Severity
from service.cli.synth.book import Book
from service.cli.synth.clinic import NO_PASSWORD, MadeClinic, patient_id
from service.cli.synth.life import Person
from service.ids import derived_id
from service.panel import rules
from service.panel.actions import first_look, name_key
from service.panel.models import PatientSummary
from service.records import Change


class Her:
    """One patient: her account, her row, and the number of her latest change."""

    def __init__(self, person: Person, clinic: MadeClinic, book: Book) -> None:
        id = patient_id(clinic.seed, person.number)
        account_id = derived_id(id, "account")
        self._book, self._clinic = book, clinic
        self.ref = PatientRef(
            id=id, clinic_id=clinic.id, account_id=account_id, display_name=person.display_name,
            time_zone=person.time_zone, locale=person.locale, care_status=CareStatus.ACTIVE,
            information_preferences={}, birth_year=person.birth_year, sex=person.sex,
            ecog=person.ecog, joined_at=person.joined_at, is_drill=False, change_no=0,
            rules_release=0,
        )  # fmt: skip
        self.account_id = account_id
        book.put(Account, _account(person, clinic, account_id))
        self.row = Patient(
            id=id, account_id=account_id, clinic_id=clinic.id, display_name=person.display_name,
            birth_year=person.birth_year, sex=person.sex, time_zone=person.time_zone,
            locale=person.locale, phone=person.phone, ecog=person.ecog,
            joined_at=person.joined_at,
        )  # fmt: skip
        book.add(self.row)
        self.summary = Summary(person, clinic, id, book)

    def change(self, now: datetime, *, by: Any = None) -> Change:
        """Return her next change, by herself or by the account named."""
        number = self.ref.change_no + 1
        self.ref = self.ref._replace(change_no=number)
        self.row.change_no = number
        return Change(patient_id=self.ref.id, change_no=number, by=by or self.account_id, now=now)

    def stand(self, status: CareStatus, *, died_on: Any) -> None:
        """Let her care status be another."""
        self.ref = self.ref._replace(care_status=status)
        self.row.care_status = status
        self.row.died_on = died_on if status is CareStatus.DECEASED else None
        self.row.version += 1

    def let_in(self, body: Mapping[str, Any], at: datetime) -> None:
        """Let somebody of her family see what she grants."""
        account_id = derived_id(self.ref.id, "family", body["email"])
        email = address(body["email"], self._clinic.seed)
        self._book.put(Account, {
            "id": account_id, "clinic_id": self.ref.clinic_id, "role": Role.CAREGIVER,
            "email": email, "email_key": email_key(email), "password_hash": NO_PASSWORD,
            "display_name": body["display_name"], "time_zone": self.ref.time_zone,
            "locale": self.ref.locale, "channels": {}, "created_at": at,
        })  # fmt: skip
        self._book.put(Grant, {
            "id": self._book.new_id(), "patient_id": self.ref.id, "account_id": account_id,
            "topics": list(body["topics"]), "granted_at": at,
        })  # fmt: skip


class Summary:
    """Her row of the panel, kept as ``panel.actions`` keeps it."""

    def __init__(self, person: Person, clinic: MadeClinic, id: Any, book: Book) -> None:
        joined = person.joined_at
        self.row = PatientSummary(
            patient_id=id, clinic_id=clinic.id, name_key=name_key(person.display_name),
            updated_at=joined, silence_check_at=first_look(joined),
        )  # fmt: skip
        book.add(self.row)
        self.adherence_at: datetime | None = None
        self._distress: list[tuple[datetime, Any, int]] = []

    def note_report(self, answers: Sequence[Any], *, at: datetime, now: datetime) -> None:
        """Note her latest report; an older one that comes late changes nothing."""
        row = self.row
        if row.last_report_at is not None and row.last_report_at > at:
            return
        worst = rules.worst_of(list(answers))
        row.last_report_at, row.updated_at = at, now
        row.worst_symptoms, row.worst_grade = worst, rules.worst_grade(worst)
        self.note_heard(now)

    def note_heard(self, now: datetime) -> None:
        """Note that she is not silent."""
        row = self.row
        if row.silence_score > 0:
            row.silence_check_at = now
        row.missed_check_ins = row.silence_score = 0

    def note_distress(self, check: Mapping[str, Any], now: datetime) -> None:
        """Note her latest distress and the one before it."""
        self._distress.append((check["at"], check["id"], check["distress"]))
        self._distress.sort()
        latest = [distress for _at, _id, distress in self._distress[-2:]][::-1]
        self.row.distress, self.row.distress_before = (*latest, None)[:2]
        self.row.updated_at = now

    def note_alerts(self, alerts: Sequence[Alert], now: datetime) -> None:
        """Count her unclosed alerts anew."""
        unclosed = [one.severity for one in alerts]
        row = self.row
        row.urgent_alerts = unclosed.count(Severity.URGENT)
        row.soon_alerts = unclosed.count(Severity.SOON)
        row.info_alerts = unclosed.count(Severity.INFO)
        row.updated_at = now


def address(email: str, seed: int) -> str:
    """Return an address that no other seed has."""
    name, _, place = email.partition("@")
    return f"{name}.s{seed}@{place}"


def _account(person: Person, clinic: MadeClinic, id: Any) -> dict[str, Any]:
    email = address(person.email, clinic.seed)
    return {
        "id": id, "clinic_id": clinic.id, "role": Role.PATIENT, "email": email,
        "email_key": email_key(email), "password_hash": NO_PASSWORD,
        "display_name": person.display_name, "time_zone": person.time_zone,
        "locale": person.locale, "channels": {}, "created_at": person.joined_at,
    }  # fmt: skip
