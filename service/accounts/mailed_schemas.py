"""How codes by mail look on the wire, and what somebody changes of how she signs in."""

from marshmallow import fields

from service.accounts.schemas import CODE_MOST, Email, NewPassword, Password
from service.wire import In, Out, Text

_SECRET_MOST = 1024
_DEVICE_MOST = 1024


class AskedOut(Out):
    """What the asker keeps: the mailed code counts together with ``request`` and not without it."""

    request = fields.String()
    expires_in = fields.Integer()


class MailedCodeIn(In):
    """The code from a mail, as it is written there or without the dash, and who asked for it."""

    request = Text(_SECRET_MOST, required=True)
    code = Text(CODE_MOST, required=True)


class LinkLoginIn(MailedCodeIn):
    """Somebody signs in with a link from a mail; a second factor is asked for if she has one."""

    totp_code = Text(CODE_MOST, blank=True, allow_none=True, load_default=None)
    device_name = Text(allow_none=True, load_default=None)
    known_device = Text(_DEVICE_MOST, allow_none=True, load_default=None)


class PasswordChangeIn(In):
    """Somebody signed in sets a new password.

    ``current_password``, and the code if she has a second factor, unless she has proved herself
    within five minutes.
    """

    password = NewPassword(required=True)
    current_password = Password(allow_none=True, load_default=None)
    totp_code = Text(CODE_MOST, blank=True, allow_none=True, load_default=None)


class AddressIn(In):
    """The address somebody wants to sign in with from now on."""

    email = Email(required=True)
