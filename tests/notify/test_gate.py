"""The one gate, and that there is no way round it."""

import ast
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

import service
from service.accounts.models import CareStatus
from service.notify.gate import refusal
from service.notify.rules import Leased

NOW = datetime(2026, 3, 2, 17, 0, tzinfo=UTC)
SERVICE = Path(service.__file__).parent


def message(*statuses: str, kind="reminder", to_staff=False, useful_until=None, is_disabled=False):
    return Leased(
        id=uuid4(), try_no=1, until=NOW + timedelta(seconds=30), collapse_key="k",
        patient_id=uuid4(), recipient_id=uuid4(), to_staff=to_staff, channel="push", kind=kind,
        subject_id=None, title="", body={}, useful_until=useful_until,
        care_statuses=frozenset(CareStatus(status) for status in statuses),
        is_disabled=is_disabled,
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


def test_what_is_of_no_use_any_more_stays():
    assert refusal(message("active", useful_until=NOW), now=NOW) is None
    late = message("active", useful_until=NOW - timedelta(microseconds=1))
    assert refusal(late, now=NOW) == "too late"


def sources():
    for path in sorted(SERVICE.rglob("*.py")):
        yield path.relative_to(SERVICE).as_posix(), ast.parse(path.read_text())


def test_a_channel_is_used_in_one_place_and_behind_the_gate():
    """Every ``….send`` in the service: one, in ``sending.py``, called after asking the gate."""
    uses = [
        (name, node.value.id if isinstance(node.value, ast.Name) else "?")
        for name, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr == "send"
    ]
    assert uses == [("notify/sending.py", "channel")]

    tree = dict(sources())["notify/sending.py"]
    functions = {n.name: n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)}
    callers = [
        (name, [call.func.id for call in _calls(function)])
        for name, function in functions.items()
        if any(call.func.id == "_send" for call in _calls(function))
    ]
    [(caller, calls)] = callers
    assert caller == "_deliver"
    assert calls.index("refusal") < calls.index("_send")


def _calls(function: ast.FunctionDef) -> list[ast.Call]:
    found = [
        n for n in ast.walk(function) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)
    ]
    return sorted(found, key=lambda call: (call.lineno, call.col_offset))


# Modules that could carry something out of the house.
WAYS_OUT = {
    "smtplib", "socket", "ssl", "http.client", "urllib.request", "requests", "httpx", "httpx2",
    "aiohttp", "ftplib", "telnetlib", "websockets",
}  # fmt: skip


def test_nothing_but_a_channel_could_reach_the_outside():
    importers = {
        name
        for name, tree in sources()
        for node in ast.walk(tree)
        for module in _imported(node)
        if module in WAYS_OUT
    }
    # The command line only asks whether its own port is free, and whether its child answers there.
    assert importers <= {"notify/channels.py", "cli/startup.py", "cli/demo/children.py"}


def test_the_command_line_looks_at_this_machine_only():
    asked = [
        ast.unparse(call.args[0])
        for name, tree in sources()
        if name.startswith("cli/")
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef)
        for call in _calls(function)
        if call.func.id == "HTTPConnection"
    ]
    assert asked == ["'127.0.0.1'"]


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module or ""] if isinstance(node, ast.ImportFrom) else []


def test_only_the_sender_is_handed_messages_by_the_gatekeeper():
    """Nobody builds a ``Leased`` of his own: they come from the outbox alone."""
    makers = {
        name
        for name, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Leased"
    }
    assert makers == {"notify/leasing.py"}
