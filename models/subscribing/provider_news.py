"""Word from the payments provider that something changed."""

from dataclasses import dataclass

# A renewal makes a dozen events; these are the ones after which a look can show something new.
WORTH_A_LOOK = (
    "customer.subscription.",
    "customer.updated",
    "invoice.paid",
    "invoice.payment_failed",
    "invoice.payment_action_required",
    "invoice.voided",
    "invoice.marked_uncollectible",
    "checkout.session.",
    # A voucher or a transfer begins or is called off; what comes of it is told of the invoice.
    "payment_intent.requires_action",
    "payment_intent.processing",
    "payment_intent.canceled",
)


@dataclass(frozen=True, slots=True)
class ProviderNews:
    """Word that something changed at the provider. It says "look", never what to believe."""

    event: str
    type: str
    object: str = ""

    @property
    def worth_a_look(self) -> bool:
        """Whether the subscription's process need be told at all."""
        return self.type.startswith(WORTH_A_LOOK)

    @property
    def refund(self) -> bool:
        """Whether `object` is a refund. Refunds have a process each: money is also given back to subscriptions that are over."""
        return self.type.startswith("refund.")
