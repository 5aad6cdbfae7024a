"""Stripe's objects and errors read into our vocabulary, once. Written for the API version the SDK pins (basil and later):
periods stand on subscription items, payments of an invoice in `payments`, and the reason of a refusal on the payment intent.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import stripe

from activities.failures import Barred, Declined, Failure, Refused, Throttled, Unavailable
from models.collecting.declines import Decline
from models.money import Money
from models.subscribing.invoices import Charge, ChargeLine, CreditNote, Funding, Invoice, InvoiceStatus, Refund
from models.subscribing.subscriptions import ProviderSubscription

# Only the holder can go on: Stripe's names for it when an invoice or a subscription was to be charged.
_AUTHENTICATION = frozenset(
    {
        "authentication_required",
        "invoice_payment_intent_requires_action",
        "payment_intent_action_required",
        "payment_intent_authentication_failure",
        "setup_intent_authentication_failure",
        "subscription_payment_intent_requires_action",
    }
)
# Another request with this idempotency key, or on this object, is still running: the answer comes with a repetition.
_BUSY = frozenset({"idempotency_key_in_use", "lock_timeout"})
# What a payment intent waits for when the customer was told how to pay, and need not approve anything.
OXXO_VOUCHER, BANK_TRANSFER = "oxxo_display_details", "display_bank_transfer_instructions"
INSTRUCTIONS = frozenset({OXXO_VOUCHER, BANK_TRANSFER})
PART_OF = "perdura_part_of"  # metadata of an instalment: the invoice whose place it takes
_FUNDING = {"customer_balance": Funding.SPEI, "oxxo": Funding.CASH}


@contextmanager
def vocabulary() -> Iterator[None]:
    """Raise Stripe's errors as failures of ours. Their text is dropped: it may quote an e-mail, a phone or a key."""
    try:
        yield
    except stripe.StripeError as error:
        raise failure(error) from None


def failure(error: stripe.StripeError) -> Failure:
    """What an error of Stripe's means here (docs.stripe.com/api/errors)."""
    if isinstance(error, stripe.APIConnectionError):
        return Unavailable("Stripe did not answer")
    code = error.code or (error.error.code if error.error else None) or ""
    about = f"Stripe: {type(error).__name__} {code} ({error.request_id or 'no request id'})"
    if code in _BUSY:
        return Unavailable(about)
    if isinstance(error, stripe.RateLimitError):
        return Throttled(about, _seconds(error.headers))
    if isinstance(error, stripe.CardError) or code in _AUTHENTICATION:
        return Declined(_decline(code, error.error))
    if isinstance(error, stripe.AuthenticationError | stripe.PermissionError):
        return Barred(about)
    known = (stripe.IdempotencyError, stripe.InvalidRequestError)
    if isinstance(error, known) or 400 <= (error.http_status or 0) < 500:
        param = getattr(error, "param", None)
        return Refused(f"{about}, parameter {param}" if param else about, code)
    return Unavailable(about)


def reference(value: object) -> str:
    """The id of an expandable field, whichever way it came; empty when there is none."""
    return value if isinstance(value, str) else getattr(value, "id", "")


def instant(seconds: int) -> datetime:
    """Stripe's Unix seconds as a UTC instant."""
    return datetime.fromtimestamp(seconds, UTC)


def intents(invoice: stripe.Invoice) -> list[str | stripe.PaymentIntent]:
    """The payment intents of an invoice whose `payments` were expanded, the default one first."""
    payments = sorted(invoice.payments.data if invoice.payments else [], key=lambda p: not p.is_default)
    return [p.payment.payment_intent for p in payments if p.payment.payment_intent is not None]


def credited(invoice: stripe.Invoice) -> bool:
    """Whether credit notes were made for it, which are asked for by themselves."""
    return bool(invoice.pre_payment_credit_notes_amount or invoice.post_payment_credit_notes_amount)


def invoice_read(
    invoice: stripe.Invoice, attempts: Mapping[str, stripe.PaymentIntent], notes: Iterable[CreditNote] = ()
) -> Invoice:
    """An invoice with the outcome of its payment. `attempts` holds payment intents by id, `latest_charge` expanded."""
    found = [attempts[reference(i)] for i in intents(invoice) if reference(i) in attempts]
    succeeded = next((i for i in found if i.status == "succeeded"), None)
    moments = invoice.status_transitions
    paid_at, ended = moments.paid_at, moments.voided_at or moments.marked_uncollectible_at
    currency = invoice.currency.upper()
    begun = list(filter(None, map(_flight, found)))
    flight = begun[0] if begun and invoice.status in ("open", "uncollectible") else None
    return Invoice(
        id=reference(invoice),
        status=InvoiceStatus(invoice.status or "draft"),
        total=Money(invoice.total, currency),
        due=Money(invoice.amount_remaining, currency),
        created=instant(invoice.created),
        attempted=invoice.attempted,
        charge=_charge(succeeded, lines_read(invoice)) if succeeded else None,
        decline=next(filter(None, map(_last_decline, found)), None) if succeeded is None else None,
        pay_url=invoice.hosted_invoice_url or "",
        card=next(filter(None, map(_card, found)), ""),
        paid_at=instant(paid_at) if paid_at else None,
        first=invoice.billing_reason == "subscription_create",
        # Below zero a balance is the customer's credit; a draft has not touched it yet.
        credit_used=(invoice.ending_balance or 0) - invoice.starting_balance if invoice.status != "draft" else 0,
        credit_notes=tuple(notes),
        closed_at=instant(ended) if ended else None,
        in_flight=flight is not None,
        pending_until=flight.until if flight else None,
        loose=flight is None and any(i.status == "requires_action" and _flight(i) for i in found),
        part_of=getattr(invoice.metadata, PART_OF, "") or "",
        finalizes_at=instant(finalizes) if (finalizes := invoice.automatically_finalizes_at) else None,
        due_on=instant(due) if (due := invoice.due_date) else None,
    )


