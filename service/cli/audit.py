"""The access log from the command line: is it as it was written, and how far has it come."""

from collections import Counter
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from uuid import UUID

import click
from flask.cli import with_appcontext

from service.audit import anchors, copying
from service.audit.anchors import Anchor, BadAnchors
from service.audit.comparing import compare
from service.audit.copying import BadCopy
from service.audit.verifying import Chain, Finding, verify
from service.clock import SystemClock
from service.db import transaction

NOT_WHOLE = 3
# A chain written anew differs in every entry; nobody reads a million lines of it.
_NAMED_AT_MOST = 1000


@click.group()
def audit() -> None:
    """The access log: verify its chains, write down how far they have come, copy it elsewhere."""


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


@audit.command("copy")
@click.option(
    "--to", "path", required=True, type=click.Path(dir_okay=False, path_type=Path),
    help="Where to add the lines; whatever carries logs off takes them from there.",
)  # fmt: skip
@with_appcontext
def copy(path: Path) -> None:
    """Add the entries that were sealed since the last copy to a file, as JSON lines.

    Run it every minute.  How far it has come stands beside the file, in FILE.position: the file
    itself may be moved away, and a new one is begun.  Nothing is left out, nothing comes twice.

    Exit codes: 0 copied, 1 a file cannot be written, or the log is not the one that was copied.
    """
    try:
        copied = copying.copy_on(transaction, path)
    except OSError as error:
        raise click.ClickException(f"{path}: {error.strerror}") from None
    except BadCopy as bad:
        raise click.ClickException(str(bad)) from None
    click.echo(f"Copied {copied} entries.")


@audit.command("verify")
@click.option(
    "--anchors", "path", type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Anchors kept elsewhere; without them a cut tail or a whole new chain is not seen.",
)  # fmt: skip
@click.option(
    "--copy", "copies", multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A copy kept elsewhere, to compare with; several are compared each for itself.",
)  # fmt: skip
@with_appcontext
def verify_log(path: Path | None, copies: tuple[Path, ...]) -> None:
    """Read every clinic's chain from its beginning and name what is not as it was written.

    Entries that are changed, put in, moved, missing or back-dated are named by clinic, number and
    id; the first thousand of each clinic.  It may run while the service does.

    Exit codes: 0 every chain is whole, 1 it could not be read, 3 something was found.
    """
    found: Counter[UUID] = Counter()
    try:
        compared = (compare(transaction, copying.read(one)) for one in copies)
        for one in chain(*compared, verify(transaction, _kept(path))):
            if isinstance(one, Chain):
                click.echo(_said_of_chain(one, found[one.clinic_id]))
                continue
            found[one.clinic_id] += 1
            if found[one.clinic_id] <= _NAMED_AT_MOST:
                click.echo(_said(one))
    except (BadAnchors, BadCopy) as bad:
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
        case "copy_lacks":
            what = f"the copy goes on at another number: left out, or twice, up to {found.last}"
        case "copy_changed":
            what = "the copy was changed"
        case "unlike_copy":
            what = "is not in the log as it was copied: the log was changed, or cut, from there on"
        case _:
            what = "changed: it was edited, put in or moved"
    return f"{entry}: {what}"


def _said_of_chain(chain: Chain, findings: int) -> str:
    state = "whole" if not findings else f"NOT WHOLE, {findings} finding(s)"
    return f"{chain.clinic_id}: {chain.sealed} entries, {state}."
