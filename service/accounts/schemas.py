"""How people look on the wire."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from service.accounts import preferences
from service.accounts.access import GRANT_TOPICS
from service.accounts.models import Role
from service.accounts.rules import PASSWORD_LEAST, PASSWORD_MOST, email_key, is_time_of_day
from service.wire import Flag, Id, In, Moment, Out, Query, Text, TimeZone, Whole, Words

EMAIL_MOST = 254
_SECRET_MOST = 1024
# Six digits, or a recovery code as it is shown.
CODE_MOST = 40
_EMAIL = re.compile(r'[^\s@<>",;:()\[\]\\]+@[^\s@<>",;:()\[\]\\]+\.[^\s@<>",;:()\[\]\\]+')
_LOCALE = validate.Regexp(r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z", error="Not a language, as en-US.")


class Email(fields.String):
    """An e-mail address, kept as typed."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        email = str(super()._deserialize(value, attr, data, **kwargs)).strip()
        too_long = max(len(email), len(email_key(email))) > EMAIL_MOST
        if too_long or not email.isprintable() or not _EMAIL.fullmatch(email):
            raise ValidationError("Not an e-mail address.")
        return email


class Password(fields.String):
    """A password somebody types: any characters, the same however a keyboard composes them."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        typed = str(super()._deserialize(value, attr, data, **kwargs))
        if len(typed) > _SECRET_MOST:
            raise ValidationError("Too long.")
        return unicodedata.normalize("NFC", typed)


class NewPassword(Password):
    """A password somebody chooses: 8 to 128 characters of any kind, not only blanks."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        password = super()._deserialize(value, attr, data, **kwargs)
        if not PASSWORD_LEAST <= len(password) <= PASSWORD_MOST:
            raise ValidationError(f"Needs {PASSWORD_LEAST} to {PASSWORD_MOST} characters.")
        if not password.strip() or "\x00" in password:
            raise ValidationError("Must not be blank or contain the character U+0000.")
        return password


