"""The pages about the clinic: who may open them, what they say, what they refuse."""

import re
from uuid import uuid4

import pytest

from service.accounts.access import TABLE, Do, Topic
from tests.conftest import STAFF_OF_HARBOR
from tests.counting import statements_counted
from tests.dashboard.conftest import readable

PAGES = {
    "/staff": Topic.STAFF, "/clinic": Topic.CLINIC, "/roster": Topic.ROSTER,
    "/rules": Topic.RULES, "/rules/EM-FEVER": Topic.RULES, "/audit": Topic.AUDIT,
    "/sessions": Topic.ACCOUNT, "/second-factor": Topic.ACCOUNT,
}  # fmt: skip
INVITED = {"display_name": "Dana", "email": "dana@example.org", "role": "nurse"}


@pytest.fixture
def ada(browse):
    return browse("ada")


def on_roster(world, duty="nursing", **changes):
    return {"duty": duty, "account_id": str(world["omar"].account_id), **changes}


@pytest.mark.parametrize("name", STAFF_OF_HARBOR)
def test_a_page_opens_for_those_the_table_lets_in(browse, world, name):
    browser = browse(name)
    for path, topic in PAGES.items():
        expected = 200 if Do.READ in TABLE[topic][world[name].role] else 403
        assert browser.get(path).status_code == expected, path
    member = browser.text(f"/staff/{world['nora'].account_id}")
    assert ("nora@example.org" in member) is (name == "ada")


def test_forms_stand_only_where_they_are_allowed(browse, world):
    nora = browse("nora")
    for path in ("/staff", f"/staff/{world['omar'].account_id}", "/roster", "/clinic"):
        shown = nora.get(path).get_data(as_text=True)
        assert re.findall(r'<form[^>]*action="(?!/sign-out)[^"]*"', shown) == [], path
    for path, form in (
        ("/staff", INVITED), (f"/staff/{world['omar'].account_id}", {"role": "editor"}),
        ("/roster", on_roster(world)), ("/roster/absences", {}), ("/clinic", {"name": "Mine"}),
    ):  # fmt: skip
        assert nora.post(path, form).status_code == 403, path


def test_an_invitation_shows_its_code_once(ada):
    answer = ada.post("/staff", {**INVITED, "duties": ["nursing", "supervisor"]})

    assert answer.status_code == 200
    assert re.search(r"([0-9A-Z]{4}-){3}[0-9A-Z]{4}", readable(answer))
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Dana" not in ada.text("/staff")


def test_a_refused_invitation_keeps_what_was_typed(ada):
    answer = ada.post("/staff", {**INVITED, "email": "nobody", "duties": ["supervisor"]})

    assert answer.status_code == 422
    assert "Not an e-mail address." in readable(answer)
    page = answer.get_data(as_text=True)
    assert 'value="Dana"' in page
    assert re.search(r'value="supervisor" checked', page)
    wrong = ada.post("/staff", {**INVITED, "duties": ["chaplaincy"]})
    assert "This role does not answer for: chaplaincy." in readable(wrong)


def test_letting_somebody_go_says_what_stays_in_her_name(ada, browse, call, world, fever):
    nora = browse("nora")
    assert call("nora", f"POST /alerts/{fever}/acknowledge", {}).status_code == 200
    path = f"/staff/{world['nora'].account_id}"
    assert "1 alert this person has taken is not closed" in ada.text(path)

    assert ada.post(path, {"disabled": "yes"}).status_code == 303
    assert "stay in this name" in ada.text(path)
    assert nora.get("/").status_code == 303
    assert "Cannot sign in: does not count" in ada.text("/roster?duty=nursing")
    assert ada.post(path, {"disabled": "no"}).status_code == 303
    assert "Cannot sign in" not in ada.text(path)


def test_the_last_administrator_stays(ada, world):
    path = f"/staff/{world['ada'].account_id}"
    answer = ada.post(path, {"disabled": "yes"})

    assert answer.status_code == 409
    assert "needs another administrator first" in readable(answer)
    assert ada.get("/staff").status_code == 200
    assert "Take the second factor away" not in ada.text(path)
    assert ada.post(f"{path}/second-factor/reset").status_code == 403


