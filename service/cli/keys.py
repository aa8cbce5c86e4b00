"""The keys of private words from the command line."""

import click
from flask.cli import with_appcontext

from service import sealing
from service.accounts import word_keys
from service.db import transaction

_BATCH = 50


@click.group()
def keys() -> None:
    """The keys private words are sealed with: make, look at, rotate, seal what is plain.

    Exit codes: 0 done, 1 a key is missing or something does not open.
    """


@keys.command("new")
@click.argument("id")
def new(id: str) -> None:
    """Make a master key called ID, as it stands first in the setting MASTER_KEYS.  Kept nowhere."""
    entry = f"{id}:{sealing.new_master_key()}"
    try:
        sealing.ring_from(entry)
    except ValueError as bad:
        raise click.ClickException(str(bad)) from None
    click.echo(entry)


@keys.command("status")
@with_appcontext
def status() -> None:
    """Say how many keys are under each master key, and whose words are still plain."""
    with transaction() as session:
        counts = word_keys.counts_by_master(session)
    newest = sealing.held().newest
    click.echo(f"newest: {newest}")
    for name, count in sorted(counts.items()):
        click.echo(f"{name}: {count}")
    if not counts.keys() - {newest, "shredded"}:
        click.echo("Nothing is left to do; older master keys may go once old backups are gone.")


@keys.command("rotate")
@with_appcontext
def rotate() -> None:
    """Wrap every key anew under the newest master key.

    The service may run meanwhile.  Stopped anywhere, run again: it goes on where it was.
    """
    done = 0
    try:
        with transaction() as session:
            word_keys.seal_secrets(session)
        while True:
            with transaction() as session:
                some = word_keys.rotate_some(session, most=_BATCH)
            if not some:
                break
            done += some
            click.echo(f"{done} rotated", err=True)
    except (sealing.NoMasterKey, sealing.NotOpened) as refused:
        raise click.ClickException(f"{refused}.") from None
    click.echo(f"{done} keys are under master key {sealing.held().newest} now.")


@keys.command("seal")
@with_appcontext
def seal() -> None:
    """Seal what an upgrade found plain, one patient a transaction.

    The service may run meanwhile.  Stopped anywhere, run again: it goes on where it was.
    """
    with transaction() as session:
        word_keys.seal_secrets(session)
    done = 0
    while True:
        with transaction() as session:
            some = word_keys.open_patients(session, most=_BATCH)
        if not some:
            break
        for patient_id in some:
            with transaction() as session:
                done += word_keys.seal_patient(session, patient_id)
        click.echo(f"{done} sealed", err=True)
    click.echo(f"The words of {done} patients were sealed.")
