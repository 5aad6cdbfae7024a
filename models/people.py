"""How to reach a customer: phone, e-mail and the reference the tenant knows them by, each checked at the door."""

import re

import phonenumbers
from email_validator import EmailNotValidError, validate_email


class FieldInvalid(ValueError):
    """One field of a request is wrong. `field` names it and the message tells the remedy."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def phone(text: str, field: str = "phone") -> str:
    """A phone number in E.164 form; ten digits alone are Mexican. `+521…`, WhatsApp's old Mexican form, becomes `+52…`.

    Raises:
        FieldInvalid: it cannot be a phone number.
    """
    compact = re.sub(r"[\s().-]", "", text)
    if re.fullmatch(r"\+?521\d{10}", compact):
        compact = "+52" + compact[-10:]
    try:
        number = phonenumbers.parse(compact, "MX")
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_possible_number(number):
        raise FieldInvalid(
            field, "not a phone number; write ten digits, or + and the country code (e.g. +52 55 1234 5678)"
        )
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def printed(number: str) -> str:
    """A number in E.164 form as people read it: `+52 55 1234 5678`. Empty stays empty."""
    if not number:
        return ""
    shown = phonenumbers.format_number(phonenumbers.parse(number), phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    return str(shown)


def email(text: str, field: str = "email") -> str:
    """A normalised e-mail address, lower-cased: two spellings of one mailbox are one customer.

    Raises:
        FieldInvalid: it cannot be an e-mail address.
    """
    try:
        return validate_email(text.strip(), check_deliverability=False, test_environment=True).normalized.lower()
    except EmailNotValidError as error:
        raise FieldInvalid(field, f"not an e-mail address: {error}") from None


def reference(text: str, field: str = "customer_reference") -> str:
    """The tenant's own id for a customer. It is shown to operators and indexed in clear, so it must not be personal data.

    Raises:
        FieldInvalid: other characters than letters, digits, `-` and `_`, or a value that is itself a phone, RFC or e-mail.
    """
    value = text.strip()
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", value):
        raise FieldInvalid(field, "use 1 to 64 letters, digits, - or _ (your own id for the customer, not an e-mail)")
    if re.fullmatch(r"\d{10,15}|[A-Za-z]{3,4}\d{6}[A-Za-z0-9]{3}", value):
        raise FieldInvalid(field, "looks like a phone number or an RFC; use an id of your own without personal data")
    return value
