"""The breaker: a provider that fails is left alone, and looked at again."""

import threading
from datetime import timedelta

import pytest

from service.notify.breaker import Breaker
from service.notify.channels import AtRest, Gone, Refused, TryAgain
from service.notify.push.channel import PushChannel
from tests.notify.peers.ways import message, phone


class Seconds:
    """A clock that only goes forward, when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds():
    return Seconds()


@pytest.fixture
def breaker(seconds):
    return Breaker(
        failures=3, first_rest=timedelta(seconds=10), longest_rest=timedelta(seconds=60),
        monotonic=seconds,
    )  # fmt: skip


@pytest.fixture
def passes(breaker):
    """Make a call; tell whether it was let through."""

    def passes(target="fcm", error=None):
        ran = []
        try:
            with breaker.guards(target):
                ran.append(True)
                if error is not None:
                    raise error
        except (TryAgain, Gone, Refused, ZeroDivisionError):
            pass
        return bool(ran)

    return passes


FAILED = TryAgain("fcm: 503")


def test_it_opens_after_several_failures_in_a_row(passes):
    assert [passes(error=FAILED) for _ in range(5)] == [True, True, True, False, False]


def test_one_success_between_starts_the_count_again(passes):
    for error in (FAILED, FAILED, None, FAILED, FAILED):
        assert passes(error=error)
    assert passes()


@pytest.mark.parametrize("error", [Gone("410"), Refused("400")])
def test_a_provider_that_says_no_works(passes, error):
    assert all(passes(error=error) for _ in range(10))
    passes(error=FAILED)
    passes(error=FAILED)
    passes(error=error)
    assert passes(error=FAILED)
    assert passes()


def test_what_nobody_foresaw_is_a_failure(passes):
    assert [passes(error=ZeroDivisionError()) for _ in range(4)] == [True, True, True, False]


def test_while_it_is_open_it_says_for_how_long(breaker, passes, seconds):
    for _ in range(3):
        passes(error=FAILED)
    seconds.now += 4
    with (
        pytest.raises(TryAgain, match=r"^fcm: at rest after failures$") as raised,
        breaker.guards("fcm"),
    ):
        pytest.fail("it was let through")
    assert raised.value.retry_after == timedelta(seconds=6)


def test_whatever_failed_or_was_turned_away_is_to_come_when_the_rest_is_over(breaker, seconds):
    ends = []
    for error in (FAILED, FAILED, FAILED, None):
        try:
            with breaker.guards("fcm"):
                raise error
        except AtRest as at_rest:
            ends.append(seconds.now + at_rest.retry_after.total_seconds())
        except TryAgain:
            ends.append(None)
        seconds.now += 1
    opened_at = 1002.0
    assert ends == [None, None, opened_at + 10, opened_at + 10]


def test_a_provider_that_asks_for_longer_than_the_rest_gets_it(breaker):
    asked = TryAgain("fcm: 429", retry_after=timedelta(minutes=30))
    for _ in range(3):
        with pytest.raises(TryAgain) as raised, breaker.guards("fcm"):
            raise asked
    assert isinstance(raised.value, AtRest)
    assert raised.value.retry_after == timedelta(minutes=30)


def test_after_the_rest_one_looks_and_a_success_closes_it(passes, seconds):
    for _ in range(3):
        passes(error=FAILED)
    seconds.now += 9.9
    assert not passes()
    seconds.now += 0.1
    assert passes()
    assert [passes(error=FAILED) for _ in range(4)] == [True, True, True, False]


def test_the_rest_doubles_up_to_the_longest(passes, seconds):
    for _ in range(3):
        passes(error=FAILED)
    for rest in (10, 20, 40, 60, 60):
        seconds.now += rest - 0.1
        assert not passes()
        seconds.now += 0.1
        assert passes(error=FAILED)
    seconds.now += 60
    assert passes()
    for _ in range(3):
        passes(error=FAILED)
    seconds.now += 10  # short again after a success
    assert passes()


def test_one_target_is_nothing_to_another(passes):
    for _ in range(4):
        passes("fcm", error=FAILED)
    assert not passes("fcm")
    assert passes("apns")


def test_of_many_threads_one_looks(breaker, passes, seconds):
    for _ in range(3):
        passes(error=FAILED)
    seconds.now += 10
    together, looked = threading.Barrier(8), threading.Event()
    inside, turned_away = [], []

    def call():
        together.wait()
        try:
            with breaker.guards("fcm"):
                inside.append(1)
                assert looked.wait(10)
        except TryAgain as error:
            turned_away.append(error.retry_after)
            if len(turned_away) == 7:
                looked.set()

    threads = [threading.Thread(target=call) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(inside) == 1
    assert turned_away == [timedelta(0)] * 7
    assert passes()


def test_one_that_began_before_it_opened_changes_nothing(breaker, passes, seconds):
    with breaker.guards("fcm"):
        for _ in range(3):
            passes(error=FAILED)
    assert not passes()


def test_targets_from_outside_do_not_pile_up(breaker, passes):
    for n in range(3000):
        passes(f"{n}.notify.windows.com", error=FAILED)
    assert len(breaker._states) == 500


def test_a_failing_provider_does_not_stop_another(seconds):
    class Counting:
        def __init__(self, name, error):
            self.name, self.error, self.calls = name, error, 0

        def target(self, address):
            return self.name

        def hand_over(self, message, address):
            self.calls += 1
            if self.error is not None:
                raise self.error

    down, up = Counting("fcm", FAILED), Counting("apns", None)
    channel = PushChannel({"fcm": down, "apns": up}, Breaker(failures=3, monotonic=seconds))
    android, iphone = phone("fcm", "x"), phone("apns", "y")
    for _ in range(10):
        with pytest.raises(TryAgain) as raised:
            channel.send(message(android, iphone))
        assert raised.value.handed.reached == (iphone.device_id,)
    assert (down.calls, up.calls) == (3, 10)
    assert raised.value.retry_after == timedelta(seconds=10)


def test_a_push_services_name_is_not_said(breaker, passes):
    for _ in range(3):
        passes("evil.push.apple.com", error=FAILED)
    with (
        pytest.raises(TryAgain, match=r"^webpush: at rest after failures$"),
        breaker.guards("evil.push.apple.com"),
    ):
        pytest.fail("it was let through")
