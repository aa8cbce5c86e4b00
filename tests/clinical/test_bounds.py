"""YAML that says more than it looks, or never ends: named, and refused before anything is made."""

import pytest

from service.clinical.bounds import fault_in
from service.clinical.parsing import BadKnowledge, parse_yaml

POWERS = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 10)}]\n"
    for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("- id: X\n  when: &w\n    all: [*w]\n",
         "x, line 3: '*w' stands inside what it repeats, which would never end"),
        ("&x [*x]", "x, line 1: '*x' stands inside what it repeats, which would never end"),
        ("a: &a {b: &b {c: *a}}",
         "x, line 1: '*a' stands inside what it repeats, which would never end"),
        (POWERS, "x, line 6: more than 200,000 words, with every alias (*) written out"),
        ("[" * 100_000, "x, line 1: nested too deep, more than 30 times"),
        ("a:\n" + "\n".join(f"{' ' * n}- " for n in range(40)), "x, line 31: nested too deep, more than 30 times"),
        ("a: " + "x" * 2_000_001, "x, line 1: longer than 2,000,000 characters"),
        ("a: [1, 2", "x, line 1: did not find expected ',' or ']'"),
        ("a: *nobody", "x, line 1: found undefined alias"),
        ("? [a, b]\n: c", "x, line 1: a list or a mapping cannot be a key"),
        ("a: 1\na: 2", "x, line 2: 'a' stands twice"),
        ("a: !!python/object:os.system x", "x, line 1: could not determine a constructor"),
    ],
)  # fmt: skip
def test_what_grows_or_never_ends_or_is_broken_is_named(text, complaint):
    with pytest.raises(BadKnowledge) as refused:
        parse_yaml("x", text, 1)

    assert str(refused.value).startswith(complaint)


def test_an_anchor_used_twice_is_an_ordinary_thing():
    text = "a: &a [1, 2]\nb: [*a, *a]\nc: {d: *a}"

    assert fault_in(text) is None
    assert parse_yaml("x", text, 1) == {"a": [1, 2], "b": [[1, 2], [1, 2]], "c": {"d": [1, 2]}}
