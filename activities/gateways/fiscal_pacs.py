"""Which PAC stamps for whom: a tenant's own accounts, else the house's."""

from activities.failures import Refused
from activities.gateways.fiscal_facturapi import FacturapiPac
from activities.gateways.fiscal_finkok import FinkokPac
from activities.gateways.fiscal_sw import SwPac
from activities.ports.issuers import Issuers
from activities.ports.pac import Pac, Pacs
from models.cfdi.pac_accounts import PacAccount, PacName, StoredAccount, opened
from models.safekeeping.keyring import Keyring, Unsealable

Adapter = SwPac | FinkokPac | FacturapiPac


class PacAccounts(Pacs):
    """Opens each account once per process, and anew when its credentials were changed."""

    def __init__(self, house: SwPac, issuers: Issuers, keyring: Keyring) -> None:
        self._house = house
        self._issuers = issuers
        self._keyring = keyring
        self._open: dict[StoredAccount, Adapter] = {}

    async def account(self, tenant: str, name: str = "") -> Pac:
        stored = await self._issuers.pac_accounts_of(tenant)
        if not stored and name in ("", self._house.name):
            return self._house
        found = next((each for each in stored if name in ("", each.name)), None)
        if found is not None:
            return await self._adapter(found)
        if name == self._house.name:  # it was sent there before the tenant had an account of its own
            return self._house
        raise Refused(f"the document was sent to {name}, and tenant {tenant} has no account there any more", "account")

    async def second(self, tenant: str) -> Pac | None:
        stored = await self._issuers.pac_accounts_of(tenant)
        found = next((each for each in stored if each.rank == 2), None)
        return await self._adapter(found) if found is not None else None

    async def _adapter(self, stored: StoredAccount) -> Adapter:
        known = self._open.get(stored)
        if known is None:
            try:
                account = opened(stored, self._keyring)
            except Unsealable:
                raise Refused(
                    f"the PAC account of tenant {stored.tenant} does not open: set it again", "account"
                ) from None
            issuer = await self._issuers.issuer_of(stored.tenant)
            known = self._open.setdefault(stored, adapter(account, issuer.rfc if issuer else ""))
        return known

    async def aclose(self) -> None:
        for each in (self._house, *self._open.values()):
            await each.aclose()


def adapter(account: PacAccount, rfc: str) -> Adapter:
    """The adapter that speaks to an account's PAC."""
    given = account.credentials
    match account.name:
        case PacName.SW:
            return SwPac(account.url, given["token"])
        case PacName.FINKOK:
            return FinkokPac(account.url, given["username"], given["password"], rfc)
        case PacName.FACTURAPI:
            return FacturapiPac(account.url, given["secret_key"])