def test_a_lost_phone_is_signed_out_and_its_factor_taken_away(ada, browse, world):
    nora, path = browse("nora"), f"/staff/{world['nora'].account_id}"
    assert ada.post(f"{path}/sign-out").status_code == 303
    assert nora.get("/").location.startswith("/sign-in")
    assert ada.post(f"{path}/second-factor/reset").status_code == 303
    assert "Not set up" in ada.text(path)


def test_the_roster_names_who_answers_and_where_nobody_does(ada, browse, world):
    shown = browse("sol").text("/roster?duty=supervisor")

    assert "Nobody from now on" in shown
    assert "Nobody all day" in shown
    assert "Nora, then Omar" in shown
    assert "Today, Monday 2 March" in shown
    assert ada.post("/roster", on_roster(world, "supervisor")).location == (
        "/roster?duty=supervisor&done=shift"
    )
    assert "All day: Omar" in ada.text("/roster?duty=supervisor")


def test_a_shift_of_the_night_is_written_as_one(ada, world):
    form = on_roster(
        world, days=["tue", "mon", "wed"], from_time="19:00", to_time="07:00",
        first_day="2026-03-03", last_day="2026-03-31",
    )  # fmt: skip
    assert ada.post("/roster", form).status_code == 303

    assert (
        "Omar , Monday to Wednesday, 19:00 to 07:00 the next day, from 3 March, until 31 March"
        in ada.text("/roster?duty=nursing")
    )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"account_id": ""}, "This is needed."),
        ({"from_time": "19:00"}, "A shift needs both times, or neither."),
        ({"from_time": "19", "to_time": "20"}, "Not a time of day"),
        ({"days": ["someday"]}, "Must be one of"),
        ({"first_day": "soon"}, "Not a time of this century"),
        ({"first_day": "9999-12-31"}, "Not a time of this century"),
        ({"last_day": "9999-12-31"}, "Not a time of this century"),
        ({"first_day": "2026-03-09", "last_day": "2026-03-02"}, "Ends before it begins."),
        ({"account_id": str(uuid4())}, "Nobody of this clinic"),
    ],
)
def test_a_shift_that_cannot_be_is_refused_in_words(ada, world, changes, said):
    answer = ada.post("/roster", on_roster(world, "supervisor", **changes))

    assert answer.status_code == 422
    assert said in readable(answer)
    assert "Nobody is on this roster." in ada.text("/roster?duty=supervisor")


def test_places_are_changed_and_given_up(ada, call, world):
    first, second = call("ada", "GET /rosters?duty=nursing").json["items"]
    ada.post(f"/roster/entries/{second['id']}/move", {"duty": "nursing", "to": "0"})
    assert "Omar, then Nora" in ada.text("/roster?duty=nursing")
    ada.post(f"/roster/entries/{first['id']}/remove", {"duty": "nursing"})
    assert "Omar, then Nora" not in ada.text("/roster?duty=nursing")
    assert ada.post(f"/roster/entries/{uuid4()}/remove").status_code == 404


def test_an_absence_is_entered_on_the_clinics_clock_and_ended(ada, call, world):
    form = {
        "account_id": str(world["nora"].account_id), "starts_at": "2026-03-02T08:00",
        "ends_at": "2026-03-09T09:00", "stand_in_id": str(world["omar"].account_id),
        "duty": "nursing",
    }  # fmt: skip
    assert ada.post("/roster/absences", form).status_code == 303
    shown = ada.text("/roster")
    assert "Nora , 08:00 to 9 March 09:00 . Omar stands in." in shown
    assert "Away until 9 March 09:00" in ada.text("/staff")
    [absence] = call("ada", "GET /absences").json["items"]
    assert absence["starts_at"] == "2026-03-02T16:00:00Z"

    assert ada.post(f"/roster/absences/{absence['id']}/end").status_code == 303
    assert "Nobody is away." in ada.text("/roster")
    assert ada.post(f"/roster/absences/{absence['id']}/end").status_code == 409
    bad = ada.post("/roster/absences", {**form, "starts_at": "x"})
    assert (bad.status_code, "Not a time of this century" in readable(bad)) == (422, True)


