"""An authenticator made of software: it makes keys and signs, for whatever page asks it to."""

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import base64url_to_bytes as octets
from webauthn.helpers import bytes_to_base64url as text

PRESENT, VERIFIED, HAS_KEY = 0x01, 0x04, 0x40


@dataclass
class Authenticator:
    """One key pair; ``rp_id`` and ``origin`` are those of the page it is shown."""

    rp_id: str = "waymark.test"
    origin: str = "https://waymark.test"
    flags: int = PRESENT | VERIFIED
    count: int = 0
    credential_id: bytes = field(default_factory=lambda: uuid4().bytes)
    key: Any = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    user_handle: str = ""

    def make(self, options: dict[str, Any]) -> dict[str, Any]:
        """Do as ``navigator.credentials.create`` does."""
        self.user_handle = options["user"]["id"]
        numbers = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}
        kept = bytes(16) + len(self.credential_id).to_bytes(2) + self.credential_id
        data = self._data(self.flags | HAS_KEY) + kept + cbor2.dumps(cose)
        made = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        said = self._client_data("webauthn.create", options)
        return self._credential(clientDataJSON=text(said), attestationObject=text(made))

    def sign(self, options: dict[str, Any]) -> dict[str, Any]:
        """Do as ``navigator.credentials.get`` does."""
        self.count += 1
        data, said = self._data(self.flags), self._client_data("webauthn.get", options)
        signature = self.key.sign(data + hashlib.sha256(said).digest(), ec.ECDSA(hashes.SHA256()))
        return self._credential(
            clientDataJSON=text(said), authenticatorData=text(data), signature=text(signature),
            userHandle=self.user_handle,
        )  # fmt: skip

    def _data(self, flags: int) -> bytes:
        return (
            hashlib.sha256(self.rp_id.encode()).digest() + bytes([flags]) + self.count.to_bytes(4)
        )

    def _client_data(self, kind: str, options: dict[str, Any]) -> bytes:
        assert octets(options["challenge"])
        said = {"type": kind, "challenge": options["challenge"], "origin": self.origin}
        return json.dumps(said).encode()

    def _credential(self, **response: str) -> dict[str, Any]:
        id = text(self.credential_id)
        return {"id": id, "rawId": id, "type": "public-key", "response": response,
                "clientExtensionResults": {}, "authenticatorAttachment": "platform"}  # fmt: skip
