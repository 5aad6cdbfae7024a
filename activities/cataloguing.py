"""Putting a catalogue in place of another: what would change, and the change itself, in SQL and at the payments provider.

New products and prices are made at the provider before anybody can buy them here, and old ones are taken down after nobody can;
whatever is cut off in between is finished by applying the same catalogue again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from activities.ports.catalogs import CatalogUpdate
from activities.ports.payments import Payments
from activities.ports.register import Register
from models.policies.policy_page import parse
from models.records import AuditEntry
from models.selling.catalog import Catalog, Change, Verb, applied, changes
from models.selling.catalog_check import Fault
from models.selling.catalog_file import CatalogInvalid
from models.selling.listings import Listing, ListingState, listings, price_of
from models.selling.plans import Plan


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a catalogue would change, against which revision; `unfinished` is what the provider was not told yet of an earlier one."""

    tenant: str
    revision: int
    changes: tuple[Change, ...]
    listings: tuple[Listing, ...]
    fresh: tuple[Listing, ...]
    unfinished: tuple[Listing, ...]

    @property
    def empty(self) -> bool:
        return not (self.changes or self.fresh or self.unfinished)


class Cataloguing:
    """The tenant's catalogue as a whole."""

    def __init__(self, store: Register, payments: Payments) -> None:
        self._store = store
        self._payments = payments

    async def propose(self, tenant: str, wanted: Catalog) -> Proposal:
        """What would change. Nothing is written.

        Raises:
            CatalogInvalid: a plan would be archived that a dunning policy still leads to. Missing: no such tenant.
        """
        have = await self._store.catalog(tenant)
        orders = changes(have, wanted)
        await self._insist(tenant, orders)
        known = {each.key: each for each in await self._store.listings(tenant)}
        needed = tuple(listings(applied(have, orders)))
        fresh = tuple(each for each in needed if not _same(known.get(each.key), each))
        leaving = tuple(each for each in known.values() if each.state is ListingState.LEAVING)
        keys = {each.key for each in needed}
        return Proposal(
            tenant, have.revision, orders, needed, fresh, tuple(each for each in leaving if each.key not in keys)
        )

    async def apply(self, proposal: Proposal, *, actor: str, reason: str, at: datetime) -> None:
        """Carry a proposal out. Repeating it after a crash goes on where it ended, and makes nothing twice.

        Raises:
            Refused: the catalogue was changed meanwhile (`catalog_changed`), or the provider will not have something.
        """
        known = {each.key: each for each in await self._store.listings(proposal.tenant)}
        fresh = {each.key for each in proposal.fresh}
        put = []
        for each in proposal.listings:
            found = await self._payments.put_up(each) if each.key in fresh else known[each.key].provider_id
            put.append(_found(each, found))
        if proposal.changes or proposal.fresh:
            number = proposal.revision + 1
            entry = AuditEntry(
                tenant=proposal.tenant,
                subscription="",
                key=f"catalog/{number}",
                at=at,
                actor=actor,
                action="catalog applied",
                reason=reason,
                detail="; ".join(told(proposal.changes)),
            )
            put += [price for price in _sold_before(proposal.changes) if price.key not in known]
            update = CatalogUpdate(proposal.tenant, proposal.revision, proposal.changes, tuple(put), entry)
            await self._store.save_catalog(update)
        await self._clear(proposal.tenant)

    async def _clear(self, tenant: str) -> None:
        for each in await self._store.listings(tenant):
            if each.state is ListingState.LEAVING:
                await self._payments.take_down(each)
                await self._store.retire_listing(tenant, each.key)

    async def _insist(self, tenant: str, orders: Sequence[Change]) -> None:
        """No plan goes that a dunning policy would move somebody to."""
        gone = {o.offer.code for o in orders if o.verb is Verb.ARCHIVE and isinstance(o.offer, Plan)}
        faults = []
        for assigned in await self._store.assignments(tenant) if gone else ():
            named = {(assigned.policy, assigned.version), (assigned.rival, assigned.rival_version)}
            for name, version in sorted(each for each in named if each[0]):
                policy = parse(await self._store.policy_page(tenant, name, version))
                if (code := policy.steps[-1].plan) in gone:
                    said = (
                        f"'{code}' must stay: the dunning policy {name} v{version} leads to it; change the policy first"
                    )
                    faults.append(Fault("plans", said))
        if faults:
            raise CatalogInvalid(faults)


def told(orders: Sequence[Change]) -> list[str]:
    """The plan of changes in words, a line for each offer."""
    return [
        f"{order.verb} {order.offer.kind} {order.offer.code}"
        + (f" ({'; '.join(lines)})" if (lines := order.told()) else "")
        for order in orders
    ]


def _sold_before(orders: Sequence[Change]) -> list[Listing]:
    """Prices made when a plan was sold before it stood in a catalogue, and that are not sold any more."""
    over = [o.before for o in orders if o.verb in (Verb.REPRICE, Verb.ARCHIVE) and isinstance(o.before, Plan)]
    return [
        replace(price_of(plan), provider_id=plan.provider_price, state=ListingState.LEAVING)
        for plan in over
        if plan.provider_price
    ]


def _same(known: Listing | None, wanted: Listing) -> bool:
    return known is not None and known == _found(wanted, known.provider_id)


def _found(listing: Listing, provider_id: str) -> Listing:
    return replace(listing, provider_id=provider_id)
