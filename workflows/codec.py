"""Seals what our processes know before it leaves for Temporal, and opens what comes back.

A sealed payload says in clear which key sealed it and whose it is; the tenant is bound to the content, so that a payload
of one tenant cannot be passed off as another's. What was never sealed passes as it is: recorded histories stay readable.
"""

from collections.abc import Sequence

from google.protobuf.message import DecodeError
from temporalio.api.common.v1 import Payload
from temporalio.converter import PayloadCodec, SerializationContext, WithSerializationContext

from models.safekeeping.keyring import Keyring, Unsealable
from workflows.ids import tenant_of

ENCODING = b"binary/encrypted"  # the name that Temporal's own samples use
_KEY, _TENANT = "encryption-key-id", "perdura-tenant"


class Sealing(PayloadCodec, WithSerializationContext):
    """Seals with the newest key of a ring in the name of one tenant; opens with every key. `tenant` empty means nobody's."""

    def __init__(self, keyring: Keyring, tenant: str = "") -> None:
        self._keyring = keyring
        self._tenant = tenant

    def with_context(self, context: SerializationContext) -> "Sealing":
        """In the name of the tenant whose process the payloads go to or come from."""
        return Sealing(self._keyring, tenant_of(getattr(context, "workflow_id", None) or ""))

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Sealed payloads; those that are sealed already stay as they are."""
        return [self._sealed(payload) for payload in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """What was sealed; other payloads stay as they are.

        Raises:
            Unsealable: a key is not in the ring, or a payload was changed.
        """
        return [self.opened(payload) for payload in payloads]

    def opened(self, payload: Payload) -> Payload:
        """One payload, as `decode`."""
        if not sealed(payload):
            return payload
        plain = Payload()
        context = _context(owner(payload))
        try:
            plain.ParseFromString(
                self._keyring.open(_word(payload, _KEY), payload.data, context=context),
            )
        except DecodeError:
            raise Unsealable("a sealed payload holds no payload") from None
        return plain

    def _sealed(self, payload: Payload) -> Payload:
        if sealed(payload):
            return payload
        key, data = self._keyring.seal(payload.SerializeToString(), context=_context(self._tenant))
        metadata = {"encoding": ENCODING, _KEY: key.encode()}
        if self._tenant:
            metadata[_TENANT] = self._tenant.encode()
        return Payload(metadata=metadata, data=data)


def sealed(payload: Payload) -> bool:
    """Whether it was sealed."""
    return payload.metadata.get("encoding") == ENCODING


def owner(payload: Payload) -> str:
    """The tenant that a sealed payload names; empty when it belongs to none. Only what opens proves it true."""
    return _word(payload, _TENANT)


def _word(payload: Payload, name: str) -> str:
    return payload.metadata.get(name, b"").decode(errors="replace")


def _context(tenant: str) -> str:
    return f"temporal:{tenant}"
