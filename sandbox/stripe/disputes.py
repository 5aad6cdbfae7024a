"""Disputes: the cardholder's bank takes the money back until somebody decides (docs.stripe.com/disputes)."""

from sandbox.stripe.account import Account
from sandbox.stripe.due import on
from sandbox.stripe.edits import changes
from sandbox.stripe.refusal import invalid
from sandbox.stripe.registry import Call, operation
from sandbox.stripe.store import Obj, new_id

EVIDENCE_DAYS = 9
# Visa's dispute conditions, where one stands for Stripe's reason (docs.stripe.com/disputes/categories).
_REASON_CODES = {
    "fraudulent": "10.4",
    "product_not_received": "13.1",
    "subscription_canceled": "13.2",
    "product_unacceptable": "13.3",
    "credit_not_processed": "13.6",
    "duplicate": "12.6.1",
}
REASONS = (*_REASON_CODES, "general", "unrecognized", "inquiry")


@on("dispute")
def disputed_card(account: Account, charge: Obj, reason: str) -> None:
    """A charge made with a disputing test card is disputed a moment later."""
    if not charge["disputed"]:
        open_dispute(account, charge, reason)


def open_dispute(account: Account, charge: Obj, reason: str) -> Obj:
    """The cardholder disputes the charge; ``inquiry`` only asks, for fraud."""
    inquiry = reason == "inquiry"  # the bank asks first; no money moves yet
    reason = "fraudulent" if inquiry else reason
    now = account.now(charge)
    declared = account.contract.definitions["_dispute:Dispute.Evidence"]["properties"]
    evidence: Obj = {name: None for name in declared if name not in {"enhanced_evidence", "appeal"}}
    dispute = account.create(
        {
            "id": new_id("du"),
            "object": "dispute",
            "amount": charge["amount"],
            "charge": charge["id"],
            "created": now,
            "currency": charge["currency"],
            "evidence": {**evidence, "enhanced_evidence": {}},
            "evidence_details": {
                "due_by": int(now + account.calendar(charge).days(EVIDENCE_DAYS)),
                "enhanced_eligibility": {},
                "has_evidence": False,
                "past_due": False,
                "submission_count": 0,
                "submission_method": "not_submitted",
            },
            "is_charge_refundable": inquiry,
            "network_reason_code": _REASON_CODES.get(reason),
            "payment_intent": charge["payment_intent"],
            "payment_method_details": {
                "card": {
                    "brand": charge["payment_method_details"]["card"]["brand"],
                    "case_type": "inquiry" if inquiry else "chargeback",
                    "network": "visa",
                    "network_reason_code": _REASON_CODES.get(reason),
                },
                "type": "card",
            },
            "reason": reason,
            "status": "warning_needs_response" if inquiry else "needs_response",
        }
    )
    charge["disputed"] = True
    account.store.note(charge["id"])["dispute"] = dispute["id"]
    account.emit("charge.dispute.created", dispute)
    if not inquiry:
        account.emit("charge.dispute.funds_withdrawn", dispute)
    return dispute


@operation("POST", "/v1/disputes/{dispute}")
def update(call: Call) -> Obj:
    """Give evidence. Stripe's test words decide at once: ``winning_evidence`` or ``losing_evidence``."""
    account = call.account
    dispute = account.store.get("dispute", call.id)
    new = changes(dispute, call.params, ("metadata",))
    evidence = call.params.get("evidence") or {}
    if evidence:
        plain = {name: value for name, value in evidence.items() if isinstance(value, str)}
        new["evidence"] = {**dispute["evidence"], **{k: v or None for k, v in plain.items()}}
        new["evidence_details"] = {**dispute["evidence_details"], "has_evidence": True}
    if evidence and call.params.get("submit", True) and dispute["status"].endswith("needs_response"):
        new["evidence_details"] |= {"submission_count": 1, "submission_method": "manual"}
        new["status"] = dispute["status"].replace("needs_response", "under_review")
    account.update(dispute, new, "charge.dispute.updated")
    verdict = {"winning_evidence": "won", "losing_evidence": "lost"}.get(evidence.get("uncategorized_text", ""))
    if verdict and dispute["status"].endswith("under_review"):
        _close(account, dispute, verdict)
    return dispute


@operation("POST", "/v1/disputes/{dispute}/close")
def close(call: Call) -> Obj:
    """Accept the loss."""
    dispute = call.account.store.get("dispute", call.id)
    if dispute["status"] in {"won", "lost", "warning_closed"}:
        raise invalid("This dispute is already closed.", code="dispute_closed")
    _close(call.account, dispute, "lost")
    return dispute


def _close(account: Account, dispute: Obj, verdict: str) -> None:
    inquiry = dispute["status"].startswith("warning_")
    dispute["status"] = "warning_closed" if inquiry else verdict
    account.emit("charge.dispute.closed", dispute)
    if verdict == "won" and not inquiry:
        account.emit("charge.dispute.funds_reinstated", dispute)
