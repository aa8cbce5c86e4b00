"""The file itself: a ZIP, written as it is read, in pieces of equal size."""

import zipfile
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

from service.exports.csv_rows import csv_lines
from service.exports.fhir.bundle import bundle
from service.exports.models import ExportFormat
from service.exports.page import her_page
from service.exports.reading import Reader, exported_columns, exported_tables
from service.exports.recipients import Recipient, recipients_of
from service.sealed_files import PIECE, Sealer

Put = Callable[[int, bytes], None]

_READ_ME = """\
This is everything that is kept about you in Waymark.

her-record.html   to read: open it in a browser
tables/           the same as tables, for a spreadsheet (CSV, UTF-8); see below
fhir.json         the same for another health service (HL7 FHIR R4, a Bundle)
recipients.csv    who has received your data

You may have asked for some of these only.

In the tables a text that begins with = + - @ ' or with a character that is not seen has an
apostrophe (') in front, so that a spreadsheet shows it and does not run it.  Take it away, and the
text is as it was.

Not in here: digests of passwords, tokens and codes, and secrets of authenticator apps.
"""


class PieceWriter:
    """What the ZIP is written to: hands pieces on, sealed, as soon as one is full."""

    def __init__(self, sealer: Sealer, put: Put) -> None:
        self.pieces = 0
        self._sealer, self._put = sealer, put
        self._waiting = bytearray()

    def write(self, data: bytes) -> int:
        """Take data in."""
        self._waiting += data
        # The last piece says that it is: one is kept back until it is known.
        while len(self._waiting) > PIECE:
            self._hand_on(bytes(self._waiting[:PIECE]), is_last=False)
            del self._waiting[:PIECE]
        return len(data)

    def flush(self) -> None:
        """Do nothing: what is not a whole piece waits."""

    def close(self) -> None:
        """Hand on the last piece."""
        self._hand_on(bytes(self._waiting), is_last=True)

    def _hand_on(self, piece: bytes, *, is_last: bool) -> None:
        self._put(self.pieces, self._sealer.seal(self.pieces, piece, is_last=is_last))
        self.pieces += 1


class Sealed(NamedTuple):
    """A file that lies there in pieces, and the writer's key that belongs to it."""

    pieces: int
    writer_key: bytes


def passes_of(format: ExportFormat) -> int:
    """Return how often all rows are read for a format."""
    return 3 if format is ExportFormat.ALL else 1


def write_sealed(
    reader: Reader, reader_key: bytes, put: Put, format: ExportFormat, *, now: datetime
) -> Sealed:
    """Write all that is held about her, sealed for one reader; ``put`` takes piece by piece."""
    sealer = Sealer(reader_key)
    writer = PieceWriter(sealer, put)
    write_zip(reader, writer, format, now=now)
    writer.close()
    return Sealed(writer.pieces, sealer.writer)


def write_zip(reader: Reader, into: Any, format: ExportFormat, *, now: datetime) -> None:
    """Write all that is held about her; ``into`` takes bytes and is not read back."""
    recipients = reader.ask(lambda session: recipients_of(session, reader.hers))
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:

        def member(name: str, parts: Iterator[bytes]) -> None:
            entry = zipfile.ZipInfo(name, now.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(entry, "w", force_zip64=True) as file:
                for part in parts:
                    file.write(part)

        member("READ-ME.txt", iter([_READ_ME.encode()]))
        member("recipients.csv", _recipients_csv(recipients))
        if format in (ExportFormat.HTML, ExportFormat.ALL):
            page = her_page(reader, recipients, now=now)
            member("her-record.html", (part.encode() for part in page))
        if format in (ExportFormat.CSV, ExportFormat.ALL):
            for table in exported_tables():
                names = [column.name for column in exported_columns(table)]
                lines = csv_lines(names, reader.rows(table))
                member(f"tables/{table.name}.csv", (line.encode() for line in lines))
        if format in (ExportFormat.FHIR, ExportFormat.ALL):
            member("fhir.json", bundle(reader, now=now))


def _recipients_csv(recipients: list[Recipient]) -> Iterator[bytes]:
    rows = (one._asdict() for one in recipients)
    return (line.encode() for line in csv_lines(Recipient._fields, rows))
