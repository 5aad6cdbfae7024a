"""A tenant's own account stamps its documents; who has none uses the house's."""

from contextlib import aclosing
from dataclasses import dataclass, field

import pytest

from activities.failures import Refused
from activities.gateways.fiscal_finkok import FinkokPac
from activities.gateways.fiscal_pacs import PacAccounts
from activities.gateways.fiscal_sw import SwPac
from models.cfdi.certificates import StoredCsd
from models.cfdi.fiscal import Issuer
from models.cfdi.pac_accounts import PacName, StoredAccount, account, sealed
from models.safekeeping.keyring import Keyring
from tests.samples import ISSUER

RING = Keyring.parse(Keyring.fresh("k1"))
FINKOK = {"username": "ana@acme.mx", "password": "secret"}


@dataclass
class FakeIssuers:
    accounts: list[StoredAccount] = field(default_factory=list)

    async def issuer_of(self, tenant: str) -> Issuer | None:
        return ISSUER

    async def issuing_tenants(self) -> list[str]:
        return ["acme"]

    async def certificates_of(self, tenant: str) -> list[StoredCsd]:
        return []

    async def pac_accounts_of(self, tenant: str) -> list[StoredAccount]:
        return [each for each in self.accounts if each.tenant == tenant]


def own(name: PacName, credentials: dict[str, str], rank: int = 1) -> StoredAccount:
    return sealed(account(tenant="acme", name=name, credentials=credentials, rank=rank), RING)


@pytest.fixture
def house() -> SwPac:
    return SwPac("http://127.0.0.1:9", "token")


async def test_who_has_no_account_uses_the_house_s(house: SwPac) -> None:
    async with aclosing(PacAccounts(house, FakeIssuers(), RING)) as pacs:
        assert await pacs.account("acme") is house
        assert await pacs.second("acme") is None


async def test_a_tenant_s_own_accounts_are_opened_once_and_anew_when_they_change(house: SwPac) -> None:
    issuers = FakeIssuers([own(PacName.FINKOK, FINKOK), own(PacName.SW, {"token": "t"}, rank=2)])
    async with aclosing(PacAccounts(house, issuers, RING)) as pacs:
        first = await pacs.account("acme")
        assert isinstance(first, FinkokPac)
        assert await pacs.account("acme") is first
        second = await pacs.second("acme")
        assert isinstance(second, SwPac)
        assert second is not house
        issuers.accounts[0] = own(PacName.FINKOK, {**FINKOK, "password": "another"})
        assert await pacs.account("acme") is not first


async def test_what_was_sent_to_the_house_before_stays_there_and_what_was_sent_to_nobody_known_waits(
    house: SwPac,
) -> None:
    async with aclosing(PacAccounts(house, FakeIssuers([own(PacName.FINKOK, FINKOK)]), RING)) as pacs:
        assert await pacs.account("acme", "sw") is house
        with pytest.raises(Refused, match="no account there"):
            await pacs.account("acme", "facturapi")


async def test_an_account_that_does_not_open_is_told_without_its_secret(house: SwPac) -> None:
    issuers = FakeIssuers([own(PacName.FINKOK, FINKOK)])
    async with aclosing(PacAccounts(house, issuers, Keyring.parse(Keyring.fresh("k2")))) as pacs:
        with pytest.raises(Refused, match="set it again") as told:
            await pacs.account("acme")
    assert "secret" not in str(told.value)