class TimeOfDay(fields.String):
    """A time of day, ``HH:MM``."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        if not isinstance(value, str) or not is_time_of_day(value):
            raise ValidationError("Not a time of day, as 22:00.")
        return value


class RegisterIn(In):
    """Somebody comes in, most often with the code of an invitation."""

    invitation_code = Text(60, allow_none=True, load_default=None)
    email = Email(required=True)
    password = NewPassword(required=True)
    display_name = Text(required=True)
    time_zone = TimeZone(required=True)
    locale = fields.String(required=True, validate=[validate.Length(max=20), _LOCALE])


class JoinIn(In):
    """A new member of staff comes in with the code of her invitation."""

    code = Text(60, required=True)
    email = Email(required=True)
    password = NewPassword(required=True)


class LoginIn(In):
    """Somebody signs in."""

    email = Text(EMAIL_MOST, required=True)
    password = Password(required=True)
    totp_code = Text(CODE_MOST, blank=True, allow_none=True, load_default=None)
    device_name = Text(allow_none=True, load_default=None)
    known_device = Text(_SECRET_MOST, allow_none=True, load_default=None)


class RefreshIn(In):
    """A device asks for its next tokens."""

    refresh_token = Text(_SECRET_MOST, required=True)


class TokensOut(Out):
    """What a device holds; ``expires_in`` is in seconds and of the access token.

    ``known_device`` opens nothing: it is kept after signing out and sent along when signing in.
    """

    access_token = fields.String()
    refresh_token = fields.String()
    known_device = fields.String()
    token_type = fields.String()
    expires_in = fields.Integer()


class SessionOut(Out):
    """A device somebody is signed in on."""

    id = Id()
    kind = fields.String()
    device_name = fields.String(allow_none=True)
    created_at = Moment()
    last_used_at = Moment()
    expires_at = Moment()
    is_this_one = fields.Boolean()


class SessionsOut(Out):
    """A page of devices."""

    items = fields.List(fields.Nested(SessionOut))
    next_cursor = fields.String(allow_none=True)


class EndSessionArgs(Query):
    """Whether a device that is cut off is to forget what it holds."""

    wipe = fields.Boolean(load_default=False, truthy={"true"}, falsy={"false"})


class ForgotIn(In):
    """Somebody has forgotten her password."""

    email = Text(EMAIL_MOST, required=True)


class ResetIn(In):
    """Somebody sets a new password with the code she was mailed."""

    code = Text(_SECRET_MOST, required=True)
    password = NewPassword(required=True)


class StepUpIn(In):
    """Somebody signed in proves herself again: the code is asked for if she has one."""

    password = Password(required=True)
    totp_code = Text(CODE_MOST, blank=True, allow_none=True, load_default=None)


class FactorOut(Out):
    """What an authenticator app needs, shown once."""

    secret = fields.String()
    otpauth_uri = fields.String()


class FactorConfirmIn(In):
    """The first six digits of a new second factor."""

    totp_code = Text(20, required=True)


class RecoveryCodesOut(Out):
    """Ten codes that stand in for a lost phone, shown once."""

    codes = fields.List(fields.String())


class ClinicOut(Out):
    """The clinic somebody belongs to, and whom to call there."""

    id = Id()
    name = fields.String()
    time_zone = fields.String()
    phones = fields.Dict(keys=fields.String(), values=fields.String())


class QuietHours(In):
    """When nothing rings, on her own clock; past midnight if it ends before it starts."""

    start = TimeOfDay(required=True)
    end = TimeOfDay(required=True)

    @validates_schema
    def _refuse_the_whole_day(self, data: dict[str, Any], **_kwargs: Any) -> None:
        if data["start"] == data["end"]:
            raise ValidationError("Must not be as long as a day.", "end")


class SwitchedOff(In):
    """Which kinds of message somebody does not want, way by way."""

    push = Words(preferences.KINDS)
    email = Words(preferences.KINDS)


class Channels(In):
    """Over which ways somebody wants to be reached, how often at most, and by what not.

    ``most_a_day`` counts pushes in her own day; null is any number.  Mail about her account is
    not among the kinds: she asks for each of them herself.
    """

    push = Flag()
    email = Flag()
    most_a_day = Whole(1, 50, allow_none=True)
    off = fields.Nested(SwitchedOff)


class MeOut(Out):
    """Somebody's own account."""

    id = Id()
    patient_id = Id(allow_none=True)
    email = fields.String()
    display_name = fields.String()
    role = fields.String()
    time_zone = fields.String()
    locale = fields.String()
    clinic = fields.Nested(ClinicOut, allow_none=True)
    quiet_hours = fields.Nested(QuietHours, allow_none=True)
    channels = fields.Nested(Channels)
    second_factor = fields.Boolean()


class MeIn(In):
    """What somebody may change of her own account; what is left out stays."""

    display_name = Text()
    time_zone = TimeZone()
    locale = fields.String(validate=[validate.Length(max=20), _LOCALE])
    quiet_hours = fields.Nested(QuietHours, allow_none=True)
    channels = fields.Nested(Channels)


class RegisteredOut(TokensOut):
    """A new account, signed in."""

    account = fields.Nested(MeOut)


class InvitationIn(In):
    """Whom somebody invites: staff a patient, a patient a member of her family."""

    role = fields.String(
        required=True, validate=validate.OneOf([Role.PATIENT.value, Role.CAREGIVER.value])
    )
    email = Email(allow_none=True, load_default=None)
    display_name = Text(allow_none=True, load_default=None)
    topics = Words(GRANT_TOPICS, load_default=[])

    @validates_schema
    def _topics_are_for_family(self, data: dict[str, Any], **_kwargs: Any) -> None:
        if data["topics"] and data["role"] != Role.CAREGIVER.value:
            raise ValidationError("Only family is given topics.", "topics")


class InvitationOut(Out):
    """An invitation.  The code is shown here and nowhere else."""

    code = fields.String()
    url = fields.String()
    expires_at = Moment()
