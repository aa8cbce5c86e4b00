"""What is true of people, as tables."""

from datetime import UTC, datetime, timedelta

import pytest

from service.accounts.codes import as_written, new_code, repeatable_code
from service.accounts.credential_actions import (
    PasswordTooCommon,
    PasswordTooShort,
    check_password,
)
from service.accounts.factor import new_factor_secret, step_of
from service.accounts.passwords import Passwords
from service.accounts.rules import (
    _COMMON,
    BadHours,
    email_key,
    is_easily_guessed,
    normal_code,
    parse_hours,
)

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("password", "is_refused"),
    [
        ("password", True),
        ("Password1!", True),
        ("12345678", True),
        ("qwertyuiop", True),
        ("PASSWORD 123", True),
        ("lkjhgfdsa", True),  # a run along the keyboard, backwards
        ("aaaaaaaaaaaa", True),
        ("abababababab", True),
        ("waymark2026", True),
        ("Waymark-Waymark", True),
        ("breastcancer2026!", True),
        ("ana.moreno-77", True),  # her own address and two digits
        ("iloveyou", True),
        ("a long walk by the sea", False),
        ("cancer will not have my garden", False),  # a word of ours among others of hers
        ("4711 0815 9934", False),
        ("sifreler çok güzel", False),
        ("🌊🌊🏔️🌲🦊🌧️🕯️📚", False),
        ("        x9", True),
    ],
)
def test_passwords_that_anybody_would_try_first_are_refused(password, is_refused):
    assert is_easily_guessed(password, email="ana.moreno@example.org") is is_refused


S20 = [
    # Alone a password needs 15 characters, beside a second factor 8; 128 are taken.
    ("x7-kettle-moor", False, "password-too-short"), ("x7-kettle-moors", False, None),
    ("x7-kett", True, "password-too-short"), ("x7-kettl", True, None),
    ("heron " * 10 + "moor", False, None), ("heron moor " * 11 + "kettle!", False, None),
    # Any character counts as one, and none has to be of a certain kind.
    ("🌊🏔️🌲🦊🌧️🕯️📚🐚🪁🍂🫖", False, "password-too-short"), ("🌊🏔️🌲🦊🌧️🕯️📚🐚🪁🍂🫖🫖", False, None), ("çay bahçesi gölgede", False, None),
    ("только тихий вечер", False, None), ("lowercase letters only", False, None),
    # What others would try first.
    ("passwordpassword", False, "password-too-common"),
    ("123123123123123", False, "password-too-common"),
    ("Sunshine Sunshine", False, "password-too-common"),
    ("qwertyuiopqwertyuiop", False, "password-too-common"),
    ("breastcancer2026!!", False, "password-too-common"),
    ("waymark.waymark.1", False, "password-too-common"),
    ("anamoreno-1961-1961", False, "password-too-common"),
    ("Harbor Cancer Care 1", False, "password-too-common"),
    ("baseball", True, "password-too-common"), ("TRUSTNO1", True, "password-too-common"),
]  # fmt: skip


@pytest.mark.parametrize(("password", "is_staff", "refused_as"), S20)
def test_s20_length_and_guesses_decide_and_nothing_else(password, is_staff, refused_as):
    names = ("Ana Moreno", "Harbor Cancer Care")
    refused = None
    try:
        check_password(password, email="anamoreno@example.org", is_staff=is_staff, names=names)
    except (PasswordTooShort, PasswordTooCommon) as no:
        refused = no.slug
    assert refused == refused_as


def test_s20_the_list_of_stolen_passwords_is_long_enough():
    assert len(_COMMON) >= 10_000


def test_addresses_that_differ_in_case_alone_are_one():
    assert email_key(" Ana@Example.ORG") == email_key("ana@example.org")
    # One letter with an accent, and a letter with a combining accent.
    assert email_key("an\u00e1@example.org") == email_key("ana\u0301@example.org")


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("Mon-Wed 08:00-17:00", {day: ["08:00", "17:00"] for day in ("mon", "tue", "wed")}),
        ("Fri 09:00-12:30", {"fri": ["09:00", "12:30"]}),
        (
            "sat 10:00-12:00, mon-tue 08:00-17:00",
            {"mon": ["08:00", "17:00"], "tue": ["08:00", "17:00"], "sat": ["10:00", "12:00"]},
        ),
    ],
)
def test_opening_hours_are_read_as_people_write_them(text, hours):
    assert parse_hours(text) == hours
    assert list(parse_hours(text)) == list(hours)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "always",
        "Mon-Fri",
        "Mon-Fri 17:00-08:00",
        "Mon 08:00-08:00",
        "Fri-Mon 08:00-17:00",
        "Mon-Fri 8-17",
        "Mon 08:00-24:30",
        "Mon-Fri 08:00-17:00, Fri 08:00-15:00",
        "Moo 08:00-17:00",
    ],
)
def test_hours_that_say_nothing_sensible_are_refused(text):
    with pytest.raises(BadHours):
        parse_hours(text)


def test_a_code_survives_being_copied_by_hand():
    code = new_code()

    as_typed = as_written(code).lower().replace("0", "o").replace("1", "l").replace("-", " ")

    assert normal_code(as_typed) == code
    assert len(code) == 16


def test_a_repeated_request_has_the_same_code_and_another_one_has_not():
    assert repeatable_code("k" * 32, "ana", "1") == repeatable_code("k" * 32, "ana", "1")
    assert repeatable_code("k" * 32, "ana", "1") != repeatable_code("k" * 32, "ana", "2")
    assert repeatable_code("k" * 32, "ana", "1") != repeatable_code("j" * 32, "ana", "1")


@pytest.mark.parametrize(
    ("off", "is_right"),
    [(-60, False), (-30, True), (0, True), (30, True), (60, False)],
)
def test_a_code_is_good_for_half_a_minute_either_way(off, is_right):
    secret = new_factor_secret()
    moment = NOON + timedelta(seconds=off)
    code = _code_at(secret, moment)

    step = step_of(secret, code, now=NOON)

    assert (step is not None) is is_right
    if is_right:
        assert step == int(moment.timestamp()) // 30


@pytest.mark.parametrize(
    "code",
    ["", "12345", "1234567", "12345a", "\uff11\uff12\uff13\uff14\uff15\uff16", " 12345", "-12345"],
)
def test_only_six_digits_are_a_code(code):
    assert step_of(new_factor_secret(), code, now=NOON) is None


def test_a_password_is_kept_as_argon2id_with_its_parameters():
    passwords = Passwords(time_cost=1, memory_kib=64)

    kept = passwords.hash("a long walk by the sea")

    assert kept.startswith("$argon2id$v=19$m=64,t=1,")
    assert passwords.is_right(kept, "a long walk by the sea")
    assert not passwords.is_right(kept, "A long walk by the sea")
    assert not passwords.is_right(None, "a long walk by the sea")
    assert not passwords.is_right("!", "a long walk by the sea")


def test_a_hash_made_with_other_parameters_is_renewed():
    kept = Passwords(time_cost=1, memory_kib=64).hash("a long walk by the sea")

    renewed = Passwords(time_cost=2, memory_kib=64).renewed(kept, "a long walk by the sea")

    assert renewed is not None
    assert "t=2" in renewed
    assert Passwords(time_cost=1, memory_kib=64).renewed(kept, "x") is None


def _code_at(secret, moment):
    import pyotp

    return pyotp.TOTP(secret).at(int(moment.timestamp()))
