"""Where alerts go: addresses known by their fingerprints, so that none stands in clear beside what was sent to it."""

from collections.abc import Iterable
from typing import Protocol, TypeVar

from models.kpis.alerts import AlertSettings
from models.safekeeping.keyring import Keyring
from models.speaking.notices import Channel


class Going(Protocol):
    """An alert on its way to an address."""

    @property
    def tenant(self) -> str: ...
    @property
    def channel(self) -> Channel: ...
    @property
    def place(self) -> str: ...


G = TypeVar("G", bound=Going)


class Places:
    """Fingerprints of addresses, and the addresses behind them."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def of(self, settings: AlertSettings) -> list[tuple[Channel, str]]:
        """Every address of a tenant's: its channel and its fingerprint, with the current key."""
        return [(channel, self._prints(settings.tenant, address)[0]) for channel, address in _addresses(settings)]

    def address(self, settings: AlertSettings, channel: Channel, place: str) -> str:
        """The address behind a fingerprint of any key; empty where it is none of the tenant's any more."""
        known = (a for c, a in _addresses(settings) if c is channel and place in self._prints(settings.tenant, a))
        return next(known, "")

    def _prints(self, tenant: str, address: str) -> tuple[str, ...]:
        return tuple(found[:32] for found in self._keyring.fingerprints(address, context=f"alert_settings\0{tenant}"))


def by_place(due: Iterable[G]) -> dict[tuple[str, Channel, str], list[G]]:
    """What is due to each address, so that it is told of all at once."""
    found: dict[tuple[str, Channel, str], list[G]] = {}
    for each in due:
        found.setdefault((each.tenant, each.channel, each.place), []).append(each)
    return found


def _addresses(settings: AlertSettings) -> list[tuple[Channel, str]]:
    mails = [(Channel.EMAIL, address) for address in settings.emails]
    return mails + [(Channel.WHATSAPP, phone) for phone in settings.phones]
