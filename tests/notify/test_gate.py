"""The one gate, and that there is no way round it."""

import ast
import re
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

import service
from service.accounts.models import CareStatus
from service.notify import gate
from service.notify.gate import may_hand_out, quiet_until, refusal
from service.notify.rules import Leased

NOW = datetime(2026, 3, 2, 17, 0, tzinfo=UTC)
SERVICE = Path(service.__file__).parent


def message(*statuses: str, kind="reminder", to_staff=False, useful_until=None, **more):
    return Leased(
        id=uuid4(), try_no=1, until=NOW + timedelta(seconds=30), collapse_key="k",
        patient_id=uuid4(), recipient_id=uuid4(), to_staff=to_staff, channel="push", kind=kind,
        subject_id=None, title="", body={}, useful_until=useful_until,
        care_statuses=frozenset(CareStatus(status) for status in statuses),
        **{"is_disabled": False, **more},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("status", "kind", "may"),
    [
        ("active", "reminder", True),
        ("active", "reply", True),
        ("paused", "reminder", True),
        ("paused", "account", True),
        ("paused", "reply", False),
        ("paused", "content", False),
        ("hospice", "reminder", True),
        ("hospice", "content", False),
        ("deceased", "reminder", False),
        ("deceased", "account", False),
        ("deceased", "reply", False),
        ("withdrawn", "reminder", False),
        ("withdrawn", "account", False),
    ],
)
def test_care_status_decides_what_goes_to_her_and_her_family(status, kind, may):
    assert (refusal(message(status, kind=kind), now=NOW) is None) is may


@pytest.mark.parametrize("status", list(CareStatus))
def test_what_staff_are_told_of_an_alert_is_never_silenced(status):
    assert refusal(message(status, kind="alert", to_staff=True), now=NOW) is None


def test_the_stricter_of_two_statuses_holds():
    # About one patient, to an account that is itself a patient's who has died.
    assert refusal(message("active", "deceased"), now=NOW) == "care status: deceased"


def test_nobody_whose_account_is_closed_is_written_to():
    assert refusal(message("active", to_staff=True, is_disabled=True), now=NOW) == "account closed"


@pytest.mark.parametrize("kind", ["alert", "support_request"])
@pytest.mark.parametrize("status", list(CareStatus))
def test_nothing_but_a_closed_account_keeps_from_staff_what_they_are_to_act_on(kind, status):
    said = message(
        status, kind=kind, to_staff=True, useful_until=NOW - timedelta(days=1),
        has_opted_out=True, refuses_messages=True, quiet_hours=("00:00", "23:59"),
    )  # fmt: skip
    assert refusal(said, now=NOW) is None
    assert quiet_until(said, now=NOW) is None


@pytest.mark.parametrize(
    ("kind", "reason"),
    [("reminder", "consent refused: messages"), ("reply", "consent refused: messages"),
     ("account", None)],
)  # fmt: skip
def test_who_has_refused_messages_gets_mail_about_her_account_alone(kind, reason):
    assert refusal(message("active", kind=kind, refuses_messages=True), now=NOW) == reason


@pytest.mark.parametrize(
    ("kind", "reason"),
    [("reminder", "switched off: reminder by push"), ("reply", "switched off: reply by push"),
     ("account", None)],
)  # fmt: skip
def test_what_she_has_switched_off_does_not_come_but_mail_about_her_account(kind, reason):
    assert refusal(message("active", kind=kind, has_opted_out=True), now=NOW) == reason


def test_a_link_for_a_new_password_is_not_sent_once_it_is_dead_to_staff_neither():
    late = message(kind="account", to_staff=True, useful_until=NOW - timedelta(seconds=1))
    assert refusal(late, now=NOW) == "too late"


