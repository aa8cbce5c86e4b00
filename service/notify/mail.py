"""E-mail by SMTP: a discreet subject, a link to sign in, and nothing of what it is about."""

import hashlib
import smtplib
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime, parseaddr
from typing import Any, Self
from urllib.parse import unquote, urlsplit

from service.clock import Clock
from service.notify.breaker import Breaker
from service.notify.channels import ChannelError, Gone, Refused, TryAgain
from service.notify.rules import Handed, Leased
from service.notify.sealed_urls import opened_mailbox, opened_url

Unsubscribe = Callable[[Leased], str | None]

TIMEOUT = timedelta(seconds=5)
ACCOUNT = "account"
_PORTS = {"smtp": 587, "smtps": 465, "smtp+plain": 25}
_PERMANENT = 500
# Mailbox unavailable, not local, not allowed: RFC 5321 section 4.2.3.
_NO_MAILBOX = {550, 551, 553}
_TROUBLES: tuple[tuple[type[Exception], str], ...] = (
    (smtplib.SMTPAuthenticationError, "signing in to the relay failed"),
    (smtplib.SMTPNotSupportedError, "the relay cannot do what is asked of it"),
    (smtplib.SMTPResponseException, "the relay does not want to talk to us"),
    (TimeoutError, "no answer in time"),
    (ssl.SSLError, "the relay is not who it should be"),
)
_UNFOLDED = "List-Unsubscribe"
_ENCODED_WORD = "=?"
_SIGN_IN = "To read it, sign in: {url}"
_UNSUBSCRIBE = "No more e-mails of this kind: {url}"


@dataclass(frozen=True, slots=True)
class Relay:
    """The mail server that takes our mail, and how it is spoken to."""

    scheme: str
    host: str
    port: int
    user: str | None = None
    password: str | None = field(default=None, repr=False)

    @classmethod
    def from_url(cls, url: str) -> Self:
        """Read ``smtp://user:password@host:port``.

        ``smtp`` insists on STARTTLS, ``smtps`` is TLS from the start, and ``smtp+plain``, for a
        relay on this machine, is neither.

        Raises:
            ValueError: it is none; the text tells nothing of its content.
        """
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise ValueError("the port is not a number up to 65535") from None
        if parts.scheme not in _PORTS:
            raise ValueError("must begin with smtp://, smtps:// or smtp+plain://")
        if not parts.hostname:
            raise ValueError("names no host")
        return cls(
            scheme=parts.scheme,
            host=parts.hostname,
            port=port or _PORTS[parts.scheme],
            user=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
        )


def sender_of(text: str) -> Address:
    """Read ``Name <address>``, or an address alone.

    Raises:
        ValueError: it is none.
    """
    name, spec = parseaddr(text)
    try:
        address = Address(display_name=name, addr_spec=spec)
    except (ValueError, IndexError, MessageError):
        raise ValueError("not an e-mail address") from None
    if not text.isprintable() or not address.username or "." not in address.domain:
        raise ValueError("not an e-mail address")
    return address


class _Policy(EmailPolicy):
    """Python's own, but for the one header it would spoil.

    An address longer than a line it turns into encoded words, which no mail program unsubscribes
    by; RFC 5322 lets a line have 998 characters.
    """

    def fold_binary(self, name: str, value: Any) -> bytes:
        """Return a header as it is sent."""
        if name == _UNFOLDED:
            return f"{name}: {value}{self.linesep}".encode("ascii")
        return super().fold_binary(name, value)


_POLICY = _Policy(linesep="\r\n")


