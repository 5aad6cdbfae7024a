"""What people may order running processes to do."""

from enum import StrEnum


class SubscriptionCommand(StrEnum):
    """Orders to a subscription's process; each is an update of that name."""

    CANCEL = "cancel"
    PAUSE = "pause_subscription"
    RESUME = "resume_subscription"
    SUSPEND = "suspend_now"
    RESTORE = "restore_now"
    REFRESH = "refresh"
    EXTEND_TRIAL = "extend_trial"
    KEEP = "keep_subscription"
    CHANGE_PLAN = "change_plan"
    UNDO_PLAN_CHANGE = "undo_plan_change"
    STAY = "take_stay_offer"


class CaseCommand(StrEnum):
    """Orders to a dunning case; each is an update of that name."""

    EXTEND_GRACE = "extend_grace"
    RETRY_NOW = "retry_now"
    SKIP_TO_STEP = "skip_to_step"
    PAUSE = "pause_dunning"
    PROMISE = "promise_to_pay"
    ADOPT_POLICY = "adopt_policy"
    RESUME = "resume_dunning"
    RECORD_PAYMENT = "record_external_payment"
    WRITE_OFF = "write_off"
    INSTALMENTS = "agree_instalments"
    ESCALATE = "escalate"


class DeletionCommand(StrEnum):
    """Orders to the process of a customer's deletion; each is an update of that name."""

    CANCEL = "cancel_deletion"
    WARN_AGAIN = "warn_again"
    CONFIRM = "confirm_deletion"


class TicketCommand(StrEnum):
    """Orders to a ticket; each is an update of that name."""

    ASSIGN = "assign"
    NOTE = "note"
    REPLY = "reply"
    PRIORITY = "set_priority"
    RESOLVE = "resolve"
    REOPEN = "reopen"
    CLOSE = "close"


class BillCommand(StrEnum):
    """Orders to a bill's process; each is an update of that name."""

    VOID = "void_bill"
    RECORD_PAYMENT = "record_external_payment"
    WRITE_OFF = "write_off"
    INVOICE = "invoice_by_name"
    REFRESH = "refresh"


class DocumentCommand(StrEnum):
    """Orders to the process of a tax document; each is an update of that name."""

    CORRECT_RECEIVER = "correct_receiver"
    RETRY = "retry"
