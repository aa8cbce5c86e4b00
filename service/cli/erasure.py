"""What a site does by hand about those who were erased: after a restore, and when the law asks."""

from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any
from uuid import UUID

import click
from flask import current_app
from flask.cli import with_appcontext

from service.db import transaction
from service.erasures import erased_list
from service.erasures.actions import archive_piece
from service.erasures.models import ErasureRequest
from service.ids import new_id
from service.jobs.erasures import erase_due
from service.sealed_files import NotOpened, Opener, new_reader, text_of


@click.group()
def erasure() -> None:
    """Those who were erased: a list to keep, a backup to go through, a record the law asks for."""


@erasure.command("key")
def key() -> None:
    """Make the key records are sealed with where the law has a site keep them.

    Prints RETENTION_PUBLIC_KEY for the settings, and the private key: keep that on paper or another
    machine.  Without it nobody can ever open what is sealed; with it anybody can.
    """
    private, public = new_reader()
    click.echo(f"RETENTION_PUBLIC_KEY={text_of(public)}")
    click.echo(f"private key: {private}")


@erasure.command("list")
@with_appcontext
def list_erased() -> None:
    """Print who was erased, as lines of JSON without names: keep them beside the backups."""
    with transaction() as session:
        for one in erased_list.in_database(session):
            click.echo(one.line(), nl=False)


@erasure.command("reapply")
@click.argument("files", nargs=-1, type=click.File("rb"))
@with_appcontext
def reapply(files: tuple[IO[bytes], ...]) -> None:
    """Erase again whom a restored backup has brought back.

    FILES are lists of who was erased: ERASED_LIST_FILE, or the output of `waymark erasure list`.
    Run it after a restore and before the service is started.

    Exit codes: 0 nobody of the lists is there any more, 1 somebody is, or a file is none of ours.
    """
    app: Any = current_app
    clock = app.extensions["clock"]
    with transaction() as session:
        named = [*_read(files), *erased_list.in_database(session)]
        there = erased_list.bring_back_requests(session, named, now=clock.now())
    # In transactions of its own, so that one who cannot be erased keeps nobody else.
    while erase_due(app, clock, new_id()):
        pass
    with transaction() as session:
        left = erased_list.there_again(session, named)
    if left:
        raise click.ClickException(f"{len(left)} could not be erased: the log says why.")
    click.echo(f"{there} had come back: erased again." if there else "Nobody had come back.")


@erasure.command("open")
@click.argument("request_id", type=click.UUID)
@click.argument("into", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--key-file", required=True, type=click.File("r"), help="Holds the private key.")
@with_appcontext
def open_record(request_id: UUID, into: Path, key_file: IO[str]) -> None:
    """Write the record that is kept sealed for a request to a ZIP file, for whom the law names.

    Exit codes: 0 written, 1 nothing is kept, or the key is another.
    """
    with transaction() as session:
        request = session.get(ErasureRequest, request_id)
        if request is None or request.pieces is None or request.writer_key is None:
            raise click.ClickException("Nothing is kept for this request.")
        pieces = request.pieces
    try:
        opener = Opener(key_file.read().strip(), request.writer_key)
        with into.open("xb") as file:
            into.chmod(0o600)
            for number in range(pieces):
                with transaction() as session:
                    sealed = archive_piece(session, request_id, number)
                file.write(opener.open(number, sealed, is_last=number == pieces - 1))
    except NotOpened:
        into.unlink(missing_ok=True)
        raise click.ClickException("This is not the key the record is sealed for.") from None
    except FileExistsError:
        raise click.ClickException(f"{into} is there already.") from None
    click.echo(f"Written to {into}. Whoever reads it reads all of her record.")


def _read(files: Iterable[IO[bytes]]) -> list[erased_list.Erased]:
    found: list[erased_list.Erased] = []
    for file in files:
        try:
            found += erased_list.read(file)
        except erased_list.BadLine as bad:
            raise click.ClickException(f"{file.name}: {bad}") from None
    return found
