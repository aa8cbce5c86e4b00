"""What Schemathesis makes of the contract, sent as everybody: no 5xx, no lie, no leak.

``make test`` asks every operation once, by turns with what fits the contract and what does not;
``make fuzz`` asks hundreds of times, over both databases.  The same seeds make the same requests.
"""

import os

import pytest

from service.accounts.models import Role
from tests.abuse.fuzzing import Fuzzer

# How many requests of each kind an operation gets.
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "1"))
pytestmark = pytest.mark.one_database if EXAMPLES == 1 else []


def test_s98_the_contract_holds_whatever_is_sent_by_whomever(app, world, ids, corners):
    fuzzer = Fuzzer(app, world, ids, examples=EXAMPLES)

    fuzzer.run()

    assert fuzzer.complaints == []
    asked = {world[who].role for who, _status in fuzzer.answers if who}
    assert asked == set(Role)
    assert sum(fuzzer.answers.values()) > 180
    assert {status // 100 for _who, status in fuzzer.answers} == {2, 4}
