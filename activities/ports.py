"""What activities need from the world. Gateways implement these; tests put fakes here and nowhere else.

Failures travel as the exceptions of `activities.failures`; a declined charge is a result.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from activities.failures import Unavailable
from models.cancellation import Acknowledgement, Motive, SatWord
from models.case_news import CaseNews
from models.certificates import StoredCsd
from models.contact import Contact
from models.documents import DocumentFile, DocumentKind, Draft, Kept, Sealed, Stamp, TaxDocument
from models.fiscal import Issuer
from models.invoices import ChargeResult, Instalment, Invoice, Refund
from models.ledger import Fact
from models.notices import Language, NoticeKind, NoticeRequest, Text
from models.pac_accounts import StoredAccount
from models.pay_instructions import PayInstructions, Way
from models.periods import Calendar
from models.plans import Plan
from models.policy import Facts, Policy
from models.records import (
    AuditEntry,
    CardAttempt,
    CaseRecord,
    Channel,
    Customer,
    Delivery,
    InboxEvent,
    InboxStatus,
    NoticeRecord,
    Payment,
    SubscriptionRecord,
    Tenant,
)
from models.replies import Correspondent, Reply
from models.subscriptions import ProviderNews, ProviderSubscription


@dataclass(frozen=True, slots=True)
class Checkout:
    """A hosted checkout page: its id, address, end of life, and the provider's subscription once it was completed."""

    id: str
    url: str
    expires_at: datetime
    status: str = "open"  # Stripe: open, complete, expired
    subscription: str = ""


