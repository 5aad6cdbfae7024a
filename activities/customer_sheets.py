"""Importing and exporting customers as sheets: looked at first, then entered, each once however often the sheet comes."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from activities.ports.register import Register, Taken
from models.crm.sheet import COLUMNS, SHOWN, Fault, read, written
from models.money import Money, in_pesos
from models.portions import portions
from models.records import AuditEntry, Customer

_PAGE = 200


@dataclass(frozen=True, slots=True)
class Look:
    """What a sheet would do, or did. `known` are there already and stay as they are; `entered` counts those entered now."""

    digest: str
    rows: int
    new: int
    known: int
    faults: tuple[Fault, ...]
    entered: int = 0


def import_entry(tenant: str, actor: str, look: Look, order: str) -> AuditEntry:
    """The line of the tenant's story that says who entered how many, by which sheet. `order` tells apart the same sheet twice."""
    action = f"import of {look.new} customers"
    return AuditEntry(tenant, "", f"{look.digest}/{order}", datetime.now(UTC), actor, action, detail=look.digest)


Begun = Callable[[Look], Awaitable[object]]


async def looked_at(store: Register, tenant: str, text: str, **limits: int) -> Look:
    """What an import of this sheet would do; nothing is written. Raises SheetInvalid."""
    sheet = read(tenant, text, **limits)
    known, faults = 0, list(sheet.faults)
    rows = list(sheet.customers.items())
    for page in portions(rows, _PAGE):
        there = await store.references_known(tenant, [customer.reference for _, customer in page])
        new = [(row, customer) for row, customer in page if customer.reference not in there]
        known += len(page) - len(new)
        faults += await _taken(store, tenant, new)
    wrong = len({fault.row for fault in faults})
    told = tuple(sorted(faults, key=lambda fault: (fault.row, fault.field)))
    return Look(sheet.digest, sheet.rows, sheet.rows - known - wrong, known, told)


async def _taken(store: Register, tenant: str, new: Sequence[tuple[int, Customer]]) -> list[Fault]:
    """What of these rows is another customer's already. An e-mail is told before an RFC."""
    emails = await store.holders_of_emails(tenant, [customer.email for _, customer in new])
    rfcs = await store.holders_of_rfcs(tenant, [each.receiver.rfc for _, each in new if each.receiver])
    faults = []
    for row, customer in new:
        if holder := emails.get(customer.email):
            faults.append(Fault(row, "email", f"belongs to customer '{holder}': use their record, or correct it"))
        elif customer.receiver and (holder := rfcs.get(customer.receiver.rfc)):
            faults.append(Fault(row, "tax_id", f"is the RFC of customer '{holder}': use their record, or correct it"))
    return faults


async def imported(store: Register, tenant: str, text: str, *, begun: Begun | None = None, **limits: int) -> Look:
    """Enter the customers of this sheet whose rows are right and who are not there; again, it changes nothing. Raises SheetInvalid.

    `begun` is told what is about to be entered before the first of them is, so that it is known whose doing it was even if it stops midway.
    """
    look = await looked_at(store, tenant, text, **limits)
    if begun is not None and look.new:
        await begun(look)
    wrong, entered = {fault.row for fault in look.faults}, 0
    faults = list(look.faults)
    for row, customer in read(tenant, text, **limits).customers.items():
        if row in wrong:
            continue
        try:
            entered += await store.enter_prospect(customer)
        except Taken as conflict:  # by somebody else, since it was looked at
            faults.append(Fault(row, conflict.field.removeprefix("fiscal."), str(conflict)))
    return Look(look.digest, look.rows, look.new, look.known, tuple(faults), entered)


async def exported(store: Register, tenant: str) -> AsyncIterator[str]:
    """All customers as a sheet that `imported` reads, with what their lists show beside it; piece by piece."""
    yield written([(*COLUMNS, *SHOWN)])
    after = ""
    while page := await store.customers_after(tenant, after, _PAGE):
        rows = []
        for each in page:
            customer, held, tax = each.customer, each.profile, each.customer.receiver
            rows.append(
                (
                    *(customer.reference, customer.name, customer.email, customer.phone, customer.language.value),
                    *((tax.rfc, tax.name, tax.regime, tax.postal_code, tax.use) if tax else ("",) * 5),
                    *(held.state.value, in_pesos(held.value), in_pesos(Money(held.owed, held.currency))),
                    *(held.risk.value, held.churn_risk, held.last_purchase_at or "", held.next_invoice_at or ""),
                )
            )
        yield written(rows)
        after = page[-1].customer.id
