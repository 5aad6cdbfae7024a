"""Gathering all that is held of a customer, for themselves."""

from datetime import UTC, datetime

from activities.ports.register import Register
from models.documents import DocumentFile
from models.export import Holding, bundled

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
        files: dict[str, bytes] = {}
        for each in mine:
            for document in await store.documents_of_subscription(tenant, each.id):
                for kind, ending in _FILES.items():
                    content = await store.file(tenant, document.key, kind)
                    if document.uuid and content is not None:
                        files[f"{document.uuid}.{ending}"] = content
        held = Holding(
            brand=(await store.brand(tenant)).name,
            at=datetime.now(UTC),
            customer=whom,
            subscriptions=mine,
            payments=[payment for each in mine for payment in await store.payments(tenant, each.id)],
            cases=[case for each in mine for case in await store.cases(tenant, each.id)],
            notices=[notice for each in mine for notice in await store.notices(tenant, each.id)],
            history=[entry for each in mine for entry in await store.audit_trail(tenant, each.id)],
            pets=await store.pets(tenant, customer),
            used={each.id: await store.used(tenant, each.id) for each in mine},
            files=files,
        )
        return bundled(held)
