"""Made-up lives: the same from the same seed, and such as the API takes them in."""

import hashlib
import os
import subprocess
import sys
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from service.accounts.patient_schemas import PatientPatch
from service.accounts.schemas import InvitationIn
from service.cli.synth.lives import lives
from service.cli.synth.ndjson import lines_of
from service.clinical import knowledge
from service.clinical.regimens import Period, expected_doses
from service.ids import derived_id
from service.journey.schemas import DiagnosisIn, EventIn
from service.support.schemas import SupportRequestIn
from service.symptoms.rules import problems_of as problems_of_answers
from service.symptoms.rules import says_something
from service.symptoms.schemas import SymptomReportIn
from service.treatments.dose_schemas import DoseIn
from service.treatments.rules import problems_of as problems_of_treatment
from service.treatments.schemas import TreatmentIn, TreatmentPatch
from service.wellbeing.rules import problems_of as problems_of_responses
from service.wellbeing.schemas import QuestionnaireResponseIn, WellbeingCheckIn

UNTIL = datetime(2026, 11, 26, 17, 30, tzinfo=UTC)
_HASH = """
import hashlib
from datetime import UTC, datetime
from service.cli.synth.lives import lives
from service.cli.synth.ndjson import lines_of
digest = hashlib.sha256()
for life in lives(5, 6, until=datetime(2026, 11, 26, 17, 30, tzinfo=UTC)):
    for line in lines_of(life):
        digest.update(line)
print(digest.hexdigest())
"""


@pytest.fixture(scope="module")
def some():
    """Sixty lives of one seed."""
    return list(lives(1, 60, until=UNTIL))


def of_kind(some, kind):
    return [(life, one) for life in some for one in life.happenings if one.kind == kind]


def without(body, *names):
    return {name: value for name, value in body.items() if name not in names}


def test_a_life_is_the_same_whether_few_or_many_are_dealt(some):
    alone = next(lives(1, 1, until=UNTIL, first=17))
    among = next(islice(lives(1, 40, until=UNTIL, first=10), 7, None))

    assert alone == among == some[17]
    assert alone != next(lives(2, 1, until=UNTIL, first=17))


@pytest.mark.parametrize("hash_seed", ["0", "4321"])
def test_a_seed_gives_the_same_bytes_in_every_process(hash_seed):
    digest = hashlib.sha256()
    for life in lives(5, 6, until=UNTIL):
        for line in lines_of(life):
            digest.update(line)

    env = {**os.environ, "PYTHONHASHSEED": hash_seed, "TZ": "Asia/Tokyo"}
    done = subprocess.run(
        [sys.executable, "-c", _HASH], env=env, check=True, capture_output=True, text=True
    )

    assert done.stdout.strip() == digest.hexdigest()


def test_what_happens_is_in_order_and_within_her_time(some):
    for life in some:
        moments = [one.at for one in life.happenings]
        assert moments == sorted(moments)
        assert life.person.joined_at < moments[0]
        assert moments[-1] < UNTIL
        assert all(at.tzinfo is UTC and at.microsecond == 0 for at in moments)


def test_every_record_has_an_id_of_its_own_moment(some):
    seen = Counter()
    for life in some:
        for one in life.happenings:
            if one.kind in ("treatment_change", "dose", "diagnosis", "caregiver", "care_status"):
                continue
            id = UUID(one.body["id"])
            seen[id] += 1
            assert (id.version, id.variant) == (7, "specified in RFC 4122")
            assert id.int >> 80 == round(one.at.timestamp() * 1000)
    assert len(seen) > 2_000
    assert max(seen.values()) == 1


@pytest.mark.parametrize(
    ("kind", "schema", "aside"),
    [
        ("diagnosis", DiagnosisIn(), ()),
        ("treatment", TreatmentIn(), ()),
        ("treatment_change", TreatmentPatch(), ("id",)),
        ("dose", DoseIn(), ("id", "treatment_id", "local_at")),
        ("event", EventIn(), ()),
        ("symptom_report", SymptomReportIn(), ()),
        ("wellbeing_check", WellbeingCheckIn(), ()),
        ("questionnaire", QuestionnaireResponseIn(), ()),
        ("support_request", SupportRequestIn(), ()),
        ("caregiver", InvitationIn(), ()),
        ("care_status", PatientPatch(), ()),
    ],
)
def test_every_body_is_one_the_api_takes(some, kind, schema, aside):
    found = of_kind(some, kind)
    assert found
    for _life, one in found[:4_000]:
        body = without(one.body, *aside)
        schema.load(body | {"role": "caregiver"} if kind == "caregiver" else body)


