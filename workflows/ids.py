"""The id of every process: what it is about, so that there is one of it. No personal data, ever. And the names of queues."""

import re
from enum import StrEnum

from models.billing.bills import is_bill


class Process(StrEnum):
    """What begins the id of a process that belongs to one tenant: `{process}:{tenant}:{what it is about}`."""

    SUBSCRIPTION = "sub"
    BILL = "bill"
    DUNNING = "dunning"
    INVOICING = "cfdi"
    REFUND = "refund"
    CANCELLATION = "cancel"
    SUBSTITUTION = "substitute"
    CLAIM = "claim"
    NOTICE = "notice"
    WEBHOOK = "webhook"
    DELETION = "deletion"
    TICKET = "ticket"


_PROVISION = "provision"  # of an account: there is one for a business


# A schedule starts its process under an id of its own, and adds the instant.
_OWNED = re.compile(
    rf"(?:{'|'.join(Process)}):([^:]+):.+|{_PROVISION}:([^:]+)|global-invoice:([^:]+?)(?:-\d{{4}}-\d\d-\d\dT[^-]*)?"
)


def tenant_of(process: str) -> str:
    """Whose process it is, read from its id; empty where it is nobody's, like the inbox sweep."""
    found = _OWNED.fullmatch(process)
    return next(filter(None, found.groups()), "") if found else ""


def subscription_id(tenant: str, subscription: str) -> str:
    return f"{Process.SUBSCRIPTION}:{tenant}:{subscription}"


def bill_id(tenant: str, bill: str) -> str:
    return f"{Process.BILL}:{tenant}:{bill}"


def account_id(tenant: str, account: str) -> str:
    """The process of whatever owes: a subscription's, or a bill's."""
    return bill_id(tenant, account) if is_bill(account) else subscription_id(tenant, account)


def dunning_id(tenant: str, invoice: str) -> str:
    return f"{Process.DUNNING}:{tenant}:{invoice}"


def invoicing_id(tenant: str, source: str) -> str:
    return f"{Process.INVOICING}:{tenant}:{source}"


def refund_id(tenant: str, refund: str) -> str:
    return f"{Process.REFUND}:{tenant}:{refund}"


def cancellation_id(tenant: str, document: str) -> str:
    return f"{Process.CANCELLATION}:{tenant}:{document}"


def substitution_id(tenant: str, document: str) -> str:
    return f"{Process.SUBSTITUTION}:{tenant}:{document}"


def claim_id(tenant: str, document: str) -> str:
    return f"{Process.CLAIM}:{tenant}:{document}"


def notice_id(tenant: str, key: str) -> str:
    return f"{Process.NOTICE}:{tenant}:{key}"


def deletion_id(tenant: str, customer: str) -> str:
    return f"{Process.DELETION}:{tenant}:{customer}"


def ticket_id(tenant: str, ticket: str) -> str:
    return f"{Process.TICKET}:{tenant}:{ticket}"


def provisioning_id(tenant: str) -> str:
    return f"{_PROVISION}:{tenant}"


def webhook_id(tenant: str, endpoint: str) -> str:
    return f"{Process.WEBHOOK}:{tenant}:{endpoint}"


def printing_queue(queue: str) -> str:
    """Where PDFs are drawn: a queue of its own, so that a month's end of them takes no place from charges, stamps and messages."""
    return f"{queue}-printing"