@pytest.mark.parametrize(
    ("status", "is_disabled", "may"),
    [("active", False, True), ("paused", False, True), ("hospice", False, True),
     ("deceased", False, False), ("withdrawn", False, False), ("active", True, False)],
)  # fmt: skip
def test_what_she_fetches_is_handed_out_until_her_care_or_her_account_has_ended(
    status, is_disabled, may
):
    assert may_hand_out(CareStatus(status), is_disabled=is_disabled) is may


LA, PARIS, APIA = "America/Los_Angeles", "Europe/Paris", "Pacific/Apia"
NIGHT = ("22:00", "07:00")


def local(text, zone, fold=0):
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "hours", "until"),
    [
        ("2026-03-02T21:59", NIGHT, None),
        ("2026-03-02T22:00", NIGHT, "2026-03-03T07:00"),
        ("2026-03-03T00:00", NIGHT, "2026-03-03T07:00"),
        ("2026-03-03T06:59", NIGHT, "2026-03-03T07:00"),
        ("2026-03-03T07:00", NIGHT, None),
        # By day, for who works at night.
        ("2026-03-02T08:59", ("09:00", "17:00"), None),
        ("2026-03-02T09:00", ("09:00", "17:00"), "2026-03-02T17:00"),
        ("2026-03-02T17:00", ("09:00", "17:00"), None),
        # All day but a minute.
        ("2026-03-02T12:00", ("12:01", "12:00"), None),
        ("2026-03-02T12:01", ("12:01", "12:00"), "2026-03-03T12:00"),
        ("2026-03-02T11:59", ("12:01", "12:00"), "2026-03-02T12:00"),
    ],
)
def test_what_is_due_in_her_quiet_hours_waits_for_their_end(now, hours, until):
    said = message("active", quiet_hours=hours, time_zone=LA)
    expected = until and local(until, LA)
    assert quiet_until(said, now=local(now, LA)) == expected


@pytest.mark.parametrize(
    "more", [{"rings_in_quiet_hours": True}, {"kind": "account"}, {"quiet_hours": None}]
)
def test_what_does_not_wait_for_the_end_of_quiet_hours(more):
    said = message("active", **{"quiet_hours": NIGHT, "time_zone": LA, **more})
    assert quiet_until(said, now=local("2026-03-02T23:00", LA)) is None


def test_quiet_hours_go_by_her_own_clock_wherever_she_is():
    said = {"quiet_hours": NIGHT}
    now = local("2026-03-02T23:00", PARIS)
    assert quiet_until(message(time_zone=PARIS, **said), now=now) == local(
        "2026-03-03T07:00", PARIS
    )
    assert quiet_until(message(time_zone=LA, **said), now=now) is None


def test_the_night_an_hour_is_skipped_is_an_hour_shorter():
    said = message(quiet_hours=NIGHT, time_zone=LA)
    now = local("2026-03-07T23:00", LA)
    assert quiet_until(said, now=now) == local("2026-03-08T07:00", LA) == now + timedelta(hours=7)


def test_quiet_hours_that_end_in_the_gap_end_as_much_later_as_it_is_long():
    said = message(quiet_hours=("22:00", "02:30"), time_zone=LA)
    assert quiet_until(said, now=local("2026-03-08T01:59", LA)) == local("2026-03-08T03:30", LA)
    assert quiet_until(said, now=local("2026-03-08T03:30", LA)) is None


def test_quiet_hours_that_begin_in_the_gap_begin_as_much_later_as_it_is_long():
    said = message(quiet_hours=("02:30", "08:00"), time_zone=LA)
    assert quiet_until(said, now=local("2026-03-08T03:29", LA)) is None
    assert quiet_until(said, now=local("2026-03-08T03:30", LA)) == local("2026-03-08T08:00", LA)


