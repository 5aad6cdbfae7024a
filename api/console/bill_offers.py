"""What can be ordered of a bill as it stands: the buttons of its page. The bill's process decides."""

from collections.abc import Sequence
from enum import StrEnum

from api.bill_orders import refundable
from api.console.ordering import Offered
from models.access.permissions import Permission
from models.billing.bills import Bill, BillStatus
from models.records import Payment
from models.words import Words


class BillOrder(StrEnum):
    """The API's orders, by the last part of their addresses."""

    ISSUE = "issue"
    RECORD_PAYMENT = "record_payment"
    WRITE_OFF = "write_off"
    VOID = "void"
    REFUND = "refund"


_ISSUE = Offered(
    BillOrder.ISSUE,
    Words("Emitir", "Issue"),
    Words(
        "Se envía al cliente para que la pague. Antes revisa que no se haya cobrado de nuevo en otra cuenta.",
        "It is sent to the customer to be paid. First see that it was not billed anew.",
    ),
    permission=Permission.ENTER,
)
_RECORD_PAYMENT = Offered(
    BillOrder.RECORD_PAYMENT,
    Words("Registrar pago en mostrador", "Record a payment at the counter"),
    Words(
        "Pagó todo en efectivo o por transferencia: queda pagada y no se le recuerda más.",
        "All of it was paid in cash or by transfer: it is paid, and nobody is reminded any more.",
    ),
    permission=Permission.MONEY,
)
_WRITE_OFF = Offered(
    BillOrder.WRITE_OFF,
    Words("Darla por perdida", "Give it up"),
    Words(
        "Nadie la cobra más; si aun así se paga, entra a los libros.",
        "Nobody asks for it any more; paid after all, it is booked.",
    ),
    permission=Permission.MONEY,
    final=True,
)
_VOID = Offered(
    BillOrder.VOID,
    Words("Anular", "Void"),
    Words(
        "Queda sin efecto, y lo que dieron los planes del cliente vuelve a ser suyo.",
        "It no longer counts, and what the customer's packages gave on it is theirs again.",
    ),
    permission=Permission.MONEY,
    final=True,
)
_REFUND = Offered(
    BillOrder.REFUND,
    Words("Devolver el dinero", "Give the money back"),
    Words(
        "Regresa por donde vino, con su nota de crédito. El efectivo se devuelve en el mostrador.",
        "It goes back the way it came, with its credit note. Cash is given back at the counter.",
    ),
    permission=Permission.MONEY,
    final=True,
)
_OWED = (_RECORD_PAYMENT, _WRITE_OFF, _VOID)
_BY_STATUS = {BillStatus.DRAFT: (_ISSUE, _VOID), BillStatus.OPEN: _OWED, BillStatus.OVERDUE: _OWED}


def offered(bill: Bill, payments: Sequence[Payment]) -> Sequence[Offered]:
    """What can be ordered now. `payments`: the bill's."""
    if bill.status is BillStatus.PAID and refundable(payments):
        return (_REFUND,)
    return _BY_STATUS.get(bill.status, ())
