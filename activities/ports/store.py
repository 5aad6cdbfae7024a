"""SQL: what processes read and write of subscriptions, cases, messages and the inbox."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from activities.ports.plan_changes import PlanChangeBook
from activities.ports.tickets import TicketBook
from models.billing.bills import Bill, BillStanding
from models.bookkeeping.ledger import Fact
from models.bookkeeping.stated_taxes import StatedTaxes
from models.collecting.contact import Contact
from models.look.brand import Brand, Letterhead
from models.periods import Calendar
from models.policies.policy import Facts, Policy
from models.records import (
    AuditEntry,
    CardAttempt,
    CaseRecord,
    Customer,
    InboxEvent,
    InboxStatus,
    NoticeRecord,
    Payment,
    SubscriptionRecord,
    Tenant,
)
from models.selling.plans import Plan
from models.speaking.notices import Channel
from models.speaking.replies import Correspondent, Reply
from models.watching.decisions import Decision, DecisionKind


class Store(PlanChangeBook, TicketBook, Protocol):
    """SQL: the record. Every method is scoped by tenant; writes are idempotent by the value's own key."""

    # who and what
    async def tenant(self, tenant: str) -> Tenant: ...

    async def brand(self, tenant: str) -> Brand:
        """How the tenant looks to its customers; neutral, with its name, where it has set nothing. Raises Missing."""
        ...

    async def letterhead(self, tenant: str) -> Letterhead:
        """The same with the logo's bytes. Raises Missing."""
        ...

    async def policy(self, tenant: str, plan: str = "", subscription: str = "") -> Policy:
        """The policy a case of this plan begins with; in an experiment the subscription decides which. Raises Refused."""
        ...

    async def may_attempt(self, attempt: CardAttempt, budget: int) -> bool:
        """Whether a card may be charged once more: fewer than `budget` attempts in 30 days, and none refused for good.

        A yes is recorded as an attempt, once by its key, so that two askers at one instant cannot both have the last one.
        """
        ...

    async def refuse_card(self, tenant: str, key: str) -> None:
        """The bank refused this attempt for good."""
        ...

    async def experiment(self, tenant: str, plan: str) -> str:
        """The experiment that a plan's cases take part in; empty where there is none."""
        ...

    async def facts(self, tenant: str, subscription: str, now: datetime) -> Facts:
        """What is known of the customer when a case opens."""
        ...

    async def plan(self, tenant: str, code: str) -> Plan: ...
    async def plans(self, tenant: str) -> Sequence[Plan]:
        """What can be subscribed to, in the catalogue's order; archived plans are not among it."""
        ...

    async def save_price(self, tenant: str, plan: str, price: str) -> None: ...
    async def customer(self, tenant: str, customer: str) -> Customer: ...
    async def customer_of(self, tenant: str, subscription: str) -> Customer: ...
    async def begun_after_all(self, tenant: str, subscription: str) -> bool:
        """Whether the customer whose subscription this was has one of its kind that is not canceled, be it on its way."""
        ...

    async def save_provider_customer(self, tenant: str, customer: str, provider_id: str) -> None: ...

    # what happens
    async def subscription(self, tenant: str, subscription: str) -> SubscriptionRecord | None: ...
    async def save_subscription(self, record: SubscriptionRecord) -> None:
        """Write the process's word; `created_at`, `customer` and `checkout_session` stay as they were at signup."""
        ...

    async def bill(self, tenant: str, bill: str) -> Bill | None: ...
    async def save_bill(self, bill: BillStanding) -> None:
        """Write the process's word on a bill, and on the account that owes it."""
        ...

    async def ask_for_invoice(self, tenant: str, bill: str) -> None:
        """From now on it is to be invoiced by name."""
        ...

    async def cases(self, tenant: str, subscription: str) -> Sequence[CaseRecord]: ...
    async def save_case(self, record: CaseRecord) -> None:
        """Write the case's word; an outcome, once written, stays, and `restored_at` is never touched."""
        ...

    async def record_restored(self, tenant: str, invoice: str, at: datetime) -> None:
        """The instant service came back after a case was paid. The first one counts."""
        ...

    async def record_payment(self, payment: Payment) -> None:
        """Keep money that arrived, and book it in the ledger in the same transaction."""
        ...

    async def post(self, *facts: Fact) -> int:
        """Book facts in the ledger, each once by its key, whatever the order in which they are told; how many were new.

        The one door into the ledger, also for money that arrives when its process is over: `models.bookkeeping.money_facts.invoice_facts`,
        `refund_facts` and `dispute_facts` tell what an object of the provider means. The recovery of a debt written off follows by itself.
        """
        ...

    async def restate(self, *told: StatedTaxes) -> int:
        """Have the books say of each charge or refund what its stamped CFDI says of its taxes; how many did not."""
        ...

    async def audit(self, entry: AuditEntry) -> None: ...

    async def add_decision(self, decision: Decision) -> None:
        """Write it into the log, once by its id. Who answers for it, where it does not say: `models.watching.decisions.in_charge`."""
        ...

    async def settle_decisions(
        self, tenant: str, subscription: str, kind: DecisionKind, outcome: str, at: datetime
    ) -> None:
        """What came of a subscription's decisions of a kind that are still open."""
        ...

    # messages
    async def notice(self, tenant: str, key: str, channel: Channel) -> NoticeRecord | None: ...
    async def save_notice(self, record: NoticeRecord) -> None: ...
    async def count_reminder(self, record: NoticeRecord, contact: Contact, calendar: Calendar) -> datetime:
        """When a reminder may leave after those that its customer was sent on all their subscriptions, from `requested_at` on.

        Where that is at once, it is kept as being sent, so that two askers at one instant cannot both have the last place.
        """
        ...

    async def opted_out(self, tenant: str, customer: str) -> frozenset[Channel]:
        """The channels a customer wants no messages on."""
        ...

    async def opt_out(self, tenant: str, customer: str, channel: Channel, *, at: datetime, word: str) -> bool:
        """Keep that wish; `word` is how it was said. False where it was known."""
        ...

    async def opt_in(self, tenant: str, customer: str, channel: Channel) -> bool:
        """They want messages on that channel again. False where they had never said otherwise."""
        ...

    async def customers_by_phone(self, phone: str) -> Sequence[Correspondent]:
        """Whose phone this is, of all tenants: first whom we wrote to last."""
        ...

    async def add_reply(self, reply: Reply) -> bool:
        """Keep what a customer wrote. False where it was kept already."""
        ...

    async def settle_reply(self, tenant: str, reply: str, *, by: str, at: datetime) -> Reply:
        """Nobody need read it any more; who said so first counts. Raises Missing."""
        ...

    async def notice_by_reference(self, reference: str) -> NoticeRecord | None:
        """By the provider's message id, which is unique in the world; the answer names its tenant."""
        ...

    # the inbox
    async def pending_events(self, older_than: datetime, limit: int) -> Sequence[InboxEvent]: ...
    async def settle_event(
        self, event: InboxEvent, status: InboxStatus, *, at: datetime, tenant: str = "", subscription: str = ""
    ) -> None: ...
    async def owner_of(
        self, *, provider_customer: str = "", provider_subscription: str = "", checkout: str = ""
    ) -> tuple[str, str] | None:
        """Tenant and subscription that a provider's object belongs to."""
        ...

    async def living_accounts(self, provider_customer: str) -> Sequence[tuple[str, str]]:
        """Tenant and id of all that a provider's customer has and that is not over: subscriptions, and bills."""
        ...
