"""What a message says beyond its own text."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from activities.composing import Links
from activities.failures import AnswerLost, Unavailable
from activities.notices import Notices
from activities.ports.messenger import Sent
from models.collecting.cases import Stage
from models.collecting.contact import ANYTIME, Contact
from models.money import Money
from models.periods import Calendar
from models.records import CaseRecord, Delivery, SubscriptionRecord
from models.speaking.fallback import UNANSWERED
from models.speaking.links import Purpose, opened
from models.speaking.notices import Channel, NoticeKind, NoticeRequest
from models.speaking.wording import VARIABLES
from models.subscribing.subscriptions import Status
from models.tickets.thread import Entry, EntryKind
from tests.fakes.mail import FakeMail
from tests.fakes.messenger import FakeMessenger
from tests.fakes.payments import FakePayments
from tests.fakes.store import FakeStore
from tests.keys import LINK_SECRET
from tests.samples import overdue
from workflows.deletion import ARRIVED

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
        links=Links("https://perdura.test", LINK_SECRET),
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


def chasing(payments: FakePayments, messenger: FakeMessenger, store: FakeStore) -> tuple[Notices, NoticeRequest]:
    payments.add(overdue("in_1", NOW))
    request = NoticeRequest(
        tenant="acme",
        key="in_1/suspended",
        kind=NoticeKind.SUSPENDED,
        subscription="s_1",
        calendar=Calendar(),
        invoice="in_1",
        amount=Money(14_900),
        contact=ANYTIME,
    )
    links = Links("https://perdura.test", LINK_SECRET)
    return Notices(store=store, payments=payments, messenger=messenger, mail=FakeMail(), links=links, sms=True), request


class Line(FakeMail):
    """A mailbox behind a line on which things get lost."""

    def __init__(self, trouble: BaseException, *, arrives: bool) -> None:
        super().__init__()
        self.trouble = [trouble]
        self.arrives, self.letters = arrives, 0

    async def send(self, **message: Any) -> str:
        self.letters += self.arrives or not self.trouble
        if self.trouble:
            raise self.trouble.pop()
        return await super().send(**message)


def mailing(mail: FakeMail, payments: FakePayments | None = None) -> tuple[Notices, NoticeRequest, FakeStore]:
    store, payments = FakeStore(), payments or FakePayments()
    _, request = chasing(payments, FakeMessenger(), store)
    links = Links("https://perdura.test", LINK_SECRET)
    notices = Notices(store=store, payments=payments, messenger=FakeMessenger(), mail=mail, links=links)
    return notices, request, store


async def test_a_mail_whose_answer_was_lost_is_unknown_and_is_not_sent_again() -> None:
    mail = Line(AnswerLost("lost"), arrives=True)
    notices, request, store = mailing(mail)
    for _ in range(3):
        assert (await notices.send_email(request)).delivery is Delivery.UNKNOWN
    assert mail.letters == 1
    record = store.notices[request.key, Channel.EMAIL]
    assert (record.reference, record.error, record.sent_at) == (f"<acme/{request.key}>", UNANSWERED, None)
    assert record.delivery not in ARRIVED, "what must have arrived has not"


async def test_a_mail_server_that_was_away_is_asked_again() -> None:
    mail = Line(Unavailable("away"), arrives=False)
    notices, request, _ = mailing(mail)
    with pytest.raises(Unavailable):
        await notices.send_email(request)
    assert (await notices.send_email(request)).delivery is Delivery.SENT
    assert mail.letters == 1


@pytest.mark.parametrize("paid", [False, True], ids=["still owed", "paid meanwhile"])
async def test_a_worker_killed_while_a_mail_was_handed_over_leaves_it_unknown(paid: bool) -> None:
    mail = Line(KeyboardInterrupt(), arrives=True)
    payments = FakePayments()
    notices, request, _ = mailing(mail, payments)
    with pytest.raises(KeyboardInterrupt):
        await notices.send_email(request)
    if paid:
        payments.pay("in_1", NOW)
    assert (await notices.send_email(request)).delivery is Delivery.UNKNOWN
    assert mail.letters == 1


@pytest.mark.parametrize("verb", ["send_whatsapp", "send_sms"])
async def test_a_message_whose_answer_was_lost_is_known_as_sent_though_the_debt_was_paid_meanwhile(verb: str) -> None:
    payments, messenger, store = FakePayments(), FakeMessenger(lose_answer=1), FakeStore()
    notices, request = chasing(payments, messenger, store)
    with pytest.raises(Unavailable):
        await getattr(notices, verb)(request)
    payments.pay("in_1", NOW)
    for _ in range(2):
        assert (await getattr(notices, verb)(request)).delivery is Delivery.SENT
    assert len(messenger.sent) == 1
    record = store.notices[request.key, messenger.by[0]]
    assert (record.reference, record.sent_at is not None, record.body) == ("SM1", True, messenger.sent[0][-1])


async def test_a_message_that_never_left_is_superseded_once_the_debt_is_paid() -> None:
    payments, messenger = FakePayments(), FakeMessenger(failures=[Unavailable("503")])
    notices, request = chasing(payments, messenger, FakeStore())
    with pytest.raises(Unavailable):
        await notices.send_whatsapp(request)
    payments.pay("in_1", NOW)
    assert (await notices.send_whatsapp(request)).delivery is Delivery.SUPERSEDED
    assert messenger.sent == []


async def test_a_message_that_left_before_its_hour_was_over_is_not_sent_again_in_the_morning() -> None:
    messenger = FakeMessenger(lose_answer=1)
    notices, request = chasing(FakePayments(), messenger, FakeStore())
    with pytest.raises(Unavailable):
        await notices.send_whatsapp(request)
    closed = replace(request, contact=Contact(opens=0, closes=0))
    assert (await notices.send_whatsapp(closed)).delivery is Delivery.SENT
    assert len(messenger.sent) == 1
    never = replace(closed, key="in_1/degraded")
    assert (await notices.send_whatsapp(never)).delivery is Delivery.SENDING, "it waits for its hour"


def writing(store: FakeStore, messenger: FakeMessenger) -> Notices:
    links = Links("https://perdura.test", LINK_SECRET)
    return Notices(store=store, payments=FakePayments(), messenger=messenger, mail=FakeMail(), links=links)


def about_a_trial(kind: NoticeKind) -> NoticeRequest:
    return NoticeRequest(
        tenant="acme",
        key=f"clinic-7/{kind}",
        kind=kind,
        subscription="s_1",
        calendar=Calendar(),
        amount=Money(14_900),
        contact=ANYTIME,
    )


async def test_an_abandoned_checkout_is_followed_up_with_a_link_unless_they_subscribed_meanwhile() -> None:
    store, messenger = FakeStore(), Templated()
    request = about_a_trial(NoticeKind.CHECKOUT_ABANDONED)
    await writing(store, messenger).send_whatsapp(request)
    ((_, _, body),) = messenger.sent
    token = body.partition("/go/")[2].split("?")[0].split()[0]
    assert opened(token, LINK_SECRET) == (Purpose.CHECKOUT, "acme", "s_1")

    store.subscriptions["s_2"] = SubscriptionRecord("acme", "s_2", "c_1", "pro", Status.INCOMPLETE, NOW, NOW)
    late = await writing(store, messenger).send_whatsapp(replace(request, key="other/checkout_abandoned"))
    assert (late.delivery, len(messenger.sent)) == (Delivery.SUPERSEDED, 1)


async def test_the_end_of_a_trial_is_told_with_the_plans_above_it() -> None:
    messenger = Templated()
    for kind in (NoticeKind.TRIAL_ENDING, NoticeKind.TRIAL_WITHOUT_CARD):
        await writing(FakeStore(), messenger).send_whatsapp(about_a_trial(kind))
        told = messenger.given[-1][VARIABLES.index("options")]
        assert told == "También puedes elegir MAX ($298.00 MXN al mes)."
        assert told in messenger.sent[-1][-1]
    await writing(FakeStore(), messenger).send_whatsapp(about_a_trial(NoticeKind.RENEWAL))
    assert messenger.given[-1][VARIABLES.index("options")] == ""


class Window(FakeMessenger):
    """Keeps whether each text was free."""

    def __init__(self) -> None:
        super().__init__()
        self.free: list[bool] = []

    async def send(self, **message: Any) -> Sent:
        self.free.append(message["free"])
        return await super().send(**message)


@pytest.mark.parametrize(
    ("lately", "answers", "opted_out", "free", "delivery"),
    [
        (True, Channel.WHATSAPP, False, [True], Delivery.SENT),  # within the day any text is taken
        (False, Channel.WHATSAPP, False, [False], Delivery.SENT),  # later a template carries it
        (True, Channel.WHATSAPP, True, [True], Delivery.SENT),  # they wrote there themselves
        (False, None, True, [], Delivery.FAILED),  # they wrote nothing: their wish holds
    ],
)
async def test_a_reply_of_a_ticket_goes_as_its_customer_may_be_written_to(
    lately: bool, answers: Channel | None, opted_out: bool, free: list[bool], delivery: Delivery
) -> None:
    store, messenger = FakeStore(lately=lately), Window()
    if opted_out:
        store.opt_outs[Channel.WHATSAPP] = "BAJA"
    await store.draft_entry(Entry("acme", "tk_1", "te_1", EntryKind.REPLY, NOW, "u_1", text="Ya\nquedó"), "c_1")
    links = Links("https://perdura.test", LINK_SECRET)
    notices = Notices(store=store, payments=FakePayments(), messenger=messenger, mail=FakeMail(), links=links)
    request = NoticeRequest(
        tenant="acme",
        key="tk_1/te_1",
        kind=NoticeKind.TICKET_REPLY,
        subscription="s_1",
        calendar=Calendar(),
        contact=ANYTIME,
        ticket="tk_1",
        entry="te_1",
        answers=answers,
    )
    report = await notices.send_whatsapp(request)
    assert (messenger.free, report.delivery) == (free, delivery)
    assert [body for _, _, body in messenger.sent] == ["*Acme*\nYa\nquedó"] * len(free)