class MailChannel:
    """Sends mail through a relay, over a connection for each message.

    Args:
        relay: where to.
        sender: whom it is from.
        public_url: where to sign in.
        clock: dates the mail.
        breaker: leaves the relay alone while it fails.
        unsubscribe_url: one click ends mail of this kind; ``None`` where it may not be ended.
        tls: who is believed; ``None`` for the machine's own authorities.
        timeout: how long any single answer of the relay may take.
    """

    def __init__(
        self,
        relay: Relay,
        sender: Address,
        *,
        public_url: str,
        clock: Clock,
        breaker: Breaker,
        unsubscribe_url: Unsubscribe,
        tls: ssl.SSLContext | None = None,
        timeout: timedelta = TIMEOUT,
    ) -> None:
        self._relay, self._sender, self._public_url = relay, sender, public_url
        self._clock, self._breaker, self._unsubscribe_url = clock, breaker, unsubscribe_url
        self._tls = tls or ssl.create_default_context()
        self._seconds = timeout.total_seconds()

    def send(self, message: Leased) -> Handed:
        """Hand one message to the relay.

        Raises:
            TryAgain: the relay is busy, does not answer, or does not know us.
            Gone: there is no such mailbox, or no address at all.
            Refused: the relay will never take it.
        """
        to = opened_mailbox(message.recipient_id, message.body) or message.email
        if not to:
            raise Gone("no e-mail address")
        mail = self._written(message, to)
        with self._breaker.guards("mail"):
            try:
                self._hand_over(mail, to)
            except (smtplib.SMTPException, OSError) as error:
                raise _verdict(error) from None
        return Handed()

    def _hand_over(self, mail: EmailMessage, to: str) -> None:
        relay = self._relay
        # Its own guess at our name would ask the network.
        common: dict[str, Any] = {
            "host": relay.host, "port": relay.port, "timeout": self._seconds,
            "local_hostname": self._sender.domain,
        }  # fmt: skip
        if relay.scheme == "smtps":
            connection: smtplib.SMTP = smtplib.SMTP_SSL(context=self._tls, **common)
        else:
            connection = smtplib.SMTP(**common)
        try:
            if relay.scheme == "smtp":
                connection.starttls(context=self._tls)
            if relay.user is not None:
                connection.login(relay.user, relay.password or "")
            connection.send_message(mail, self._sender.addr_spec, [to])
            # It is taken by now; whatever becomes of the goodbye must not send it again.
            with suppress(smtplib.SMTPException, OSError):
                connection.quit()
        finally:
            connection.close()

    def _written(self, message: Leased, to: str) -> EmailMessage:
        mail = EmailMessage(policy=_POLICY)
        mail["From"] = self._sender
        mail["To"] = _recipient(to)
        mail["Subject"] = one_line(message.title)
        mail["Date"] = format_datetime(self._clock.now())
        # The same for every try, so that mail programs show a repeat once.
        digest = hashlib.sha256(message.collapse_key.encode()).hexdigest()[:40]
        mail["Message-ID"] = f"<{digest}@{self._sender.domain}>"
        mail["Auto-Submitted"] = "auto-generated"
        unsubscribe = None if message.kind == ACCOUNT else self._unsubscribe_url(message)
        if unsubscribe is not None:
            # One click, RFC 8058.
            mail[_UNFOLDED] = f"<{unsubscribe}>"
            mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        mail.set_content(self._text(message, unsubscribe))
        return mail

    def _text(self, message: Leased, unsubscribe: str | None) -> str:
        parts = [message.title]
        if message.kind == ACCOUNT:
            parts += [str(message.body["text"])] if message.body.get("text") else []
            url = opened_url(message.recipient_id, message.body)
            parts += [url] if url else []
        else:
            parts.append(_SIGN_IN.format(url=self._public_url))
        if unsubscribe is not None:
            parts.append(_UNSUBSCRIBE.format(url=unsubscribe))
        return "\n\n".join(parts) + "\n"


def one_line(text: str) -> str:
    """Return a text that stays in the header it is put into.

    No line breaks or control codes, and no beginning of an encoded word (RFC 2047): Python's
    header would decode it, line breaks and all.
    """
    plain = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(plain.replace(_ENCODED_WORD, "= ?").split())


def _recipient(to: str) -> Address:
    try:
        address = Address(addr_spec=to)
    except (ValueError, IndexError, MessageError):
        raise Refused("mail: not an e-mail address") from None
    if not to.isprintable() or not address.domain:
        raise Refused("mail: not an e-mail address")
    return address


def _verdict(error: Exception) -> ChannelError:
    """Return what an answer of the relay means; its words are not ours and may name people.

    What it says of the recipient or of the mail counts as said; anything else is about us or
    about the relay, and whoever runs the site can mend it.
    """
    code = _code(error)
    if isinstance(error, smtplib.SMTPRecipientsRefused | smtplib.SMTPDataError) and code:
        if code in _NO_MAILBOX and isinstance(error, smtplib.SMTPRecipientsRefused):
            return Gone(f"mail: {code}")
        return Refused(f"mail: {code}") if code >= _PERMANENT else TryAgain(f"mail: {code}")
    return TryAgain(f"mail: {_trouble(error)}" + (f", {code}" if code else ""))


def _trouble(error: Exception) -> str:
    # smtplib says "disconnected" of a wait that was too long as well.
    timed_out = isinstance(error.__context__, TimeoutError)
    for kind, words in _TROUBLES:
        if isinstance(error, kind) or (timed_out and kind is TimeoutError):
            return words
    return "no connection, or it broke off"


def _code(error: Exception) -> int | None:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return min((code for code, _ in error.recipients.values()), default=None)
    if isinstance(error, smtplib.SMTPResponseException) and error.smtp_code > 0:
        return error.smtp_code
    return None
