"""The webhook channel: one POST to a site's own system, signed."""

from datetime import timedelta
from http import HTTPStatus

from service.clock import Clock
from service.notify.breaker import Breaker
from service.notify.channels import AtRest, Gone, Refused, TryAgain
from service.notify.push.posting import Poster
from service.notify.rules import Endpoint, Handed, Leased
from service.notify.webhooks.happenings import content_of
from service.notify.webhooks.signing import headers_of, payload_of

# As the specification advises, and less than a lease leaves for one try.
PATIENCE = timedelta(seconds=15)


class WebhookChannel:
    """Posts to endpoints that were checked, each with a breaker of its own.

    Args:
        poster: looks names up, and reaches public addresses alone.
        clock: for what is signed.
        breaker: leaves endpoints alone that fail.
    """

    def __init__(self, poster: Poster, clock: Clock, breaker: Breaker | None = None) -> None:
        self._poster, self._clock, self._breaker = poster, clock, breaker or Breaker()

    def send(self, message: Leased) -> Handed:
        """Post one message; return once the receiver has answered that it has it (2xx).

        Raises:
            TryAgain: any other answer, or none in time.  ``AtRest``: it was not even tried.
            Gone: 410, the receiver wants nothing of us any more.
            Refused: there is no endpoint to post to.
        """
        if message.endpoint is None:
            raise Refused("webhook: no endpoint")
        was_tried = False
        try:
            with self._breaker.guards(f"webhook {message.subject_id}"):
                was_tried = True
                self._post(message, message.endpoint)
        except AtRest as error:
            if not was_tried:
                raise
            raise TryAgain(str(error), retry_after=error.retry_after) from None
        return Handed()

    def _post(self, message: Leased, endpoint: Endpoint) -> None:
        now = self._clock.now()
        content = content_of(message.body) if endpoint.with_content else {}
        payload = payload_of(message.body, content)
        answer = self._poster.post(
            endpoint.url,
            headers={
                "Content-Type": "application/json",
                "User-Agent": "Waymark-Webhooks",
                **headers_of(message.body["event"], payload, endpoint.secrets, now=now),
            },
            content=payload,
            who="webhook",
        )
        if HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
            return
        if answer.status == HTTPStatus.GONE:
            raise Gone("webhook: 410")
        raise answer.again("webhook", now=now)
