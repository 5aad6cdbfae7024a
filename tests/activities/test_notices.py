"""What a message says beyond its own text."""

from datetime import UTC, datetime, timedelta

from activities.notices import Links, Notices
from models.cases import Stage
from models.money import Money
from models.notices import NoticeKind, NoticeRequest
from models.periods import Calendar
from models.records import CaseRecord
from tests.fakes.mail import FakeMail
from tests.fakes.messenger import FakeMessenger
from tests.fakes.payments import FakePayments
from tests.fakes.store import FakeStore
from tests.samples import overdue

NOW = datetime(2026, 11, 21, 18, tzinfo=UTC)


async def test_a_reminder_lists_every_debt_of_the_customer_oldest_first() -> None:
    store, payments, messenger = FakeStore(), FakePayments(), FakeMessenger()
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
    )
    await notices.send_whatsapp(request)
    ((_, _, body),) = messenger.sent
    assert "$149.00 MXN (21 oct 2026) y $149.00 MXN (21 nov 2026). Total: $298.00 MXN." in body
