"""Two take the same alert at the same moment, two hundred times: one has it, the other is told."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import sqlalchemy as sa

from service.alerts.models import Alert, AlertReason
from service.db import transaction
from tests.conftest import API

RACES = 200
TWO = ("nora", "omar")


@pytest.fixture
def provider_clock(clock):
    return clock


def test_of_two_who_take_it_at_once_one_has_it_two_hundred_times(app, world, alarms):
    alerts = alarms.report(alarms.add_patients(RACES))
    together = Barrier(len(TWO))

    def take_all(name):
        client, headers = app.test_client(), world[name].headers
        answers = []
        for id in alerts:
            together.wait(timeout=30)
            path = f"{API}/alerts/{id}/acknowledge"
            answers.append(client.post(path, json={}, headers=headers).status_code)
        return answers

    with ThreadPoolExecutor(len(TWO)) as pool:
        answers = dict(zip(TWO, pool.map(take_all, TWO), strict=True))

    winners = []
    for nora, omar in zip(answers["nora"], answers["omar"], strict=True):
        assert sorted((nora, omar)) == [200, 409]
        winners.append(world["nora" if nora == 200 else "omar"].account_id)
    steps = alarms.steps()
    columns = (Alert.id, Alert.assignee_id, Alert.acknowledged_by, AlertReason.acknowledged_by)
    with app.app_context(), transaction() as session:
        rows = session.execute(sa.select(*columns).join(AlertReason)).all()
    on_file = {row[0]: set(row[1:]) for row in rows}
    for id, winner in zip(alerts, winners, strict=True):
        assert on_file[id] == {winner}
        history = [(step.kind, step.by) for step in steps[id]]
        assert history == [("opened", None), ("acknowledged", winner)]
    names = {world[name].account_id: name for name in TWO}
    print(f"{RACES} races, won by {dict(Counter(names[one] for one in winners))}")