class Payments(Protocol):
    """The payments provider. Every write takes the business's idempotency key."""

    async def ensure_price(self, plan: Plan) -> str:
        """The provider's price for a plan, made when it is missing."""
        ...

    async def ensure_customer(self, customer: Customer, payment_method: str) -> str:
        """The provider's customer with this default payment method. Raises Declined when the card cannot be saved."""
        ...

    async def forget_customer(self, provider_id: str) -> None:
        """Delete a customer's data at the provider, as far as the law lets it. One that is gone already stays gone."""
        ...

    async def open_subscription(
        self, *, customer: str, price: str, trial_days: int, tenant: str, subscription: str, key: str
    ) -> ProviderSubscription:
        """Start charging. Raises Declined when the first charge is refused: nothing has been opened then."""
        ...

    async def look_up_subscription(self, provider_id: str) -> ProviderSubscription: ...

    async def look_up_invoice(self, invoice: str) -> Invoice: ...

    async def look_up_refund(self, refund: str) -> Refund: ...

    async def charge_invoice(self, invoice: str, key: str) -> ChargeResult:
        """Try to collect with the customer's default method. Looks first; an invoice already paid is a success."""
        ...

    async def card_of(self, invoice: str) -> str:
        """The fingerprint of the card that `charge_invoice` would charge; empty where there is none, or it is no card."""
        ...

    async def split(self, invoice: str, parts: Sequence[Instalment], key: str) -> None:
        """Replace an open invoice by several that are charged by themselves on their days. Raises Refused: nothing was changed."""
        ...

    async def instructions(self, invoice: str) -> PayInstructions | None:
        """The voucher or the account that the customer was shown and has not paid; None where there is none."""
        ...

    async def pay_later(self, invoice: str, way: Way, *, name: str, email: str) -> PayInstructions:
        """A voucher or an account for a transfer, made on demand; one that is still good is shown again. Raises Refused."""
        ...

    async def settle_outside(self, invoice: str, key: str) -> Invoice:
        """Mark as paid by other means (SPEI, cash)."""
        ...

    async def write_off(self, invoice: str, key: str) -> Invoice: ...

    async def cancel(self, provider_id: str, *, at_period_end: bool, key: str) -> ProviderSubscription: ...

    async def pause(self, provider_id: str, key: str) -> ProviderSubscription: ...

    async def resume(self, provider_id: str, key: str) -> ProviderSubscription: ...

    async def change_price(self, provider_id: str, price: str, key: str) -> ProviderSubscription:
        """Charge another price from the next period on; nothing is prorated."""
        ...

    async def open_checkout(
        self,
        *,
        customer: str,
        price: str,
        trial_days: int,
        tenant: str,
        subscription: str,
        success_url: str,
        cancel_url: str,
        key: str,
    ) -> Checkout: ...

    async def look_up_checkout(self, session: str) -> Checkout: ...

    async def portal(self, customer: str, return_url: str) -> str:
        """The address of a fresh Customer Portal session."""
        ...

    async def reachable(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Sent:
    """A message the provider accepted."""

    reference: str
    delivery: Delivery = Delivery.SENT
    error: str = ""


class Messenger(Protocol):
    """WhatsApp and SMS."""

    async def send(
        self,
        *,
        to: str,
        kind: NoticeKind,
        language: Language,
        body: str,
        variables: Sequence[str],
        media_url: str = "",
        channel: Channel = Channel.WHATSAPP,
    ) -> Sent:
        """Send once. Raises Refused (this number or text never), Throttled or Unavailable (later)."""
        ...

    async def find(
        self,
        *,
        to: str,
        text: Text,
        kind: NoticeKind,
        language: Language,
        since: datetime,
        channel: Channel = Channel.WHATSAPP,
    ) -> Sent | None:
        """A message already accepted, looked for after a send whose answer was lost.

        It may have been sent by a template, whose text is not ours: then it is known by the link in it, which is this message's own.
        """
        ...


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that travels by e-mail."""

    name: str
    media_type: str
    content: bytes


class Mail(Protocol):
    """E-mail."""

    async def send(
        self,
        *,
        to: str,
        subject: str,
        body: str,
        key: str,
        attachments: Sequence[Attachment] = (),
        brand: str = "",
    ) -> str:
        """Send, in the name of `brand`; the Message-ID is derived from `key`, so a repeated send is recognisably the same message."""
        ...


class Processes(Protocol):
    """The running processes, as activities reach them. Implemented by `workflows.interface`."""

    async def request_notice(self, request: NoticeRequest) -> None:
        """Have a notice sent once, however often this is called."""
        ...

    async def report_case(self, tenant: str, subscription: str, news: CaseNews) -> None: ...

    async def report_news(self, tenant: str, subscription: str, news: ProviderNews) -> bool:
        """Tell a subscription's process. False when there is no such process any more."""
        ...

    async def report_delivery(
        self, tenant: str, key: str, delivery: Delivery, error: str, channel: Channel = Channel.WHATSAPP
    ) -> bool: ...

    async def report_refund(self, tenant: str, subscription: str, refund: str, calendar: Calendar) -> None:
        """Have a refund followed to its credit note, once, however often this is called."""
        ...

    async def keep_invoicing_the_public(self, tenant: str, calendar: Calendar) -> None:
        """See to it that a tenant's sales without RFC get their global invoice when a month has ended."""
        ...


class Store(Protocol):
    """SQL: the record. Every method is scoped by tenant; writes are idempotent by the value's own key."""

    # who and what
    async def tenant(self, tenant: str) -> Tenant: ...
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
    async def save_price(self, tenant: str, plan: str, price: str) -> None: ...
    async def customer(self, tenant: str, customer: str) -> Customer: ...
    async def customer_of(self, tenant: str, subscription: str) -> Customer: ...
    async def save_provider_customer(self, tenant: str, customer: str, provider_id: str) -> None: ...

    # what happens
    async def subscription(self, tenant: str, subscription: str) -> SubscriptionRecord | None: ...
    async def save_subscription(self, record: SubscriptionRecord) -> None:
        """Write the process's word; `created_at`, `customer` and `checkout_session` stay as they were at signup."""
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

        The one door into the ledger, also for money that arrives when its process is over: `models.ledger.invoice_facts`,
        `refund_facts` and `dispute_facts` tell what an object of the provider means. The recovery of a debt written off follows by itself.
        """
        ...

    async def audit(self, entry: AuditEntry) -> None: ...

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


# --- tax invoices


class Sealer(Protocol):
    """The issuer's certificate (CSD) and the making of signed CFDIs. No network."""

    async def issuer(self, tenant: str) -> Issuer:
        """Who issues for a tenant. Raises Missing where no certificate was put in place."""
        ...

    async def build_and_seal(self, tenant: str, draft: Draft) -> Sealed:
        """A signed CFDI, valid against the SAT's schema; the same draft gives the same bytes. Raises Refused, `code` the reason."""
        ...

    async def build(self, draft: Draft) -> Sealed:
        """The same document without certificate and seal, for a PAC that seals; `seal` is its digest. Raises Refused."""
        ...

    async def sign_cancellation(
        self, tenant: str, *, uuid: str, motive: Motive, substitute: str, at: datetime
    ) -> bytes:
        """A signed request to cancel one CFDI; `at` in UTC. Raises Missing or Refused as `build_and_seal`."""
        ...

    async def order_cancellation(
        self, tenant: str, *, uuid: str, motive: Motive, substitute: str, at: datetime
    ) -> bytes:
        """The same request without a signature, for a PAC that seals."""
        ...


class Pac(Protocol):
    """The authorised certification provider (PAC), and through or beside it the SAT's enquiry service.

    One account. As `Pacs` it is everybody's only one.
    """

    name: str
    seals: bool  # it holds the tenant's certificate: it is given the document unsigned, and orders to cancel too

    async def account(self, tenant: str, name: str = "") -> "Pac":  # noqa: ARG002 - the port's signature
        return self

    async def second(self, tenant: str) -> "Pac | None":  # noqa: ARG002 - the port's signature
        return None

    async def stamp(self, sealed: bytes, key: str) -> Stamp:
        """Have a sealed document stamped, or learn that it was (`prior`): sending the same bytes again never makes a second invoice.

        Raises Rejected (the receiver's data; `field` names it), Expired (never stamped, Fecha too old), Contested (another document
        of ours holds this key), Refused (our data or our account), Throttled or Unavailable (send the same bytes later).
        """
        ...

    async def look_up(self, sealed: bytes, key: str) -> Stamp | None:
        """Whether a sealed document was stamped here, without having it stamped. Raises Unavailable where that cannot be told."""
        ...

    async def fetch(self, uuid: str) -> Kept:  # noqa: ARG002 - the port's signature
        """A stamped document by its folio fiscal, as the PAC keeps it. Raises Unavailable where it hands none out."""
        raise Unavailable("this PAC does not hand out stamped documents by their folio fiscal")

    async def balance(self) -> int | None:
        """How many stamps are left; None where they are not counted. Raises Refused, Throttled or Unavailable."""
        ...

    async def cancel(self, request: bytes, key: str = "") -> Acknowledgement:
        """Hand in a signed cancellation of the document sent under `key`; asked twice it is taken once.

        Raises Refused (`code` the SAT's), Throttled or Unavailable.
        """
        ...

    async def enquire(self, *, uuid: str, issuer: str, receiver: str, total: str, seal: str) -> SatWord:
        """What the SAT says of a CFDI; `total` in pesos as the document writes it. Raises Unavailable."""
        ...


class Pacs(Protocol):
    """Which account stamps a tenant's documents."""

    async def account(self, tenant: str, name: str = "") -> Pac:
        """The tenant's first account, or the one of that name. Raises Refused where it has none of that name any more."""
        ...

    async def second(self, tenant: str) -> Pac | None:
        """Where to turn once the first has definitely not stamped; None where there is nowhere."""
        ...


class Renderer(Protocol):
    """The printed form."""

    async def pdf(self, xml: bytes, brand: str) -> bytes:
        """The PDF of a stamped CFDI; marked SIN VALIDEZ FISCAL unless the SAT issued the certificate that signed it."""
        ...


class Documents(Protocol):
    """SQL: tax documents and their files. Scoped by tenant, except where a token has proved the tenant."""

    async def document(self, tenant: str, key: str) -> TaxDocument | None:
        """By `TaxDocument.key`."""
        ...

    async def documents_of(self, tenant: str, source: str) -> Sequence[TaxDocument]:
        """Every version and kind made for one source, oldest version first; empty where there is none."""
        ...

    async def documents_of_subscription(self, tenant: str, subscription: str) -> Sequence[TaxDocument]:
        """Newest first."""
        ...

    async def keep_sealed(self, document: TaxDocument, sealed: bytes) -> TaxDocument:
        """Record a sealed document and its bytes in one transaction, before anything is sent.

        The first one wins: where (tenant, source, kind, version) is recorded already with sealed bytes, nothing is written and
        the recorded one is returned. A held record without sealed bytes (general_public, waiting_data) is taken over.
        """
        ...

    async def save_document(self, document: TaxDocument) -> None:
        """Write a document's present state, by (tenant, source, kind, version); makes the row where it is missing.

        `created_at` stays as first written; a `seal` or `uuid` once written is not emptied.
        """
        ...

    async def file(self, tenant: str, key: str, file: DocumentFile) -> bytes | None: ...

    async def save_file(self, tenant: str, key: str, file: DocumentFile, content: bytes) -> None:
        """Keep a file. The first one wins, except a PDF, which may be rendered anew."""
        ...

    async def documents_between(self, tenant: str, since: datetime, until: datetime) -> Sequence[TaxDocument]:
        """Documents of any state with `issued_at` in [since, until), oldest first."""
        ...

    async def document_by_uuid(self, tenant: str, uuid: str) -> TaxDocument | None:
        """By folio fiscal, in whichever case it is written."""
        ...

    async def held(self, tenant: str, kind: DocumentKind, since: datetime, until: datetime) -> Sequence[TaxDocument]:
        """Documents in state general_public with `issued_at` in [since, until), oldest first: the lines of a global invoice."""
        ...

    async def payments(self, tenant: str, subscription: str) -> Sequence[Payment]:
        """The money that arrived, and how, oldest first."""
        ...

    async def exchange_rate(self, tenant: str, currency: str, day: date) -> int | None:
        """Pesos for one unit of a currency, in millionths, as kept for a day; None where nobody has entered it."""
        ...


class Issuers(Protocol):
    """SQL: who issues tax invoices for a tenant, with what, and where they are stamped. Keys and credentials are sealed."""

    async def issuer_of(self, tenant: str) -> Issuer | None: ...

    async def issuing_tenants(self) -> Sequence[str]:
        """Every tenant that has an issuer: for the house's own watch, no tenant's eyes."""
        ...

    async def certificates_of(self, tenant: str) -> Sequence[StoredCsd]:
        """The one added last first; empty where there is none."""
        ...

    async def pac_accounts_of(self, tenant: str) -> Sequence[StoredAccount]:
        """By rank; empty where the tenant has none of its own."""
        ...
