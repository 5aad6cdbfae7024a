"""Which channel comes after one that failed, by what kind of failure it was. A code that nobody has seen is a failure too.

Codes: Twilio's "Error and Warning Dictionary" (twilio.com/docs/api/errors). Only what points away from SMS is named; everything else,
known or not, goes to the next channel in line. Senders that fell back on one exact code (63016) lost whatever failed with another.
"""

from enum import StrEnum

from models.speaking.notices import Channel

OPTED_OUT = "21610"  # "Attempt to send to unsubscribed recipient"
OPTED_OUT_HERE = "opted out"  # as we write it, when our own list kept us from asking
NOT_DELIVERED = "not delivered in time"
UNANSWERED = "no answer to what was handed over"
NO_SENDER = "no SMS sender is set"


class FailureKind(StrEnum):
    """Kinds of failure, by what would help."""

    UNWANTED = "unwanted"  # the customer wants no messages of this kind: a text message would be one more
    NO_SUCH_PHONE = "no_such_phone"  # no message to this number will ever arrive
    THIS_CHANNEL = (
        "this_channel"  # templates, windows, limits, no WhatsApp on this phone, or nobody knows: another channel may do
    )


_KINDS = {
    OPTED_OUT: FailureKind.UNWANTED,
    OPTED_OUT_HERE: FailureKind.UNWANTED,
    "63033": FailureKind.UNWANTED,  # "Recipient is blocked to receive message"
    "21211": FailureKind.NO_SUCH_PHONE,  # invalid 'To' number
    "21614": FailureKind.NO_SUCH_PHONE,  # not a mobile number
    "30005": FailureKind.NO_SUCH_PHONE,  # unknown destination handset
    "30006": FailureKind.NO_SUCH_PHONE,  # landline or unreachable carrier
}


def kind_of(error: str) -> FailureKind:
    """The kind of a failure: by Twilio's code, or by our own word for it."""
    return _KINDS.get(error, FailureKind.THIS_CHANNEL)


def after(channel: Channel, error: str, *, sms: bool) -> Channel | None:
    """The channel to try when this one failed so; None after the last. `sms`: whether we have a number to send text messages from."""
    if channel is Channel.EMAIL:
        return None
    if channel is Channel.WHATSAPP and sms and kind_of(error) is FailureKind.THIS_CHANNEL:
        return Channel.SMS
    return Channel.EMAIL
