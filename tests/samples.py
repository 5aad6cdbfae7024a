"""What the tests speak of when it does not matter of what: a price, a policy, an invoice, an issuer and a receiver."""

from dataclasses import replace
from datetime import datetime, timedelta

from models.cfdi.fiscal import Issuer, Receiver
from models.collecting.contact import ANYTIME
from models.collecting.declines import Decline
from models.money import Money
from models.policies.presets import preset
from models.subscribing.invoices import Invoice, InvoiceStatus
from models.subscribing.subscriptions import ProviderSubscription

RUTHLESS = replace(preset("ruthless"), contact=ANYTIME)  # whatever the hour at which a test runs
PRICE = Money(14_900)
ISSUER = Issuer("EKU9003173C9", "ESCUELA KEMPER URGATE", "601", "06600")
ANA = Receiver("CUSC850516316", "ANA CRUZ SOLORZANO", "612", "45638")


def overdue(invoice: str, created: datetime, code: str = "insufficient_funds") -> Invoice:
    """An open invoice whose first charge was declined."""
    return Invoice(
        invoice,
        InvoiceStatus.OPEN,
        PRICE,
        PRICE,
        created,
        attempted=True,
        decline=Decline(code),
        pay_url="https://pay.test/1",
    )


def provider(now: datetime, *, days: int = 30, status: str = "active", trial_days: int = 0) -> ProviderSubscription:
    """The provider's word on a subscription that has just begun."""
    end = now + timedelta(days=trial_days or days)
    return ProviderSubscription(
        "sub_1", status, now, end, customer="cus_1", trial_end=end if trial_days else None, payment_method="pm_1"
    )
