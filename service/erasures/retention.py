"""What a site does when somebody wants to be erased: as its law has it, said in its settings."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple, Self

from dateutil.relativedelta import relativedelta

from service.sealed_files import public_from

CONSUMER, HIPAA = "consumer", "hipaa"


class Retention(NamedTuple):
    """``consumer`` erases; ``hipaa`` seals the record for ``years`` first, by the law ``basis``.

    ``reader_key`` is the public half of the key the site keeps elsewhere: neither the service nor
    its staff can open what is sealed for it.  All three are ``None`` for ``consumer``.
    """

    mode: str
    years: int | None
    basis: str | None
    reader_key: bytes | None

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Self:
        """Return what the settings say, which were checked when they were read."""
        key = config["RETENTION_PUBLIC_KEY"]
        return cls(
            config["RETENTION_MODE"], config["RETENTION_YEARS"], config["RETENTION_BASIS"],
            None if key is None else public_from(key),
        )  # fmt: skip

    def until(self, now: datetime) -> datetime | None:
        """Return when what is kept from now on is erased as well; ``None`` if nothing is kept."""
        return None if self.years is None else now + relativedelta(years=self.years)
