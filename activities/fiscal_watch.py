"""The fiscal part of the round: certificates from SQL, balances from the PACs, judged by `models.cfdi.fiscal_watch`."""

from datetime import datetime

from activities.failures import Failure
from activities.ports.issuers import Issuers
from activities.ports.pac import Pac, Pacs
from models.cfdi.fiscal_watch import BALANCE_ASKED_EVERY, certificate_ending, stamps_low
from models.watching.attention import Finding, Rule

RULES = frozenset({Rule.CERTIFICATE_ENDING, Rule.STAMPS_LOW})


class FiscalWatch:
    """Looks at every issuer. A PAC is asked for its balance once an hour, however often the round is."""

    def __init__(self, issuers: Issuers, pacs: Pacs) -> None:
        self._issuers = issuers
        self._pacs = pacs
        self._balances: dict[int, tuple[datetime, int | None]] = {}  # by the account's adapter

    async def findings(self, now: datetime) -> tuple[list[Finding], set[Rule]]:
        """What is wrong, and the rules that could not be answered: a PAC out of reach says nothing of its balance."""
        found: list[Finding | None] = []
        unanswered: set[Rule] = set()
        for tenant in await self._issuers.issuing_tenants():
            issuer = await self._issuers.issuer_of(tenant)
            try:
                pac = await self._pacs.account(tenant)
                left = await self._left(pac, now)
            except Failure:
                unanswered.add(Rule.STAMPS_LOW)
            else:
                found.append(stamps_low(tenant, str(pac.name), left))
                if pac.seals:
                    continue  # the PAC holds the certificate
            stored = await self._issuers.certificates_of(tenant)
            if issuer is not None and stored:
                found.append(certificate_ending(tenant, issuer.rfc, stored, now))
        return [each for each in found if each is not None], unanswered

    async def _left(self, pac: Pac, now: datetime) -> int | None:
        known = self._balances.get(id(pac))
        if known is None or now - known[0] >= BALANCE_ASKED_EVERY:
            known = self._balances[id(pac)] = (now, await pac.balance())
        return known[1]
