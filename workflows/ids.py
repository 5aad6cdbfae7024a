"""The id of every process: what it is about, so that there is one of it. No personal data, ever. And the names of queues."""


def subscription_id(tenant: str, subscription: str) -> str:
    return f"sub:{tenant}:{subscription}"


def dunning_id(tenant: str, invoice: str) -> str:
    return f"dunning:{tenant}:{invoice}"


def invoicing_id(tenant: str, source: str) -> str:
    return f"cfdi:{tenant}:{source}"


def refund_id(tenant: str, refund: str) -> str:
    return f"refund:{tenant}:{refund}"


def cancellation_id(tenant: str, document: str) -> str:
    return f"cancel:{tenant}:{document}"


def substitution_id(tenant: str, document: str) -> str:
    return f"substitute:{tenant}:{document}"


def claim_id(tenant: str, document: str) -> str:
    return f"claim:{tenant}:{document}"


def notice_id(tenant: str, key: str) -> str:
    return f"notice:{tenant}:{key}"


def webhook_id(tenant: str, endpoint: str) -> str:
    return f"webhook:{tenant}:{endpoint}"


def printing_queue(queue: str) -> str:
    """Where PDFs are drawn: a queue of its own, so that a month's end of them takes no place from charges, stamps and messages."""
    return f"{queue}-printing"
