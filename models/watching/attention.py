"""What needs a person's attention: the rules, what each of them asks a person to do, and a finding of one.

A finding is a state that is wrong now. It closes by itself once the state is right; a person may acknowledge it meanwhile.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Severity(StrEnum):
    """critical: somebody loses money or service, and the operator is written to. warning: it must be looked at."""

    CRITICAL = "critical"
    WARNING = "warning"


class Rule(StrEnum):
    """Everything that must never be so. The name is the metric's label and the first half of a finding's key."""

    # invariants of the books
    BLOCKED_WHILE_PAID = "blocked_while_paid"
    PAST_DUE_WITHOUT_CASE = "past_due_without_case"
    TWO_CASES_FOR_ONE_INVOICE = "two_cases_for_one_invoice"
    CHARGED_TWICE = "charged_twice"
    PERIOD_LONG_OVER = "period_long_over"
    TIMER_IN_THE_PAST = "timer_in_the_past"
    CHARGE_WITHOUT_CFDI = "charge_without_cfdi"
    CFDI_HELD = "cfdi_held"
    CFDI_UNPAID = "cfdi_unpaid"
    PAID_AFTER_END = "paid_after_end"
    SENT_TWICE = "sent_twice"
    INBOX_STUCK = "inbox_stuck"
    RECONCILIATION_LATE = "reconciliation_late"
    LEDGER_UNBALANCED = "ledger_unbalanced"
    CERTIFICATE_ENDING = "certificate_ending"
    STAMPS_LOW = "stamps_low"
    REPLY_WAITING = "reply_waiting"
    TEMPLATE_MISSING = "template_missing"
    WEBHOOK_DISABLED = "webhook_disabled"
    DELETION_STUCK = "deletion_stuck"
    PLAN_CHANGE_UNTOLD = "plan_change_untold"
    WARNING_UNANSWERED = "warning_unanswered"

    # what a business is alerted of, by its figures (`models.kpis.alerts`)
    PAST_DUE_HIGH = "past_due_high"
    TICKET_MISSED = "ticket_missed"
    NEARLY_LATE = "nearly_late"
    TENANT_IDLE = "tenant_idle"
    ERRORS_HIGH = "errors_high"
    ANSWERS_SLOW = "answers_slow"
    DATABASE_FULL = "database_full"
    ALERT_UNDELIVERED = "alert_undelivered"

    # found by comparing the books with the provider and the processes
    UNKNOWN_SUBSCRIPTION = "unknown_subscription"
    TWO_LIVE_SUBSCRIPTIONS = "two_live_subscriptions"
    LIVE_AFTER_END = "live_after_end"
    GONE_AT_PROVIDER = "gone_at_provider"
    BEHIND_PROVIDER = "behind_provider"
    PROCESS_MISSING = "process_missing"
    BILL_NOT_ISSUED = "bill_not_issued"
    PROCESS_DISAGREES = "process_disagrees"
    INVOICE_NOT_CHASED = "invoice_not_chased"
    INVOICE_NOT_BOOKED = "invoice_not_booked"
    CASE_OF_CLOSED_INVOICE = "case_of_closed_invoice"
    CASE_WITHOUT_PROCESS = "case_without_process"
    CHARGE_WITHOUT_SUBSCRIPTION = "charge_without_subscription"
    AMOUNT_DIFFERS = "amount_differs"
    CHARGE_NOT_RECORDED = "charge_not_recorded"
    CHARGE_NOT_INVOICED = "charge_not_invoiced"
    REFUND_NOT_CREDITED = "refund_not_credited"
    SUBSCRIPTION_LOST = "subscription_lost"
    SIGNUP_REBUILT = "signup_rebuilt"
    CHARGE_DISPUTED = "charge_disputed"
    DISPUTED_AND_CHASED = "disputed_and_chased"


@dataclass(frozen=True, slots=True)
class Guidance:
    """How bad a broken rule is, and what a person does about it."""

    severity: Severity
    remedy: str


_CRITICAL, _WARNING = Severity.CRITICAL, Severity.WARNING
_LOOK = "it repairs itself by a look at the provider; if it stays, see in the Temporal UI what the subscription's process waits for"

GUIDANCE: dict[Rule, Guidance] = {
    Rule.BLOCKED_WHILE_PAID: Guidance(
        _CRITICAL, "give service back with `perdura override restore_now`, then see why its process did not"
    ),
    Rule.PAST_DUE_WITHOUT_CASE: Guidance(
        _CRITICAL, "nobody collects this debt: run `perdura reconcile`, then open the subscription's process"
    ),
    Rule.TWO_CASES_FOR_ONE_INVOICE: Guidance(
        _CRITICAL, "pause one of the two with `perdura override pause_dunning` and find out whose invoice it is"
    ),
    Rule.CHARGED_TWICE: Guidance(
        _CRITICAL, "refund one of the two charges at Stripe; its credit note is made by itself"
    ),
    Rule.PERIOD_LONG_OVER: Guidance(_WARNING, _LOOK),
    Rule.TIMER_IN_THE_PAST: Guidance(
        _CRITICAL,
        "a step that is due is not taken: is the worker running? Look at the pending activity in the Temporal UI",
    ),
    Rule.CHARGE_WITHOUT_CFDI: Guidance(
        _WARNING, "run `perdura reconcile`; if it stays, look at the CFDI's process and at the PAC"
    ),
    Rule.CFDI_HELD: Guidance(
        _WARNING, "correct the receiver's data or the issuer's certificate, then give the document the order `retry`"
    ),
    Rule.CFDI_UNPAID: Guidance(
        _WARNING,
        "decide with the accountant and do what it says (`perdura cfdi cancel`), or acknowledge it: it goes when it can no longer"
        " be cancelled",
    ),
    Rule.PAID_AFTER_END: Guidance(
        _WARNING,
        "a customer paid for a subscription that had ended: sign them up anew, or refund the charge at Stripe (its credit note is made"
        " by itself); else acknowledge it",
    ),
    Rule.SENT_TWICE: Guidance(_WARNING, "compare the two messages in the timeline; apologise if the customer saw both"),
    Rule.INBOX_STUCK: Guidance(
        _CRITICAL,
        "events wait for their processes: is Temporal reachable, does a worker run? Then `perdura inbox replay`",
    ),
    Rule.RECONCILIATION_LATE: Guidance(
        _WARNING, "is schedule:reconciliation paused, or its workflow stuck? Run `perdura reconcile`"
    ),
    Rule.LEDGER_UNBALANCED: Guidance(_CRITICAL, "run `perdura ledger check` and compare the entries it names"),
    Rule.CERTIFICATE_ENDING: Guidance(
        _CRITICAL, "renew the CSD with CertiSAT Web and add it with `perdura csd add` (or PUT /v1/issuer/csd)"
    ),
    Rule.STAMPS_LOW: Guidance(
        _WARNING, "buy stamps at the PAC; what it refuses meanwhile goes on with the order `retry`"
    ),
    Rule.REPLY_WAITING: Guidance(
        _WARNING, "a customer wrote: read it (GET /v1/replies), answer, then POST /v1/replies/{id}/settle"
    ),
    Rule.TEMPLATE_MISSING: Guidance(
        _WARNING,
        "these notices go by another channel: see `perdura templates check`, and have WhatsApp approve the templates",
    ),
    Rule.WEBHOOK_DISABLED: Guidance(
        _WARNING,
        "the tenant's system hears of nothing: mend it, let it be written to again with `perdura webhooks enable`, and send what it"
        " missed with `perdura webhooks replay`; or remove it",
    ),
    Rule.PLAN_CHANGE_UNTOLD: Guidance(
        _WARNING,
        "a downgrade waits because its summary does not reach the customer: correct their phone or e-mail (it is sent anew by itself), or"
        " undo the change with `perdura override undo_plan_change`",
    ),
    Rule.WARNING_UNANSWERED: Guidance(
        _WARNING,
        "a warning was handed to the mail server and its answer was lost; it is not sent again, for it may have arrived: tell the customer"
        " by another way, give them more grace with `perdura override extend_grace`, or acknowledge it",
    ),
    Rule.PAST_DUE_HIGH: Guidance(
        _WARNING, "`perdura analytics recovery TENANT --by decline` says why charges fail; look at the open cases"
    ),
    Rule.TICKET_MISSED: Guidance(_WARNING, "a customer waits for a first response: answer the ticket or assign it"),
    Rule.NEARLY_LATE: Guidance(
        _WARNING, "the customer is about to be 30 days late: call them, offer a promise or instalments"
    ),
    Rule.TENANT_IDLE: Guidance(_WARNING, "nobody of this business has been here for days: ask whether they need help"),
    Rule.ERRORS_HIGH: Guidance(_CRITICAL, "requests fail: the API's log has a line for each, with its request_id"),
    Rule.ANSWERS_SLOW: Guidance(_WARNING, "answers take too long: look at the database and at Stripe's own state"),
    Rule.DATABASE_FULL: Guidance(
        _CRITICAL, "give the database room (and PERDURA_DATABASE_LIMIT_MB its new size) before it can take no more"
    ),
    Rule.ALERT_UNDELIVERED: Guidance(
        _WARNING,
        "alerts do not reach an address of the business: correct it (GET and PUT /v1/alerts); it is tried again by itself",
    ),
    Rule.DELETION_STUCK: Guidance(
        _WARNING,
        "a customer's deletion waits for a person (`perdura deletion show`): where no warning arrived, correct their contact data and warn"
        " again, or cancel it; where the product has not confirmed, find out why and confirm; nothing is certified before",
    ),
    Rule.UNKNOWN_SUBSCRIPTION: Guidance(
        _WARNING, "a subscription at Stripe is none of ours: cancel it there if it was made by mistake"
    ),
    Rule.TWO_LIVE_SUBSCRIPTIONS: Guidance(
        _CRITICAL, "the customer pays twice: cancel one of the two at Stripe and refund what it took"
    ),
    Rule.LIVE_AFTER_END: Guidance(
        _CRITICAL, "Stripe still charges a customer whose subscription ended here: cancel it at Stripe"
    ),
    Rule.GONE_AT_PROVIDER: Guidance(_WARNING, _LOOK),
    Rule.BEHIND_PROVIDER: Guidance(_WARNING, _LOOK),
    Rule.PROCESS_MISSING: Guidance(
        _CRITICAL, "its process is started again by itself; if it stays, see why the start is refused"
    ),
    Rule.BILL_NOT_ISSUED: Guidance(
        _WARNING,
        "issue it or take it back (its page, or perdura bill issue and void): what plans gave on it stays used till then",
    ),
    Rule.PROCESS_DISAGREES: Guidance(_WARNING, _LOOK),
    Rule.INVOICE_NOT_CHASED: Guidance(_WARNING, _LOOK),
    Rule.INVOICE_NOT_BOOKED: Guidance(
        _WARNING,
        "it is written down by itself; nobody collects what is owed after the end of a subscription: void it at Stripe, or send its link",
    ),
    Rule.CASE_OF_CLOSED_INVOICE: Guidance(_WARNING, _LOOK),
    Rule.CASE_WITHOUT_PROCESS: Guidance(
        _CRITICAL,
        "somebody ended this case's process: reset it in the Temporal UI, or settle or void the invoice at Stripe",
    ),
    Rule.CHARGE_WITHOUT_SUBSCRIPTION: Guidance(
        _WARNING, "money came that no subscription of ours asked for: find out whose it is, or refund it at Stripe"
    ),
    Rule.AMOUNT_DIFFERS: Guidance(_CRITICAL, "compare the charge at Stripe with the payment recorded here"),
    Rule.CHARGE_NOT_RECORDED: Guidance(
        _CRITICAL, "money came that is not in the books: it is recorded by itself; if it stays, see the worker's log"
    ),
    Rule.CHARGE_NOT_INVOICED: Guidance(
        _WARNING, "its tax invoice is started by itself; if it stays, look at the CFDI's process"
    ),
    Rule.REFUND_NOT_CREDITED: Guidance(
        _WARNING, "its credit note is started by itself; if it stays, look at the refund's process"
    ),
    Rule.SUBSCRIPTION_LOST: Guidance(
        _CRITICAL,
        "it is entered again from Stripe and its process by itself; if it stays, its e-mail or reference belongs to another"
        " customer by now: see the worker's log",
    ),
    Rule.SIGNUP_REBUILT: Guidance(
        _WARNING,
        "this signup was entered again from Stripe after the books had lost it: check name and phone, and ask the customer for"
        " their tax data; it goes once tax data are known",
    ),
    Rule.CHARGE_DISPUTED: Guidance(
        _CRITICAL,
        "answer it at Stripe with evidence before it is due, or accept it there; the ledger follows by itself",
    ),
    Rule.DISPUTED_AND_CHASED: Guidance(
        _WARNING,
        "its case is held by itself; if it stays, hold it with `perdura override pause_dunning`. Let it go on with"
        " `resume_dunning` once the dispute is decided",
    ),
}

# Rules that only a look at the provider can answer; the others are checked in the books every few minutes.
COMPARED = frozenset(list(Rule)[list(Rule).index(Rule.UNKNOWN_SUBSCRIPTION) :])
CHECKED = frozenset(Rule) - COMPARED


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that is broken by `subject` (an id: no personal data). `tenant` is empty where it is the whole house's."""

    tenant: str
    rule: Rule
    subject: str
    text: str
    subscription: str = ""

    @property
    def id(self) -> str:
        """`at_…`: the same state found again has the same id."""
        return "at_" + hashlib.sha256(f"{self.tenant}/{self.rule}/{self.subject}".encode()).hexdigest()[:16]

    @property
    def guidance(self) -> Guidance:
        """How bad it is and what to do."""
        return GUIDANCE[self.rule]


@dataclass(frozen=True, slots=True)
class Attention:
    """A finding over time (UTC). `seen`: how often. `repaired_at`: the machine mended it and waits to see that it stays so."""

    finding: Finding
    first_seen: datetime
    last_seen: datetime
    seen: int = 1
    repaired_at: datetime | None = None
    resolved_at: datetime | None = None
    acknowledged_at: datetime | None = None
    acknowledged_by: str = ""
    note: str = ""
