"""What a message says beyond its own text."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from activities.notices import Links, Notices
from activities.ports.messenger import Sent
from models.cases import Stage
from models.contact import ANYTIME
from models.money import Money
from models.notices import VARIABLES, NoticeKind, NoticeRequest
from models.periods import Calendar
from models.records import CaseRecord
from tests.fakes.mail import FakeMail
from tests.fakes.messenger import FakeMessenger
from tests.fakes.payments import FakePayments
from tests.fakes.store import FakeStore
from tests.samples import overdue

NOW = datetime(2026, 11, 21, 18, tzinfo=UTC)


class Templated(FakeMessenger):
    """Keeps what a template would be given."""

    def __init__(self) -> None:
        super().__init__()
        self.given: list[Sequence[str]] = []

    async def send(self, **message: Any) -> Sent:
        self.given.append(message["variables"])
        return await super().send(**message)


async def test_a_reminder_lists_every_debt_of_the_customer_oldest_first() -> None:
    store, payments, messenger = FakeStore(), FakePayments(), Templated()
    for name, age in (("in_new", 0), ("in_old", 31)):
        since = NOW - timedelta(days=age)
        store.case_rows[name] = CaseRecord("acme", name, "s_1", Money(14_900), Stage.GRACE, "ruthless v1", since)
        payments.add(overdue(name, since))
    notices = Notices(
        store=store,
        payments=payments,
        messenger=messenger,
        mail=FakeMail(),
        links=Links("https://perdura.test", "a-key-for-tests-only"),
    )
    request = NoticeRequest(
        tenant="acme",
        key="in_old/payment_failed",
        kind=NoticeKind.PAYMENT_FAILED,
        subscription="s_1",
        calendar=Calendar(),
        invoice="in_old",
        amount=Money(14_900),
        contact=ANYTIME,
    )
    await notices.send_whatsapp(request)
    ((_, _, body),) = messenger.sent
    assert body.startswith("*Acme*\n"), "one number may write for several businesses"
    listed = "Debes 2 pagos: $149.00 MXN (21 oct 2026) y $149.00 MXN (21 nov 2026). Total: $298.00 MXN."
    assert body.endswith(f" {listed}")
    # A template has them as one variable, in a sentence; of a single debt, too, for an empty one would be refused.
    assert messenger.given[-1][VARIABLES.index("debts")] == listed
    del store.case_rows["in_new"]
    await notices.send_whatsapp(replace(request, key="in_old/update_card", kind=NoticeKind.UPDATE_CARD))
    assert messenger.given[-1][VARIABLES.index("debts")] == "Debes 1 pago: $149.00 MXN (21 oct 2026)."
    assert "Debes" not in messenger.sent[-1][-1]
    await notices.send_whatsapp(replace(request, key="in_old/received", kind=NoticeKind.PAYMENT_RECEIVED))
    assert messenger.given[-1][VARIABLES.index("debts")] == ""
