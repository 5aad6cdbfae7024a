"""Gathering all that is held of a customer, for themselves."""

from datetime import UTC, datetime

from activities.ports.clinic import Cursor
from activities.ports.register import Register
from models.bills import Bill
from models.documents import DocumentFile
from models.export import Holding, bundled

PAGE = 200
_FILES = {DocumentFile.XML: "xml", DocumentFile.PDF: "pdf"}


class Exporting:
    """Reads; writes nothing."""

    def __init__(self, store: Register) -> None:
        self._store = store

    async def bundle(self, tenant: str, customer: str) -> bytes:
        """A zip of it all. Raises Missing: there is no such customer."""
        store = self._store
        whom = await store.customer(tenant, customer)
        mine = await store.subscriptions_of(tenant, customer)
        bills = await self._bills(tenant, customer)
        accounts = [*(each.id for each in mine), *(each.id for each in bills)]
        files: dict[str, bytes] = {}
        for account in accounts:
            for document in await store.documents_of_subscription(tenant, account):
                for kind, ending in _FILES.items():
                    content = await store.file(tenant, document.key, kind)
                    if document.uuid and content is not None:
                        files[f"{document.uuid}.{ending}"] = content
        held = Holding(
            brand=(await store.brand(tenant)).name,
            at=datetime.now(UTC),
            customer=whom,
            subscriptions=mine,
            bills=bills,
            payments=[payment for each in accounts for payment in await store.payments(tenant, each)],
            cases=[case for each in accounts for case in await store.cases(tenant, each)],
            notices=[notice for each in accounts for notice in await store.notices(tenant, each)],
            history=[entry for each in accounts for entry in await store.audit_trail(tenant, each)],
            pets=await store.pets(tenant, customer),
            used={each.id: await store.used(tenant, each.id) for each in mine},
            files=files,
        )
        return bundled(held)

    async def _bills(self, tenant: str, customer: str) -> list[Bill]:
        """All of theirs, page by page."""
        found: list[Bill] = []
        after: Cursor | None = None
        while page := await self._store.bills(tenant, customer=customer, after=after, limit=PAGE):
            found += page
            after = Cursor(page[-1].created_at, page[-1].id)
        return found