@pytest.mark.parametrize("fold", [0, 1])
def test_of_an_hour_that_comes_twice_both_are_quiet(fold):
    ending = message(quiet_hours=("22:00", "01:30"), time_zone=LA)
    now = local("2026-11-01T01:15", LA, fold)
    assert quiet_until(ending, now=now) == local("2026-11-01T01:30", LA, fold=1)
    beginning = message(quiet_hours=("01:10", "08:00"), time_zone=LA)
    assert quiet_until(beginning, now=now) == local("2026-11-01T08:00", LA)


def test_a_day_that_was_skipped_whole_is_no_hole_in_the_night():
    said = message(quiet_hours=NIGHT, time_zone=APIA)  # Samoa had no 30 December 2011
    now = local("2011-12-31T03:00", APIA)
    assert quiet_until(said, now=now) == local("2011-12-31T07:00", APIA)


times = some.times().map(lambda at: f"{at:%H:%M}")


@settings(derandomize=True, max_examples=400, deadline=None)
@given(
    minutes=some.integers(0, 15 * 366 * 24 * 60),
    start=times, end=times,
    zone=some.sampled_from([LA, PARIS, "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"]),
)  # fmt: skip
def test_no_wait_is_longer_than_a_day_and_none_follows_another(minutes, start, end, zone):
    if start == end:
        return
    now = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    said = message(quiet_hours=(start, end), time_zone=zone)
    until = quiet_until(said, now=now)
    if until is not None:
        assert now < until <= now + timedelta(hours=25)
        assert quiet_until(said, now=until) is None


def test_what_is_of_no_use_any_more_stays():
    assert refusal(message("active", useful_until=NOW), now=NOW) is None
    late = message("active", useful_until=NOW - timedelta(microseconds=1))
    assert refusal(late, now=NOW) == "too late"


@cache
def sources():
    """Every module of the service, by its path below it."""
    return {
        path.relative_to(SERVICE).as_posix(): ast.parse(path.read_text())
        for path in sorted(SERVICE.rglob("*.py"))
    }


def functions_of(tree):
    kinds = ast.FunctionDef | ast.AsyncFunctionDef
    return {node.name: node for node in ast.walk(tree) if isinstance(node, kinds)}


def named_in(node):
    """Every name and attribute a piece of code mentions, in the order it stands there."""
    found = [
        ((one.lineno, one.col_offset), one.id if isinstance(one, ast.Name) else one.attr)
        for one in ast.walk(node)
        if isinstance(one, ast.Name | ast.Attribute)
    ]
    return [name for _place, name in sorted(found)]


def holes_in(tree):
    """Say what is wrong with a module that sends: what reaches ``.send`` past no gate."""
    functions = functions_of(tree)
    names = {name: named_in(function) for name, function in functions.items()}
    senders = {name for name, mentioned in names.items() if "send" in mentioned}
    reaching = set(senders)
    while more := {
        name for name in names.keys() - reaching if reaching & set(names[name])
    }:  # fmt: skip
        reaching |= more
    holes = []
    behind = set()
    for name in sorted(reaching - senders):
        mentioned = names[name]
        if "refusal" not in mentioned:
            continue
        first = min(mentioned.index(other) for other in reaching if other in mentioned)
        if mentioned.index("refusal") < first:
            behind.add(name)
    # Who can be called from outside and gets to ``.send`` without a function that asks first?
    open_to_all = {name for name in senders if not name.startswith("_")}
    past = set(senders)
    while more := {
        name for name in reaching - behind - past if past & set(names[name])
    }:  # fmt: skip
        past |= more
    holes += sorted(open_to_all | {name for name in past if not name.startswith("_")})
    if not behind:
        holes.append("nobody asks the gate")
    if sum(mentioned.count("send") for mentioned in names.values()) != 1:
        holes.append("more than one place sends")
    return holes


def test_a_channel_is_used_in_one_place_and_behind_the_gate():
    """Every ``….send`` of the service is in ``sending.py``, or within a channel itself."""
    carriers = carriers_of(sources())
    users = {
        name
        for name, tree in sources().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr == "send"
    }
    assert users - carriers == {"notify/sending.py"}
    assert holes_in(sources()["notify/sending.py"]) == []


