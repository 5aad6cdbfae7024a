"""What must not stand in a log, taken out of it: by the name of a field, by the look of a value, and by the secrets we know.

A net under the rule that nobody logs such things in the first place. Names of people have no look of their own: what carries them
must be logged by id, or under a key that is listed here.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

_SECRET_KEY = re.compile(
    r"(?:^|[_-])(?:password|passwd|secret|token|authorization|cookie|credentials?|key|signature|csd|otp)s?$",
    re.IGNORECASE,
)
_PERSONAL_KEY = re.compile(
    r"(?:^|[_-])(?:e?mail|phone|mobile|whatsapp|rfc|curp|tax_?id|clabe|card|iban|address|street|postal_?code|zip|birth\w*"
    r"|customer_name|full_?name|legal_?name|first_?name|last_?name|surname|holder|to|from|recipient|body|subject|text|reason|payload)s?$",
    re.IGNORECASE,
)
_SHORTEST = 6  # a known secret shorter than this would take out ordinary words


def _numbered(match: re.Match[str]) -> str:
    """Card numbers pass Luhn's check (ISO/IEC 7812-1); other long numbers are somebody's count."""
    digits = [int(c) for c in match[0] if c.isdigit()]
    doubled = sum(sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]) + sum(digits[-1::-2])
    return "[card]" if 13 <= len(digits) <= 19 and doubled % 10 == 0 else match[0]


# In this order: what is longer and more certain first.
_LOOKS: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r"-----BEGIN [A-Z ]+-----.*?(?:-----END [A-Z ]+-----|\Z)", re.DOTALL), "[key]"),
    (re.compile(r"\beyJ[\w-]{5,}\.[\w-]+\.[\w-]*"), "[token]"),  # a JWT (RFC 7519)
    (re.compile(r"\b(Bearer|Basic)\s+(?!\[)[^\s'\",;]+", re.IGNORECASE), r"\1 [token]"),
    (re.compile(r"\b(?:[srp]k_(?:live|test)|whsec|ek_test|ek_live)_[\w-]+"), "[key]"),  # Stripe's, and our own API keys
    (re.compile(r"\b(?:pi|seti|src|cs)_\w+_secret_\w+"), "[key]"),  # Stripe's client secrets
    # Our refresh tokens and invitations; an invoice of Stripe's begins like the latter and is shorter.
    (re.compile(r"\b(?:rt_[\w-]{43}|in_[\w-]{32})(?![\w-])"), "[token]"),
    (re.compile(r"\b[A-Za-z0-9]{1,32}:[A-Za-z0-9+/]{43}="), "[key]"),  # an encryption key as settings write it
    (re.compile(r"(?<=://)[^\s/@]+@"), "[credentials]@"),
    (
        re.compile(r"(/go/|/codec/)(?!operator/|decode|encode|\{|\[)[^\s/?\"']+"),
        r"\1[token]",
    ),  # our links are their own key
    (re.compile(r"\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), "[e-mail]"),
    (re.compile(r"\b[A-Z]{4}\d{6}[HM][A-Z]{5}[A-Z\d]\d\b", re.IGNORECASE), "[CURP]"),
    (re.compile(r"(?<![A-Z0-9Ñ&])[A-ZÑ&]{3,4}\d{6}[A-Z\d]{3}(?![A-Z0-9])", re.IGNORECASE), "[RFC]"),
    (re.compile(r"\+\d[\d ().-]{7,}\d"), "[phone]"),
    (re.compile(r"(?<![\w.-])(?:\d[ -]?){12,18}\d(?![\w-])"), _numbered),
    (
        re.compile(r"(?<![\w.:+-])(?:\(?\d{2,3}\)?[ -]?\d{3,4}[ -]?\d{4})(?![\w-])"),
        "[phone]",
    ),  # ten digits, as Mexico dials
)


@dataclass(frozen=True, slots=True)
class Redaction:
    """Takes out what must not be logged. `known` are secrets of ours that have no look of their own."""

    known: tuple[str, ...] = field(default=(), repr=False)

    @classmethod
    def of(cls, secrets: Iterable[str]) -> "Redaction":
        """With these secrets, longest first, so that one inside another leaves nothing."""
        told = {secret for secret in secrets if len(secret) >= _SHORTEST}
        return cls(tuple(sorted(told, key=len, reverse=True)))

    def text(self, value: str) -> str:
        """A text without them."""
        for secret in self.known:
            value = value.replace(secret, "[secret]")
        for look, instead in _LOOKS:
            value = look.sub(instead, value)
        return value

    def fields(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Fields of a log line without them, however deep."""
        return {str(key): self._value(str(key), value) for key, value in values.items()}

    def _value(self, key: str, value: Any) -> Any:
        if value is None or isinstance(value, bool):
            return value
        if value != "" and (_SECRET_KEY.search(key) or _PERSONAL_KEY.search(key)):
            return "[removed]"
        if isinstance(value, Mapping):
            return self.fields(value)
        if isinstance(value, list | tuple | set | frozenset):
            return [self._value("", each) for each in value]
        if isinstance(value, int | float):
            # A phone or a card given as a number looks like one in text as well.
            return value if self.text(str(value)) == str(value) else "[removed]"
        return self.text(value if isinstance(value, str) else str(value))
