"""The ways out of a site, built from its settings, once, where the scheduler starts."""

import logging
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from service.clock import Clock
from service.environment import BadConfig
from service.logs import Code
from service.notify.breaker import Breaker
from service.notify.channels import Channel, Channels, ConsoleChannel
from service.notify.mail import MailChannel, Relay, Unsubscribe, sender_of
from service.notify.push.apns import HOST, SANDBOX, Apns, ApnsKey
from service.notify.push.channel import Provider, PushChannel
from service.notify.push.fcm import Fcm, ServiceAccount
from service.notify.push.posting import Poster
from service.notify.push.vapid import Vapid, VapidKey
from service.notify.push.webpush import PUSH_SERVICES, WebPush
from service.notify.webhooks.channel import PATIENCE, WebhookChannel

logger = logging.getLogger(__name__)

T = TypeVar("T")
Settings = Mapping[str, Any]

_LARGEST_FILE = 64 * 1024
_PATTERN = re.compile(r"(\*\.)?[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})+", re.ASCII)


def channels_from(settings: Settings, clock: Clock, unsubscribe_url: Unsubscribe) -> Channels:
    """Return the ways out that are set up, and the console for the others, which the log names.

    Args:
        settings: as ``Config`` names them.
        clock: for what expires.
        unsubscribe_url: ends mail of a message's kind; ``None`` where it may not be ended.

    Raises:
        BadConfig: a setting is unusable; the text names it and nothing of its content.
    """
    breaker = Breaker()
    return {
        "push": _push(settings, clock, breaker),
        "email": _mail(settings, clock, breaker, unsubscribe_url),
        "webhook": WebhookChannel(Poster(timeout=PATIENCE), clock),
    }


def vapid_key_of(settings: Settings) -> VapidKey:
    """Return the key this site sends to browsers with.

    Raises:
        BadConfig: it is none.
    """
    return _parsed("VAPID_PRIVATE_KEY", VapidKey.from_text, settings["VAPID_PRIVATE_KEY"])


def _push(settings: Settings, clock: Clock, breaker: Breaker) -> Channel:
    providers: dict[str, Provider] = {}
    if settings["VAPID_PRIVATE_KEY"] is not None:
        providers["webpush"] = _web_push(settings, clock)
    else:
        _missing("VAPID_PRIVATE_KEY", "no pushes to browsers")
    if settings["FCM_CREDENTIALS_FILE"] is not None:
        account = _read("FCM_CREDENTIALS_FILE", settings, ServiceAccount.from_json)
        providers["fcm"] = Fcm(Poster(), account, clock)
    else:
        _missing("FCM_CREDENTIALS_FILE", "no pushes to Android phones")
    if settings["APNS_KEY_FILE"] is not None:
        host = SANDBOX if settings["APNS_SANDBOX"] else HOST
        key = _read("APNS_KEY_FILE", settings, lambda pem: _apns_key(pem, settings))
        providers["apns"] = Apns(Poster(http2=True), key, clock, host)
    else:
        _missing("APNS_KEY_FILE", "no pushes to iPhones")
    if not providers:
        logger.warning("no push provider is set up: pushes become lines on the console")
        return ConsoleChannel()
    return PushChannel(providers, breaker)


def _web_push(settings: Settings, clock: Clock) -> Provider:
    key = vapid_key_of(settings)
    subject = settings["VAPID_SUBJECT"]
    if not subject.startswith(("mailto:", "https://")):
        raise BadConfig("VAPID_SUBJECT: must begin with mailto: or https://")
    hosts = settings["WEB_PUSH_HOSTS"] or PUSH_SERVICES
    if not all(_PATTERN.fullmatch(host) for host in hosts):
        raise BadConfig("WEB_PUSH_HOSTS: must be host names, with *. in front for all below one")
    return WebPush(Poster(), Vapid(key, subject), clock, hosts)


def _apns_key(pem: bytes, settings: Settings) -> ApnsKey:
    return ApnsKey.from_pem(
        pem,
        key_id=settings["APNS_KEY_ID"],
        team_id=settings["APNS_TEAM_ID"],
        topic=settings["APNS_TOPIC"],
    )


def _mail(
    settings: Settings, clock: Clock, breaker: Breaker, unsubscribe_url: Unsubscribe
) -> Channel:
    if settings["SMTP_URL"] is None:
        _missing("SMTP_URL", "e-mails become lines on the console")
        return ConsoleChannel()
    return MailChannel(
        _parsed("SMTP_URL", Relay.from_url, settings["SMTP_URL"]),
        _parsed("MAIL_FROM", sender_of, settings["MAIL_FROM"]),
        public_url=settings["PUBLIC_URL"],
        clock=clock,
        breaker=breaker,
        unsubscribe_url=unsubscribe_url,
    )


def _read(name: str, settings: Settings, parse: Callable[[bytes], T]) -> T:
    try:
        with Path(settings[name]).open("rb") as file:
            data = file.read(_LARGEST_FILE)
    except OSError as error:
        raise BadConfig(f"{name}: the file cannot be read ({error.strerror})") from None
    return _parsed(name, parse, data)


def _parsed(name: str, parse: Callable[[Any], T], value: Any) -> T:
    try:
        return parse(value)
    except ValueError as error:
        raise BadConfig(f"{name}: {error}") from None


def _missing(name: str, what_follows: str) -> None:
    logger.warning("%s is not set: %s", Code(name), Code(what_follows))
