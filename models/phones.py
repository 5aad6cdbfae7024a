"""Phone numbers as the same person's are told apart from others'."""

import re

_MEXICAN_MOBILE = re.compile(r"\+521(\d{10})")


def canonical(phone: str) -> str:
    """E.164 without the `1` that Mexican mobiles had after +52 until August 2019 (IFT, new numbering plan).

    WhatsApp still writes it (`whatsapp:+5215512345678`), people and Twilio's SMS do not. A channel's prefix goes too.
    """
    number = "+" + re.sub(r"\D", "", phone.rpartition(":")[2])
    mobile = _MEXICAN_MOBILE.fullmatch(number)
    return f"+52{mobile[1]}" if mobile else number