def test_what_is_answered_is_asked(some):
    known = knowledge()
    for _life, one in of_kind(some, "symptom_report"):
        assert problems_of_answers(one.body["answers"], known) == []
        assert says_something(SymptomReportIn().load(one.body))
    for _life, one in of_kind(some, "questionnaire"):
        instrument = known.instruments[one.body["questionnaire"]]
        assert problems_of_responses(instrument, one.body["answers"]) == []
    for _life, one in of_kind(some, "treatment"):
        assert problems_of_treatment(TreatmentIn().load(one.body), known) == []


def test_doses_are_those_her_schedule_expects(some):
    answered = 0
    for life in some:
        records = courses_of(life)
        for one in life.happenings:
            if one.kind != "dose":
                continue
            answered += 1
            body, course = one.body, records[one.body["treatment_id"]]
            local = datetime.fromisoformat(body["local_at"])
            assert body["id"] == str(derived_id(body["treatment_id"], body["local_at"]))
            assert local in expected(course, local.date()), (course, body)
            due = local.replace(tzinfo=ZoneInfo(life.person.time_zone))
            assert one.at > due - timedelta(hours=1)
    held = [one for _life, one in of_kind(some, "treatment_change") if one.body["status"] == "held"]
    assert answered > 3_000
    assert len(held) > 20


def courses_of(life):
    """Return what was entered of each treatment: first body, and its changes, on her clock."""
    zone, found = ZoneInfo(life.person.time_zone), {}
    for one in life.happenings:
        local = one.at.astimezone(zone).replace(tzinfo=None)
        if one.kind == "treatment":
            found[one.body["id"]] = [(local, one.body)]
        elif one.kind == "treatment_change":
            found[one.body["id"]].append((local, one.body))
    return found


def expected(course, day):
    """Return when on a day a dose of a course is expected, as the service reckons it."""
    first = course[0][1]
    day_one = date.fromisoformat(first["started_on"])
    schedule = knowledge().treatments[first["code"]].schedule
    periods, starts = [], datetime.combine(day_one, time.min)
    held = False
    for at, body in course[1:]:
        if body["status"] in ("held", "active") and at > starts:
            periods.append(period(starts, at, held, day_one, schedule))
            starts = at
        held = body["status"] == "held"
        if "ended_on" in body:
            ends = datetime.combine(date.fromisoformat(body["ended_on"]), time.max)
            periods.append(period(starts, ends, held, day_one, schedule))
            starts = None
            break
    if starts is not None:
        periods.append(period(starts, None, held, day_one, schedule))
    since = datetime.combine(day, time.min)
    return {
        dose.local for dose in expected_doses(periods, since=since, before=since + timedelta(1))
    }


def period(starts, ends, held, day_one, schedule):
    return Period(starts_at=starts, ends_at=ends, is_held=held, day_one=day_one, schedule=schedule)


def test_the_dead_and_those_who_have_left_report_no_more(some):
    ended = 0
    for life in some:
        last = [one for one in life.happenings if one.kind == "care_status"]
        words = [one.body["care_status"] for one in last]
        assert ("deceased" in words) == (life.person.died_on is not None)
        if life.person.died_on is not None:
            zone = ZoneInfo(life.person.time_zone)
            days = [one.at.astimezone(zone).date() for one in life.happenings if one.by != "staff"]
            assert max(days) < life.person.died_on
            assert last[-1].body["died_on"] == life.person.died_on.isoformat()
            ended += 1
        if "withdrawn" in words:
            assert life.happenings[-1].body == {"care_status": "withdrawn"}
            ended += 1
    assert ended > 8


def test_nobody_is_anybody(some):
    people = [life.person for life in some]
    assert len({one.email for one in people}) == len(people)
    assert all(one.email.endswith("@example.org") for one in people)
    assert all(one.phone is None or one.phone.startswith("+1 206 555 01") for one in people)
    for one in people:
        names = ("display_name", "phone", "birth_year", "sex", "ecog", "time_zone", "locale")
        PatientPatch().load({name: getattr(one, name) for name in names})
    addresses = [one.body["email"] for _life, one in of_kind(some, "caregiver")]
    assert all(one.endswith("@example.org") for one in addresses)


def test_a_short_time_is_enough_for_a_life():
    short = list(lives(3, 5, until=UNTIL, years=0.05))

    assert all(life.happenings for life in short)
    assert all(life.person.joined_at > UNTIL - timedelta(days=60) for life in short)


def test_lives_are_dealt_one_by_one():
    many = lives(1, 10**9, until=UNTIL)

    assert next(many).person.number == 0
    assert next(many).person.number == 1