@dataclass(frozen=True, slots=True)
class _Flight:
    """A payment under way; `until` where it runs out by itself, as a voucher does and a transfer does not."""

    until: datetime | None = None


def _flight(intent: stripe.PaymentIntent) -> _Flight | None:
    if intent.status == "processing":
        return _Flight()
    action = intent.next_action if intent.status == "requires_action" else None
    if action is None or action.type not in INSTRUCTIONS:
        return None
    voucher = action.oxxo_display_details if action.type == OXXO_VOUCHER else None
    return _Flight(instant(voucher.expires_after) if voucher and voucher.expires_after else None)


def _card(intent: stripe.PaymentIntent) -> str:
    charge = intent.latest_charge
    details = charge.payment_method_details if isinstance(charge, stripe.Charge) else None
    return (details.card.fingerprint or "") if details and details.card else ""


def credit_note_read(note: stripe.CreditNote) -> CreditNote:
    """A credit note; what it gave back on a charge is a refund and told as one."""
    refunded = sum(each.amount_refunded for each in note.refunds)
    outside = note.out_of_band_amount or 0
    return CreditNote(
        id=note.id,
        created=instant(note.created),
        due=note.pre_payment_amount,
        to_balance=note.post_payment_amount - refunded - outside
        if getattr(note, "customer_balance_transaction", None)
        else 0,
        outside=outside,
        voided=note.status == "void",
    )


def refund_read(refund: stripe.Refund, invoice: str) -> Refund:
    """A refund (its `charge` expanded) of a charge that paid `invoice`."""
    charge = refund.charge
    return Refund(
        id=refund.id,
        charge=reference(charge),
        invoice=invoice,
        amount=Money(refund.amount, refund.currency.upper()),
        created=instant(refund.created),
        status=refund.status or "",
        funding=funding(charge) if isinstance(charge, stripe.Charge) else Funding.UNKNOWN,
    )


def subscription_read(subscription: stripe.Subscription, invoices: tuple[Invoice, ...]) -> ProviderSubscription:
    """A subscription (its `customer` expanded) with its recent invoices."""
    item = subscription["items"].data[0]  # `.items` is the mapping's method
    card = reference(subscription.default_payment_method)
    customer = subscription.customer
    if not card and isinstance(customer, stripe.Customer) and customer.invoice_settings:
        card = reference(customer.invoice_settings.default_payment_method)
    return ProviderSubscription(
        id=subscription.id,
        status=subscription.status,
        period_start=instant(item.current_period_start),
        period_end=instant(item.current_period_end),
        customer=reference(customer),
        trial_end=instant(subscription.trial_end) if subscription.trial_end else None,
        cancel_at_period_end=subscription.cancel_at_period_end,
        collection_paused=subscription.pause_collection is not None,
        payment_method=card,
        invoices=invoices,
        price=item.price.id,
    )


def lines_read(invoice: stripe.Invoice) -> tuple[ChargeLine, ...]:
    """What an invoice was for, where one line with the charge's amount would not say it; nothing where Stripe told only some lines."""
    listed = invoice.lines
    if listed is None or listed.has_more:
        return ()
    lines = tuple(
        ChargeLine(line.description or "", line.amount, sum(given.amount for given in line.discount_amounts or []))
        for line in listed.data
        if line.amount
    )
    return lines if len(lines) > 1 or any(line.discount for line in lines) else ()


def _charge(intent: stripe.PaymentIntent, lines: tuple[ChargeLine, ...] = ()) -> Charge | None:
    charge = intent.latest_charge
    return replace(charge_read(charge), lines=lines) if isinstance(charge, stripe.Charge) else None


def charge_read(charge: stripe.Charge) -> Charge:
    """A charge that took money."""
    return Charge(
        id=charge.id,
        amount=Money(charge.amount, charge.currency.upper()),
        created=instant(charge.created),
        funding=funding(charge),
        description=charge.description or "",
    )


def funding(charge: stripe.Charge) -> Funding:
    """How the money of a charge came."""
    details = charge.payment_method_details
    if details is None:
        return Funding.UNKNOWN
    if details.type == "card":
        funding = details.card.funding if details.card else None
        return Funding(funding) if funding in ("credit", "debit", "prepaid") else Funding.UNKNOWN
    return _FUNDING.get(details.type, Funding.UNKNOWN)


def _last_decline(intent: stripe.PaymentIntent) -> Decline | None:
    if _flight(intent):
        return Decline("payment_pending")
    if intent.status == "requires_action":
        return Decline("authentication_required")
    error = intent.last_payment_error
    return _decline(error.code or "", error) if error else None


def _decline(code: str, error: Any) -> Decline:
    if code in _AUTHENTICATION:
        return Decline("authentication_required")
    return Decline(getattr(error, "decline_code", None) or code, getattr(error, "network_advice_code", None) or "")


def _seconds(headers: Mapping[str, str] | None) -> float | None:
    try:
        return float((headers or {})["retry-after"])
    except (KeyError, ValueError):
        return None
