"""Tax documents of a customer who has signed up, put into the books as processes leave them."""

from dataclasses import replace
from typing import Any

from models.cfdi.documents import DocumentFile, DocumentKind, DocumentState, TaxDocument
from models.money import Money
from tests.api.conftest import NOW, World

XENON = {
    "tax_id": "XIA190128J61",
    "legal_name": "Xenon Industrial Articles, S.A. de C.V.",
    "tax_regime": "601",
    "postal_code": "76343",
}


def rejected(subscription: str) -> TaxDocument:
    """A charge's document that a PAC refused."""
    return TaxDocument(
        tenant="acme",
        source="ch_1",
        kind=DocumentKind.INCOME,
        version=1,
        subscription=subscription,
        state=DocumentState.REJECTED,
        total=Money(14_900),
        issued_at=NOW,
        created_at=NOW,
        updated_at=NOW,
    )


async def documented(world: World, state: DocumentState = DocumentState.REJECTED, **changes: Any) -> str:
    """A charge of a signed-up customer with a document in this state; the subscription's id."""
    subscription = await world.signed_up()
    await world.store.save_document(replace(rejected(subscription), state=state, **changes))
    return subscription


async def stamped(world: World, *documents: dict[str, Any]) -> str:
    """Stamped documents of one customer, each with its files."""
    subscription = await world.signed_up()
    for number, changes in enumerate(documents, 1):
        document = replace(
            rejected(subscription),
            **{
                "source": f"ch_{number}",
                "state": DocumentState.DELIVERED,
                "uuid": f"0000000{number}-6F0E-4A73-9A35-1F4D6B1F9B11",
                "seal": f"seal-{number}",
                "receiver_rfc": XENON["tax_id"],
                **changes,
            },
        )
        await world.store.save_document(document)
        await world.store.save_file(document.tenant, document.key, DocumentFile.XML, f"<xml {number}/>".encode())
        await world.store.save_file(document.tenant, document.key, DocumentFile.PDF, b"%PDF")
    return subscription
