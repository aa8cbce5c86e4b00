"""What staff are told while ways out are down: by the other way, or by all of them afterwards."""

import email
import email.policy
from datetime import timedelta

import pytest

from tests.proof.alarms import IN_ORDER, arrived, in_order
from tests.proof.provider import down, refuses
from tests.proof.test_provider_down import CATCH_UP, run_for

ALERTS = 3
# Nora hears of it twice; the rest of the list comes at 75 minutes.
IN_AN_HOUR = IN_ORDER[:5]
MINUTE = timedelta(minutes=1)


@pytest.fixture
def provider_clock(clock):
    return clock


@pytest.fixture
def alerts(alarms):
    return alarms.report(alarms.add_patients(ALERTS))


def mails(post_office):
    """Who got which mail, by name and Message-ID, in order."""
    read = [
        email.message_from_bytes(content, policy=email.policy.default)
        for _, _, content in post_office.taken
    ]
    return [(one["To"].partition("@")[0], one["Message-ID"]) for one in read]


@pytest.mark.parametrize("how", [down, refuses], ids=["503", "cut"])
def test_with_every_way_down_for_an_hour_all_is_told_within_five_minutes_in_order(
    app, alerts, provider, post_office, scheduler, clock, monkeypatch, how
):
    # One at a time, so that what began first arrives first.
    monkeypatch.setitem(app.config, "SENDERS", 1)
    provider.behave(how)
    post_office.close()
    run_for(scheduler, clock, timedelta(minutes=61), every=MINUTE)
    assert (provider.log, post_office.taken) == ([], [])

    provider.behave(None)
    post_office.open_again()
    back_at = clock.now()
    run_for(scheduler, clock, CATCH_UP)
    told = arrived(provider)
    assert [in_order(told[id]) for id in alerts] == [IN_AN_HOUR] * ALERTS
    assert set(provider.copies().values()) == {1}
    by_mail = mails(post_office)
    assert [name for name, _ in by_mail] == [name for name in IN_AN_HOUR for _ in alerts]
    assert len(set(by_mail)) == len(by_mail)
    late = max(one.at for one in provider.log) - back_at
    print(f"the last {late.total_seconds() / 60:.1f} min after both were back")

    run_for(scheduler, clock, timedelta(minutes=15), every=MINUTE)
    told = arrived(provider)
    assert [in_order(told[id]) for id in alerts] == [IN_ORDER] * ALERTS


@pytest.mark.parametrize("how", ["down", "gone", "no device"])
def test_a_way_that_fails_falls_over_to_the_next_within_a_minute(
    app, world, clock, alarms, provider, post_office, scheduler, how
):
    if how == "down":
        provider.behave(down)
    elif how == "gone":
        provider.over.update(provider.browsers)
    else:
        alarms.take_devices()
    alarms.report(alarms.add_patients(ALERTS))
    run_for(scheduler, clock, MINUTE)
    assert [name for name, _ in mails(post_office)] == ["nora"] * ALERTS
    run_for(scheduler, clock, timedelta(minutes=76), every=MINUTE)
    assert len(set(mails(post_office))) == len(post_office.taken) == ALERTS * len(IN_ORDER)
    names = [name for name, _ in mails(post_office)]
    expected = [name for name in IN_ORDER for _ in range(ALERTS)]
    last = len(IN_AN_HOUR) * ALERTS
    assert names[:last] == expected[:last]
    assert sorted(names[last:]) == sorted(expected[last:])
    assert provider.log == []


def test_with_mail_dead_the_push_is_not_kept_waiting(
    alerts, provider, post_office, scheduler, clock
):
    post_office.close()
    run_for(scheduler, clock, timedelta(minutes=76), every=MINUTE)
    told = arrived(provider)
    assert [in_order(told[id]) for id in alerts] == [IN_ORDER] * ALERTS
    assert set(provider.copies().values()) == {1}
    post_office.open_again()
