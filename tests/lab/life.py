"""A made-up course of two patients: everything that can come, late, corrected and taken back."""

from collections import Counter
from datetime import timedelta
from random import Random
from typing import Any
from uuid import uuid4

from service.care.rules import vocabulary

SYMPTOMS = ["nausea", "vomiting", "fatigue", "diarrhea", "shortness_of_breath", "general_pain",
            "cough", "mouth_throat_sores", "headache", "dizziness"]  # fmt: skip
FLAGS = ["chest_pain", "one_sided_swelling", "confusion", "new_back_pain", "jaw_pain"]
DRUGS = ["capecitabine", "paclitaxel", "letrozole", "t_dxd", "denosumab_120", "pembrolizumab"]


class Life:
    """A made-up course of two patients, the same for the same seed."""

    def __init__(self, call, clock, chance):
        self.call, self.clock, self.chance = call, clock, chance
        self.reports = {"ana": [], "dana": []}
        self.treatments = {"ana": [], "dana": []}
        self.to_begin = {who: chance.sample(DRUGS, len(DRUGS)) for who in ("ana", "dana")}
        self.begun = {"ana": [], "dana": []}
        self.refused = Counter()

    @classmethod
    def of(cls, call: Any, clock: Any, *, seed: int) -> "Life":
        """Begin a course; the same seed is the same course."""
        return cls(call, clock, Random(seed))

    def step(self):
        self.clock.pass_time(hours=self.chance.choice((0, 0, 1, 5, 11, 26, 50)), minutes=1)
        who = self.chance.choice(("ana", "ana", "dana"))
        what = self.chance.choices(
            (self.report, self.correct, self.take_back, self.measure, self.check, self.answer,
             self.go_on, self.treat, self.amend, self.dose, self.diagnose, self.close),
            (10, 2, 1, 3, 4, 2, 1, 2, 2, 3, 1, 2),
        )[0]  # fmt: skip
        what(who)

    def send(self, who, what, body, ok=(200, 201, 204)):
        answer = self.call(who, what, body)
        if answer.status_code not in ok:
            self.refused[what.split("/")[-1], answer.status_code, str(answer.json)] += 1
        return answer

    def moment(self):
        back = self.chance.choice((0, 0, 0, 2, 30, 400))
        return (self.clock.now() - timedelta(hours=back)).isoformat()

    def body(self, **more):
        names = self.chance.sample(SYMPTOMS, self.chance.randint(1, 3))
        answers = []
        for name in names:
            level = self.chance.choice((0, 1, 1, 2, 2, 3, 4))
            attributes = vocabulary().symptoms[name].attributes
            answers.append({"symptom": name, **dict.fromkeys(attributes, level)})
        extra = {}
        if self.chance.random() < 0.3:
            extra["temperature_c"] = self.chance.choice((36.8, 38.1, 38.6, 39.2))
        if self.chance.random() < 0.15:
            extra["red_flags"] = [self.chance.choice(FLAGS)]
        if self.chance.random() < 0.15:
            extra["stools_over_baseline"] = self.chance.choice((1, 4, 7))
        return {
            "id": str(uuid4()),
            "reported_at": self.moment(),
            "answers": answers,
            **extra,
            **more,
        }

    def report(self, who):
        answer = self.send(who, "POST /patients/me/symptom-reports", self.body())
        if answer.status_code == 201:
            self.reports[who].append(answer.json["id"])

    def correct(self, who):
        if self.reports[who]:
            old = self.reports[who].pop(self.chance.randrange(len(self.reports[who])))
            body = self.body(corrects=old)
            answer = self.send(who, "POST /patients/me/symptom-reports", body)
            self.reports[who].append(answer.json["id"])

    def take_back(self, who):
        if self.reports[who]:
            old = self.reports[who].pop(self.chance.randrange(len(self.reports[who])))
            self.send(who, f"DELETE /patients/me/symptom-reports/{old}", None)

    def measure(self, who):
        code, value, unit = self.chance.choice(
            [("temperature", 38.4, "°C"), ("weight", 70, "kg"), ("glucose", 280, "mg/dL"),
             ("temperature", 36.9, "°C")]
        )  # fmt: skip
        body = {"id": str(uuid4()), "code": code, "value": value, "unit": unit,
                "measured_at": self.moment()}  # fmt: skip
        self.send(who, "POST /patients/me/measurements", body)

    def check(self, who):
        body = {"id": str(uuid4()), "checked_at": self.moment(),
                "distress": self.chance.choice((1, 3, 4, 5, 7, 9))}  # fmt: skip
        if self.chance.random() < 0.1:
            body["safe_now"] = False
        self.send(who, "POST /patients/me/wellbeing-checks", body)

    def answer(self, who):
        done = self.chance.random() < 0.6
        items = {str(n): self.chance.choice((0, 1, 2, 3)) for n in range(1, 10 if done else 4)}
        body = {"id": str(uuid4()), "questionnaire": "phq-9", "answered_at": self.moment(),
                "answers": items, "status": "completed" if done else "in-progress"}  # fmt: skip
        if self.send(who, "POST /patients/me/questionnaire-responses", body) and not done:
            self.begun[who].append(body["id"])

    def go_on(self, who):
        if self.begun[who]:
            id = self.begun[who].pop()
            items = {str(n): self.chance.choice((0, 1, 3)) for n in range(1, 10)}
            body = {"answers": items, "status": "completed"}
            self.send(who, f"PATCH /patients/me/questionnaire-responses/{id}", body)

    def treat(self, who):
        # Nine hours back it is her day, or the one before.
        back = timedelta(days=self.chance.choice((0, 3, 40)), hours=9)
        day = (self.clock.now() - back).date()
        # Each once: of a course that another ends, in its past, the first state is not kept.
        if not self.to_begin[who]:
            return
        code = self.to_begin[who].pop()
        body = {"id": str(uuid4()), "code": code, "started_on": day.isoformat(), "status": "active"}
        if code == "letrozole":
            body["schedule"] = {"type": "daily", "times": ["08:00"]}
        answer = self.send(who, "POST /patients/me/treatments", body)
        if answer.status_code == 201:
            self.treatments[who].append(body["id"])

    def amend(self, who):
        if self.treatments[who]:
            id = self.treatments[who].pop()
            day = self.clock.now().date().isoformat()
            self.send(who, f"PATCH /patients/me/treatments/{id}",
                      {"status": "stopped", "ended_on": day})  # fmt: skip

    def dose(self, who):
        if not self.treatments[who]:
            return
        id, day = self.chance.choice(self.treatments[who]), self.clock.now().date()
        path = f"GET /patients/me/treatments/{id}/doses?from={day - timedelta(days=3)}&to={day}"
        # Answered anew, only the last answer is known; that is said, and left out here.
        doses = [one for one in self.call(who, path).json["items"] if one["status"] == "expected"]
        if doses:
            dose = self.chance.choice(doses)
            status = self.chance.choice(("taken", "missed", "missed"))
            reason = self.chance.choice(("cost", "side_effects", "forgot"))
            body = {"status": status, "taken_at": None,
                    "reason": None if status == "taken" else reason}  # fmt: skip
            self.send(who, f"PUT /patients/me/treatments/{id}/doses/{dose['id']}", body)

    def diagnose(self, who):
        sites = self.chance.choice(([], ["bone"], ["brain"], ["liver", "bone"]))
        self.send(who, "PUT /patients/me/diagnosis", {"metastatic_sites": sites})

    def close(self, _who):
        found = self.call("nora", "GET /alerts").json["items"]
        if found:
            one = self.chance.choice(found)["id"]
            self.call("nora", f"POST /alerts/{one}/acknowledge", {})
            body = {"outcome": self.chance.choice(("advice_given", "no_action", "seen")),
                    "action": "seen", "contact_made": True}  # fmt: skip
            self.call("nora", f"POST /alerts/{one}/close", body)
