import os
import time

from tests.abuse.fuzzing import Fuzzer
from tests.test_bad_input import ids

__all__ = ["ids"]
EXAMPLES = int(os.environ.get("FUZZ", "1"))


def test_fuzz(app, world, ids):
    fuzzer = Fuzzer(app, world, ids, examples=EXAMPLES)
    b = time.monotonic()
    fuzzer.run()
    print(time.monotonic() - b)
    print(sorted(fuzzer.answers.items(), key=str))
    print(len(fuzzer.complaints))
    for one in fuzzer.complaints:
        print(one)
