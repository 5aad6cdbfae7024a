"""Which channel follows one that failed: by kind of failure, whether or not the code is known."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.speaking.fallback import NO_SENDER, NOT_DELIVERED, OPTED_OUT_HERE, after
from models.speaking.notices import Channel

# Twilio's codes: twilio.com/docs/api/errors
TABLE = {
    "63016": Channel.SMS,  # outside the 24 hours without an approved template
    "63018": Channel.SMS,  # rate limit of the channel
    "63024": Channel.SMS,  # no WhatsApp at this number
    "63013": Channel.SMS,  # WhatsApp's policy
    "63112": Channel.SMS,  # Meta has disabled the business account
    "21655": Channel.SMS,  # the template is not there
    "30008": Channel.SMS,  # unknown error
    "63999": Channel.SMS,  # a code nobody has seen
    "": Channel.SMS,
    NOT_DELIVERED: Channel.SMS,
    "21610": Channel.EMAIL,  # opted out, as Twilio knows
    OPTED_OUT_HERE: Channel.EMAIL,
    "21211": Channel.EMAIL,  # not a number
    "21614": Channel.EMAIL,
    "30005": Channel.EMAIL,
    "30006": Channel.EMAIL,
}


@pytest.mark.parametrize(("error", "then"), TABLE.items())
def test_whatsapp_is_followed_by_what_would_help(error: str, then: Channel) -> None:
    assert after(Channel.WHATSAPP, error, sms=True) is then


@given(st.text(max_size=8), st.booleans())
def test_every_line_of_channels_ends_with_e_mail_after_at_most_three(error: str, sms: bool) -> None:
    line: list[Channel] = [Channel.WHATSAPP]
    while (then := after(line[-1], error, sms=sms)) is not None:
        line.append(then)
    assert line[-1] is Channel.EMAIL
    assert len(set(line)) == len(line) <= 3
    assert sms or Channel.SMS not in line


def test_sms_that_cannot_be_sent_is_followed_by_e_mail() -> None:
    assert after(Channel.SMS, NO_SENDER, sms=False) is Channel.EMAIL
