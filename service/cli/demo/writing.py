"""Writing one patient's weeks: through the actions every edge uses, at moments long past.

Reports are loaded by the schemas a phone's are, stored by the same actions and answered by the
same rules.  What a scheduler would have sent is sent here, to nobody; what it would have
escalated was answered in time.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from service.accounts.access import Viewer
from service.accounts.models import Account, CareStatus, Clinic
from service.accounts.patient_ref import PatientRef
from service.accounts.queries import lock_patient
from service.accounts.registering import Newcomer, register_patient
from service.care import status as standing
from service.care import symptoms, treatments, wellbeing
from service.care.records import Record
from service.care.respond import respond
from service.cli.demo.course import Event
from service.cli.demo.plans import Plan
from service.ids import new_id
from service.journey import actions as journey
from service.journey.schemas import DiagnosisIn
from service.notify import leasing
from service.notify.channels import KeptChannel
from service.notify.sending import deliver
from service.panel import actions as panel
from service.records import Change
from service.symptoms.schemas import SymptomReportIn
from service.treatments.schemas import TreatmentIn
from service.wellbeing.schemas import QuestionnaireResponseIn, WellbeingCheckIn

_SCHEMAS = {
    "report": SymptomReportIn(),
    "check": WellbeingCheckIn(),
    "questionnaire": QuestionnaireResponseIn(),
}
_DIAGNOSIS, _TREATMENT = DiagnosisIn(), TreatmentIn()
_LEASE = timedelta(seconds=30)
_BATCH = 200


@dataclass(frozen=True, slots=True)
class Moment:
    """A clock that stands at a moment of the past."""

    moment: datetime

    def now(self) -> datetime:
        """Return that moment."""
        return self.moment


def viewer_of(account: Account) -> Viewer:
    """Return somebody as if she had signed in."""
    return Viewer(
        account_id=account.id, session_id=new_id(), role=account.role,
        clinic_id=account.clinic_id, display_name=account.display_name, email=account.email,
        time_zone=account.time_zone, locale=account.locale, has_second_factor=True,
    )  # fmt: skip


class Diary:
    """One patient, and what she enters; every call is a moment of hers."""

    def __init__(self, session: Session, account: Account, patient_id: UUID) -> None:
        self._session = session
        self.patient_id = patient_id
        self._viewer = viewer_of(account)
        self._owner = new_id()
        self._treatments: dict[str, UUID] = {}
        self._channels = {"push": KeptChannel(), "email": KeptChannel()}

    @property
    def treatment_ids(self) -> tuple[UUID, ...]:
        """Return the treatments she has entered, the first one first."""
        return tuple(self._treatments.values())

    @classmethod
    def begin(cls, session: Session, plan: Plan, *, clinic: Clinic, password_hash: str) -> "Diary":
        """Let her register, and say who she is."""
        now = plan.joined_at
        newcomer = Newcomer(
            email=plan.email, password_hash=password_hash, display_name=plan.name,
            time_zone=plan.time_zone, locale="en",
        )  # fmt: skip
        account, patient = register_patient(
            session, newcomer, clinic_id=clinic.id, is_shared=True, now=now
        )
        panel.open_summary(
            session, patient_id=patient.id, clinic_id=clinic.id, name=plan.name, now=now
        )
        diary = cls(session, account, patient.id)
        ref, change = diary.change(now)
        values = {
            "birth_year": plan.birth_year, "sex": "female", "ecog": 1, "phone": plan.phone,
        }  # fmt: skip
        standing.change_profile(session, ref, change=change, values=values)
        return diary

    def say_what_she_has(self, plan: Plan) -> None:
        """Enter her diagnosis and her treatments."""
        at = plan.joined_at + timedelta(minutes=5)
        regimen = plan.regimen
        diagnosed = at.year - 1 - plan.birth_year % 7
        body = {
            "recurrence": regimen.recurrence,
            "stage_iv_at_diagnosis": False,
            "diagnosed_on": f"{diagnosed}-0{plan.birth_year % 9 + 1}-14",
            "initial_surgery": "mastectomy" if plan.birth_year % 2 else "lumpectomy",
            "metastatic_sites": list(plan.sites),
            "er": regimen.er,
            "her2": regimen.her2,
            "menopausal_status": "post",
        }
        ref, change = self.change(at)
        found, _ = journey.set_diagnosis(
            self._session, change=change, diagnosis=_DIAGNOSIS.load(body), confirmed_by=None
        )
        self._respond(ref, change, Record("diagnosis", found.id, at), at)
        for code, began in plan.codes:
            status = "planned" if began > plan.joined_on else "active"
            self._take(code, began, status, at + timedelta(minutes=2))
        self.let_messages_out(at + timedelta(minutes=3))

    def enter(self, event: Event) -> None:
        """Enter a report, a check, a questionnaire or a start, and let everything follow."""
        if event.kind == "start":
            self._start(event.body["code"], event.at)
            return
        body = _SCHEMAS[event.kind].load({"id": str(new_id()), **event.body})
        ref, change = self.change(event.at)
        if event.kind == "report":
            symptoms.report(self._session, ref, change=change, by=self._viewer, report=body)
        elif event.kind == "check":
            wellbeing.check_in(self._session, ref, change=change, check=body)
        else:
            wellbeing.answer(self._session, ref, change=change, response=body, by_staff=False)
        self.let_messages_out(event.at)

    def move_to(self, status: CareStatus, *, by: Viewer, at: datetime) -> None:
        """Let the clinic change where she stands."""
        ref, change = self.change(at)
        standing.change_status(
            self._session, ref, change=change, by=by, status=status, died_on=None, confirm=False
        )

    def let_messages_out(self, at: datetime) -> None:
        """Send what was written, as the scheduler would have: to nobody, at that moment."""
        batch = leasing.claim(self._session, owner=self._owner, now=at, lease=_LEASE, limit=_BATCH)
        if batch:
            results = deliver(batch, self._channels, Moment(at))
            leasing.record(self._session, results, owner=self._owner, now=at)

    def ref(self) -> PatientRef:
        """Return her, locked for this transaction."""
        return lock_patient(self._session, self.patient_id)

    def change(self, at: datetime) -> tuple[PatientRef, Change]:
        """Return her, locked, and a change she makes at a moment."""
        ref = self.ref()
        change = Change(
            patient_id=ref.id, change_no=ref.change_no, by=self._viewer.account_id, now=at
        )
        return ref, change

    def _take(self, code: str, began: date, status: str, at: datetime) -> None:
        self._treatments[code] = new_id()
        body = {
            "id": str(self._treatments[code]), "code": code, "status": status, "line": 1,
            "started_on": began.isoformat(),
        }  # fmt: skip
        treatment: dict[str, Any] = _TREATMENT.load(body)
        ref, change = self.change(at)
        treatments.log(self._session, ref, change=change, treatment=treatment)

    def _start(self, code: str, at: datetime) -> None:
        ref, change = self.change(at)
        id = self._treatments[code]
        treatments.amend(self._session, ref, change=change, id=id, changes={"status": "active"})

    def _respond(self, ref: PatientRef, change: Change, record: Record, at: datetime) -> None:
        respond(self._session, ref, change=change, record=record, at=at)
