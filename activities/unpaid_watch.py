"""The part of the round that sees to invoices issued before payment (PPD) for which no money will come."""

from datetime import datetime

from activities.ports.books import Books
from activities.ports.issuers import Issuers
from activities.ports.supervision import Supervision
from models.cfdi.cancellation import Motive, last_day
from models.cfdi.postal_zones import zone_of
from models.cfdi.unpaid import Unpaid, taken_back, unpaid
from models.messages import CancellationStart, Command
from models.periods import Calendar
from models.watching.attention import Finding

_VOIDED = Command("perdura", "the invoice was voided before it was paid: the sale did not take place")


class UnpaidWatch:
    """Has cancelled what is certain, and names the rest. After its last day (CFF art. 29-A) nothing can be done, and nothing is said."""

    def __init__(self, books: Books, issuers: Issuers, processes: Supervision, day_seconds: float) -> None:
        self._books = books
        self._issuers = issuers
        self._processes = processes
        self._day_seconds = day_seconds

    async def see_to(self, now: datetime) -> list[Finding]:
        """Begin the cancellations that need nobody; what a person must decide. Run again it begins none twice."""
        found: list[Finding] = []
        for each in await self._books.unpaid_documents():
            document = each.document
            issuer = await self._issuers.issuer_of(document.tenant)
            late = issuer and now.astimezone(zone_of(issuer.postal_code)).date() > last_day(document.issued_at, issuer)
            if late or (taken_back(each) and await self._begun(each)):
                continue
            found.append(unpaid(each))
        return found

    async def _begun(self, each: Unpaid) -> bool:
        """False where a cancellation is over already, and the document lives."""
        document = each.document
        tenant = await self._books.tenant(document.tenant)
        return await self._processes.take_back(
            CancellationStart(
                tenant=document.tenant,
                subscription=document.subscription,
                document=document.key,
                motive=Motive.NOT_CARRIED_OUT,
                order=_VOIDED,
                calendar=Calendar(self._day_seconds, tenant.zone),
            )
        )
