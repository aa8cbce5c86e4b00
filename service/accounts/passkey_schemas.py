"""How passkeys look on the wire: what browsers make of them (WebAuthn level 3, ``toJSON``)."""

from marshmallow import EXCLUDE, Schema, fields, validate

from service.wire import Id, In, Line, Moment, Out, Text

_BYTES = 20_000  # characters of base64url
_KNOWN_MOST = 1024
NAME_MOST = 100


class _Said(Schema):
    """What a browser says; it may say more than we ask, and more with each version."""

    class Meta:
        unknown = EXCLUDE


class PasskeyMadeResponse(_Said):
    """What an authenticator answers that has made a passkey, in base64url."""

    clientDataJSON = Text(_BYTES, required=True)  # noqa: N815 - the standard's name
    attestationObject = Text(_BYTES, required=True)  # noqa: N815


class PasskeyUsedResponse(_Said):
    """What an authenticator answers that has signed with a passkey, in base64url."""

    clientDataJSON = Text(_BYTES, required=True)  # noqa: N815
    authenticatorData = Text(_BYTES, required=True)  # noqa: N815
    signature = Text(_BYTES, required=True)
    userHandle = Text(200, allow_none=True, load_default=None)  # noqa: N815


class _Credential(_Said):
    """A ``PublicKeyCredential``."""

    id = Text(1364, required=True)
    rawId = Text(1364, required=True)  # noqa: N815
    type = fields.String(required=True, validate=validate.OneOf(["public-key"]))


class PasskeyMadeCredential(_Credential):
    """What ``navigator.credentials.create`` gives, as JSON."""

    response = fields.Nested(PasskeyMadeResponse, required=True)


class PasskeyUsedCredential(_Credential):
    """What ``navigator.credentials.get`` gives, as JSON."""

    response = fields.Nested(PasskeyUsedResponse, required=True)


class PasskeyOptionsOut(Out):
    """What the browser is to be asked: ``publicKey``, as ``parse…OptionsFromJSON`` reads it."""

    public_key = fields.Dict()


class PasskeyIn(In):
    """A passkey to be added."""

    name = Line(NAME_MOST, required=True)
    credential = fields.Nested(PasskeyMadeCredential, required=True)


class PasskeyNameIn(In):
    """Another name for a passkey."""

    name = Line(NAME_MOST, required=True)


class PasskeyLoginIn(In):
    """Somebody signs in with a passkey."""

    credential = fields.Nested(PasskeyUsedCredential, required=True)
    device_name = Text(allow_none=True, load_default=None)
    known_device = Text(_KNOWN_MOST, allow_none=True, load_default=None)


class PasskeyOut(Out):
    """A passkey; ``is_synced`` tells that her other devices have it too."""

    id = Id()
    name = fields.String()
    is_synced = fields.Boolean()
    created_at = Moment()
    last_used_at = Moment(allow_none=True)


class PasskeysOut(Out):
    """Somebody's passkeys."""

    items = fields.List(fields.Nested(PasskeyOut))
    next_cursor = fields.String(allow_none=True)
