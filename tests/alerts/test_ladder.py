"""Whom each rung tells: a table."""

from uuid import UUID

import pytest

from service.alerts.ladder import People

N1, N2, S1, S2, A1, A2 = (UUID(int=number) for number in range(1, 7))
ALL = People([N1, N2], [S1, S2], [A1, A2])


@pytest.mark.parametrize(
    ("rung", "told", "next_"),
    [
        ("next_on_roster", {N1}, (N2,)),
        ("next_on_roster", {N1, N2}, (S1,)),
        ("next_on_roster", {N1, N2, S1, S2}, (A1,)),
        ("supervisor", {N1}, (S1,)),
        ("supervisor", {N1, S1}, (S2,)),
        ("supervisor", {N1, S1, S2}, (A1,)),
        ("supervisor", {S1, S2, A1, A2}, (N1,)),  # nobody above is left, somebody below is
        ("administrator", {N1, S1}, (A1,)),
        ("administrator", {A1}, (A2,)),
        ("administrator", {A1, A2}, (S1,)),
        ("everyone", {N1, S1, A1}, (N2, S2, A2)),
        ("everyone", {N1, N2, S1, S2, A1, A2}, ()),
        ("supervisor", {N1, N2, S1, S2, A1, A2}, ()),
    ],
)
def test_a_rung_tells_the_next_who_has_not_been_told(rung, told, next_):
    assert ALL.next_for(rung, told) == next_


def test_somebody_with_two_duties_is_told_once():
    assert People([N1], [N1], [N1, A1]).next_for("everyone", ()) == (N1, A1)


@pytest.mark.parametrize(
    ("people", "first"),
    [(ALL, N1), (People([], [S1], [A1]), A1), (People([], [S1], []), None), (People([], [], []), None)],
)  # fmt: skip
def test_who_is_on_duty_answers_first_else_an_administrator(people, first):
    assert people.first == first