@pytest.mark.parametrize(
    ("code", "hole"),
    [
        ("def deliver(m, c):\n    _go(m, c)\ndef _go(m, c):\n    _put(m, c)\n"
         "def _put(m, c):\n    c.send(m)", "deliver"),
        ("def deliver(m, c):\n    if refusal(m): return\n    c.send(m)", "deliver"),
        ("def deliver(m, c):\n    _put(m, c)\n    return refusal(m)\n"
         "def _put(m, c):\n    c.send(m)", "deliver"),
        ("def deliver(m, c):\n    if not refusal(m): _put(m, c)\n"
         "def _put(m, c):\n    c.send(m)\ndef quick(m, c):\n    _put(m, c)", "quick"),
        ("def deliver(m, c):\n    if not refusal(m): _put(m, c)\n"
         "def _put(m, c):\n    c.send(m)\ndef _other(m, c):\n    c.send(m)",
         "more than one place sends"),
        ("def deliver(m, c):\n    if not refusal(m): _put(m, c)\n"
         "def put(m, c):\n    c.send(m)\ndef _put(m, c):\n    put(m, c)", "put"),
    ],
)  # fmt: skip
def test_this_test_finds_a_hole(code, hole):
    assert hole in holes_in(ast.parse(code))


# Modules that could carry something out of the house.
WAYS_OUT = {
    "smtplib", "socket", "ssl", "http.client", "urllib.request", "urllib3", "requests", "httpx",
    "httpx2", "httpcore2", "aiohttp", "aiosmtplib", "ftplib", "telnetlib", "websockets", "h2",
}  # fmt: skip
# The command line only asks whether its own port is free, and whether its child answers there.
# The web worker only takes what comes in; and whether somebody works here is asked of the site's own
# organisation, of which the gate knows nothing: no message of hers passes there.
LOCAL = {
    "cli/startup.py", "cli/demo/children.py", "cli/web_worker.py", "dashboard/sso_provider.py",
}  # fmt: skip
BUILDER = "notify/ways_out.py"


def imported_by(tree):
    """Every module a module may have imported, by its full name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def module_of(name):
    return "service." + name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def importers_of(modules, trees):
    return {name for name, tree in trees.items() if modules & set(imported_by(tree))}


def carriers_of(trees):
    """What can reach the outside, or is built on what can, up to where channels are built."""
    carriers = {
        name for name, tree in trees.items()
        if WAYS_OUT & set(imported_by(tree)) and name not in LOCAL
    }  # fmt: skip
    known = {BUILDER, *LOCAL}
    while more := importers_of({module_of(one) for one in carriers}, trees) - carriers - known:
        carriers |= more
    return carriers


def test_nothing_but_a_channel_could_reach_the_outside():
    """A channel's modules are imported by each other and by ``ways_out.py`` alone."""
    carriers = carriers_of(sources())
    assert all(
        re.fullmatch(r"notify/(push/\w+|push|mail|webhooks/channel)\.py", name) for name in carriers
    )


def test_channels_are_built_in_one_place_for_the_processes_that_send():
    trees = sources()
    building = {
        name
        for name, tree in trees.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and str(getattr(node.func, "id", "")).endswith("Channel")
    }
    # A replay and the demo's past keep what they send: ``KeptChannel`` has no provider.
    keeping = {"cli/replay/player.py", "cli/demo/writing.py", "cli/demo/travel.py"}
    assert building - keeping <= {"notify/channels.py", BUILDER}
    for name in keeping:
        made = {word for word in named_in(trees[name]) if word.endswith("Channel")}
        assert made <= {"KeptChannel"}
    users = importers_of({module_of(BUILDER)}, trees)
    assert all(name.startswith(("jobs/", "cli/")) for name in users), users


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("care/shortcut.py", "import smtplib"),
        ("api/shortcut.py", "from service.notify.push import fcm"),
        ("api/shortcut.py", "from service.notify.push.fcm import FcmChannel"),
        ("jobs/shortcut.py", "import service.notify.mail"),
    ],
)
def test_this_test_finds_a_way_round(name, code):
    trees = {
        "notify/push/fcm.py": ast.parse("import httpx2"),
        "notify/mail.py": ast.parse("from smtplib import SMTP"),
        BUILDER: ast.parse("from service.notify import mail"),
        "jobs/schedule.py": ast.parse("from service.notify.ways_out import built"),
    }
    assert carriers_of(trees) == {"notify/push/fcm.py", "notify/mail.py"}
    assert name in carriers_of({**trees, name: ast.parse(code)})


