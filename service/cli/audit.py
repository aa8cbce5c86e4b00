"""The access log from the command line: is it as it was written, and how far has it come."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import click
from flask.cli import with_appcontext

from service.audit import anchors
from service.audit.anchors import Anchor, BadAnchors
from service.audit.verifying import Chain, Finding, verify
from service.clock import SystemClock
from service.db import transaction

NOT_WHOLE = 3
# A chain written anew differs in every entry; nobody reads a million lines of it.
_NAMED_AT_MOST = 1000


@click.group()
def audit() -> None:
    """The access log: verify its chains, write down how far they have come."""


@audit.command("anchor")
@click.option(
    "--file", "path", required=True, type=click.Path(dir_okay=False, path_type=Path),
    help="Where to add the lines; keep it where the database's owner cannot write.",
)  # fmt: skip
@with_appcontext
def anchor(path: Path) -> None:
    """Add the head of each clinic's chain to a file, as JSON lines.

    Exit codes: 0 written, 1 the file cannot be written.
    """
    with transaction() as session:
        heads = anchors.heads(session, now=SystemClock().now())
    try:
        anchors.append(path, heads)
    except OSError as error:
        raise click.ClickException(f"{path}: {error.strerror}") from None
    with transaction() as session:
        anchors.note_anchored(session, heads)
    click.echo(f"Anchored {len(heads)} chain(s).")


@audit.command("verify")
@click.option(
    "--anchors", "path", type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Anchors kept elsewhere; without them a cut tail or a whole new chain is not seen.",
)  # fmt: skip
@with_appcontext
def verify_log(path: Path | None) -> None:
    """Read every clinic's chain from its beginning and name what is not as it was written.

    Entries that are changed, put in, moved, missing or back-dated are named by clinic, number and
    id; the first thousand of each clinic.  It may run while the service does.

    Exit codes: 0 every chain is whole, 1 it could not be read, 3 something was found.
    """
    found: Counter[UUID] = Counter()
    try:
        for one in verify(transaction, _kept(path)):
            if isinstance(one, Chain):
                click.echo(_said_of_chain(one, found[one.clinic_id]))
                continue
            found[one.clinic_id] += 1
            if found[one.clinic_id] <= _NAMED_AT_MOST:
                click.echo(_said(one))
    except BadAnchors as bad:
        raise click.ClickException(str(bad)) from None
    if found:
        raise click.exceptions.Exit(NOT_WHOLE)


def _kept(path: Path | None) -> Iterator[Anchor]:
    if path is not None:
        yield from anchors.read(path)


def _said(found: Finding) -> str:
    entry = f"{found.clinic_id} entry {found.number or 'not sealed'} {found.entry_id or ''}".strip()
    match found.kind:
        case "missing":
            what = f"missing, up to {found.last}"
        case "cut":
            what = f"missing: the chain ends before it, and was anchored at {found.last}"
        case "unlike_anchor":
            what = "is not what was anchored: the chain was written anew before it"
        case "back_dated":
            what = "back-dated: its moment lies long before the entry it comes after"
        case _:
            what = "changed: it was edited, put in or moved"
    return f"{entry}: {what}"


def _said_of_chain(chain: Chain, findings: int) -> str:
    state = "whole" if not findings else f"NOT WHOLE, {findings} finding(s)"
    return f"{chain.clinic_id}: {chain.sealed} entries, {state}."
