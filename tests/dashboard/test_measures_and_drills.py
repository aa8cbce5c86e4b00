"""The pages that say how well the clinic answers."""

import re

from tests.counting import statements_counted
from tests.dashboard.conftest import readable

FEVER = {"scenario": "fever"}


def test_measures_say_that_they_are_still_being_counted(browse, count):
    nora = browse("nora")
    assert "Counting is under way" in nora.text("/measures")

    count()

    assert "Counting is under way" not in nora.text("/measures?weeks=4")


def test_measures_show_how_alerts_were_answered(browse, count, fever):
    count()

    text = browse("nora").text("/measures")

    assert re.search(r"Nursing Urgent 1 not known", text)
    assert "Not counted yet" not in text


def test_measures_cost_the_same_however_many_weeks(app, browse, count, clock):
    count()
    ada = browse("ada")
    with statements_counted(app) as one_week:
        ada.text("/measures?weeks=52")
    clock.pass_time(minutes=1)
    with statements_counted(app) as again:
        ada.text("/measures?weeks=4")
    assert len(one_week) == len(again)
    assert browse("eva").get("/measures").status_code == 403


def test_the_administrator_begins_and_ends_a_drill(browse):
    ada = browse("ada")
    begun = ada.post("/drills", FEVER)
    assert (begun.status_code, begun.location) == (303, "/drills?done=started")
    text = ada.text("/drills?done=started")
    assert "The drill has begun" in text
    assert "Fever during chemotherapy Nursing" in text

    [end] = re.findall(r'action="(/drills/[^"]+/end)"', ada.get("/drills").get_data(as_text=True))
    ended = ada.post(end)
    assert (ended.status_code, ended.location) == (303, "/drills?done=ended")
    assert ada.post(end).status_code == 409


def test_others_see_drills_and_begin_none(browse):
    nora = browse("nora")
    assert "Begin a drill" not in nora.text("/drills")
    assert nora.post("/drills", FEVER).status_code == 403


def test_an_unknown_drill_is_refused_in_words(browse):
    refused = browse("ada").post("/drills", {"scenario": "earthquake"})

    assert refused.status_code == 409
    assert "There is no such drill" in readable(refused)