def test_the_command_line_looks_at_this_machine_only():
    asked = [
        ast.unparse(call.args[0])
        for name, tree in sources().items()
        if name.startswith("cli/")
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "HTTPConnection"
    ]
    assert asked == ["'127.0.0.1'"]


def test_only_the_sender_is_handed_messages_by_the_gatekeeper():
    """Nobody builds a ``Leased`` of his own: they come from the outbox alone."""
    makers = {
        name
        for name, tree in sources().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Leased"
    }
    assert makers == {"notify/leasing.py"}


# Every writer of the outbox, and the kinds it writes.  A new one is added here by hand, after
# thinking about what the gate is to do with its kind.
WRITERS = {
    "alerts/telling.py": {"alert"},
    # Sends off together what telling has worded.
    "alerts/escalation.py": set(),
    "notify/code_mail.py": {"account"},
    "care/answering.py": {"alert", "reply"},
    "emergencies/notices.py": {"account"},
    "erasures/actions.py": {"account"},
    "reminders/releasing.py": {"reminder"},
    "support/actions.py": {"support_request"},
    "support/asking.py": {"support_request"},
    "support/waiting.py": {"support_request"},
    "notify/ways_in.py": {"account"},
    # Administrators, when an endpoint is switched off.  Webhooks themselves are written by one
    # statement in ``notify/webhooks/happenings.py``, of a kind of their own.
    "notify/webhooks/outcomes.py": {"account"},
    # The same message again, as a mail to whom no device takes it: of the kind it was.
    "notify/leasing.py": {"?"},
}


def kinds_written_in(tree):
    """The kinds a module gives its messages; ``?`` for one that is not written out."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    named = {"tell", "tell_all", "Message"}
    return {
        given.value.value if isinstance(given.value, ast.Constant) else "?"
        for call in calls
        if named & {getattr(call.func, "id", ""), getattr(call.func, "attr", "")}
        for given in call.keywords
        if given.arg == "kind"
    }


def test_every_writer_of_the_outbox_is_known_and_so_is_what_it_writes():
    written = {
        name: kinds_written_in(tree)
        for name, tree in sources().items()
        if any(one.startswith("service.notify.actions") for one in imported_by(tree))
        and {"tell", "tell_all"} & set(named_in(tree))
    }
    assert written == WRITERS
    assert set().union(*WRITERS.values()) - {"?"} == gate.KINDS - {"webhook"}


def test_nobody_else_touches_the_outbox():
    """Rows of it are made by ``tell``; beside ``notify`` a replay and her file only read them."""
    users = {name for name, tree in sources().items() if "OutboxMessage" in named_in(tree)}
    readers = {name for name in users if not name.startswith("notify/")}
    assert readers == {"cli/replay/looking.py", "exports/recipients.py"}
    for name in readers:
        written = {"insert", "update", "delete", "add_all"} & set(named_in(sources()[name]))
        assert not written, name
    inserting = {
        name for name in users
        if {"insert_if_new", "insert_all_if_new", "insert_each_if_new"} & set(named_in(sources()[name]))
    }  # fmt: skip
    assert inserting == {"notify/actions.py"}