def test_the_clinic_says_its_hours_and_takes_new_ones(ada):
    form = {
        "name": "Harbor", "time_zone": "America/Los_Angeles", "hours": "Mon-Thu 09:00-16:00",
        "holidays": "2026-12-25\n2026-07-03", "oncology_line": "555 0101", "emergency_number": "911",
        "crisis_line": "988",
    }  # fmt: skip
    assert ada.post("/clinic", form).status_code == 303
    shown = ada.text("/clinic?saved=1")
    assert "Monday 09:00 to 16:00" in shown
    assert "Friday Closed" in shown
    assert "2026-07-03, 2026-12-25" in shown
    assert "Clocks that run are not rewritten" in shown
    for changes, said in (
        ({"hours": "whenever"}, "is not written as"), ({"crisis_line": ""}, "This is needed."),
        ({"time_zone": "Mars"}, "Not an IANA time zone"), ({"holidays": "soon"}, "Not a day"),
        ({"name": "Hilltop Oncology"}, "There is a clinic of this name already."),
    ):  # fmt: skip
        answer = ada.post("/clinic", {**form, **changes})
        assert answer.status_code in {409, 422}
        assert said in readable(answer), said
    assert "Monday 09:00 to 16:00" in ada.text("/clinic")


def test_rules_are_read_in_words_and_say_that_nobody_has_signed_them(browse):
    eva = browse("eva")
    assert "no clinician has signed yet" in eva.text("/rules")
    assert "EM-FEVER" not in eva.text("/rules?queue=chaplaincy")
    assert "No rule fits" in eva.text("/rules?review=reviewed")
    rule = eva.text("/rules/EM-FEVER")
    assert "Temperature in °C: at least 38, in the last 24 hours" in rule
    assert "Draft: not signed by a clinician" in rule
    assert eva.get("/rules/EM-NOTHING").status_code == 404


def test_the_log_is_filtered_and_read_on(browse, call, world, fever):
    nora, per = browse("nora"), browse("per")
    patient = world["ana"].patient_id
    nora.get(f"/patients/{patient}")

    assert "Nora , nurse Looked at: profile Ana" in per.text("/audit")
    assert "Nothing fits." in per.text(f"/audit?account={world['sol'].account_id}")
    assert "Only Ana ." in per.text(f"/audit?patient={patient}")
    backwards = per.get("/audit?from=2026-03-05&to=2026-03-01")
    assert (backwards.status_code, "cannot be asked for" in readable(backwards)) == (422, True)
    assert "<tbody" not in backwards.get_data(as_text=True)
    for query in ("patient=x", "topic=x", "account=x", "from=9999-12-31", "after=x"):
        assert per.get(f"/audit?{query}").status_code == 422, query
    assert per.get(f"/audit?patient={world['ben'].patient_id}").status_code == 404


@pytest.mark.parametrize(
    ("name", "path", "most"),
    [("nora", "/staff", 8), ("nora", "/rules", 5), ("per", "/audit", 10),
     ("ada", "/roster", 20)],
)  # fmt: skip
def test_a_page_costs_a_bounded_number_of_statements(app, browse, fever, name, path, most):
    browser = browse(name)
    browser.get(path)
    with statements_counted(app) as seen:
        assert browser.get(path).status_code == 200
    assert len([one for one in seen if not one.startswith("BEGIN")]) <= most


def test_a_roster_that_changes_all_the_time_costs_no_more(app, ada, world, call):
    for number in range(40):
        clock = f"{number // 2:02}:{30 * (number % 2):02}"
        shift = {"duty": "nursing", "account_id": str(world["nora"].account_id),
                 "from_time": clock, "to_time": "23:45"}  # fmt: skip
        assert call("ada", "POST /rosters", shift).status_code == 201
    with statements_counted(app) as seen:
        shown = ada.text("/roster")
    assert "changes too often to show the whole week" in shown
    assert len(seen) < 25


def test_each_change_of_a_roster_says_that_it_was_made(ada, world):
    added = ada.post("/roster", on_roster(world, "supervisor"))
    text = ada.text(added.location)
    assert "The shift is on the roster." in text

    page = ada.get(added.location).get_data(as_text=True)
    entry = re.search(r"/roster/entries/([0-9a-f-]+)/remove", page)
    assert entry
    removed = ada.post(f"/roster/entries/{entry[1]}/remove", {"duty": "supervisor"})
    assert removed.location == "/roster?duty=supervisor&done=removed"
    assert "The shift is off the roster." in ada.text(removed.location)
