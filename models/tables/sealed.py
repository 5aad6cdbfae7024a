"""Which columns hold personal data, sealed, and as what: the one list that the store, the migrations and re-sealing go by.

A sealed value is bound to its place: it opens only in the table, column and row it was sealed for, so that nobody with write access
to the database can show one customer's data as another's.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from models.phones import canonical
from models.safekeeping.keyring import Keyring, Unsealable


class Form(StrEnum):
    """How a value is held.

    text: `v1:<key id>:<base64>` in a text column. framed: `v1:<key id>:` and the raw bytes, in a binary one. split: the raw bytes,
    the key's id in the column `key_id` beside them.
    """

    TEXT = "text"
    FRAMED = "framed"
    SPLIT = "split"


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """One column; `key` is the primary key of its table. An empty value stays empty.

    `told` is how a value's context is written where that is not the rule: a format of the key's parts.
    """

    table: str
    column: str
    key: tuple[str, ...]
    form: Form = Form.TEXT
    told: str = ""

    def context(self, key: tuple[Any, ...]) -> str:
        """What a value of the row with this key is sealed as."""
        if self.told:
            return self.told.format(*key)
        return "\0".join((f"{self.table}.{self.column}", *key))

    def seal(self, keyring: Keyring, plain: Any, key: tuple[Any, ...]) -> Any:
        """The value as the column holds it, sealed with the current key: text for text, bytes for framed."""
        if not plain:
            return plain
        if self.form is Form.TEXT:
            return keyring.seal_text(plain, context=self.context(key))
        name, sealed = keyring.seal(plain, context=self.context(key))
        return _frame(name) + sealed

    def open(self, keyring: Keyring, held: Any, key: tuple[Any, ...]) -> Any:
        """What `seal` was given.

        Raises:
            Unsealable: its key is not in the ring, or it is not the value of this row and column.
        """
        if not held:
            return held
        if self.form is Form.TEXT:
            return keyring.open_text(held, context=self.context(key))
        version, _, rest = bytes(held).partition(b":")
        name, _, sealed = rest.partition(b":")
        if version != b"v1" or not sealed:
            raise Unsealable("not a sealed file")
        return keyring.open(name.decode(errors="replace"), sealed, context=self.context(key))

    def by_current(self, keyring: Keyring) -> str | bytes:
        """How values begin that are sealed with the current key; split ones have the key's id instead."""
        if self.form is Form.SPLIT:
            return keyring.current
        return f"v1:{keyring.current}:" if self.form is Form.TEXT else _frame(keyring.current)


def _frame(name: str) -> bytes:
    return f"v1:{name}:".encode()


_CUSTOMER, _DOCUMENT = ("tenant_id", "id"), ("tenant_id", "key")

CONTACT = SealedColumn("customers", "contact", _CUSTOMER)  # JSON: name, email, phone
FISCAL = SealedColumn("customers", "fiscal", _CUSTOMER)  # JSON: rfc, name, postal_code
BODY = SealedColumn("notices", "body", ("tenant_id", "key", "channel"))
PAYLOAD = SealedColumn("inbox_events", "payload", ("provider", "event"))
RECEIVER = SealedColumn("tax_documents", "receiver_rfc", _DOCUMENT)
MESSAGE = SealedColumn("tax_documents", "message", _DOCUMENT)
CONTENT = SealedColumn("document_files", "content", (*_DOCUMENT, "file"), Form.FRAMED)

CSD = SealedColumn(
    "certificates", "sealed", ("tenant_id", "number"), Form.SPLIT, "csd:{}:{}"
)  # models.cfdi.certificates
ACCOUNT = SealedColumn("pac_accounts", "sealed", ("tenant_id", "rank"), told="pac:{}:{}")  # models.cfdi.pac_accounts

REPLY = SealedColumn("customer_replies", "body", _CUSTOMER)
USER_EMAIL = SealedColumn("users", "email", ("tenant_id", "id"))
ANSWER = SealedColumn("requests", "answer", ("tenant_id", "key"))
SIGNING = SealedColumn("webhook_endpoints", "secret", ("tenant_id", "id"))
SIGNING_BEFORE = SealedColumn("webhook_endpoints", "previous_secret", ("tenant_id", "id"))
FORWARDING = SealedColumn("deletions", "address", ("tenant_id", "id"))
ENTRY = SealedColumn("ticket_entries", "text", ("tenant_id", "ticket_id", "id"))

SIGNUP_EMAIL = SealedColumn("signups", "email", ("tenant_id",))
SIGNUP_CONTACT = SealedColumn("signups", "contact", ("tenant_id",))  # JSON: business, name, phone
ADDRESS = SealedColumn("acceptances", "address", ("tenant_id", "subject", "document", "version"))

PET = SealedColumn("pets", "profile", ("tenant_id", "id"))  # JSON: name, species, sex, grams, born, sterilised
LINES = SealedColumn("bills", "lines", ("tenant_id", "id"))

ALERTED = SealedColumn("alert_settings", "addresses", ("tenant_id",))  # JSON: emails, phones
PERSON = SealedColumn("customer_contacts", "details", ("tenant_id", "id"))  # JSON: name, email, phone
WRITTEN = SealedColumn("customer_activities", "text", ("tenant_id", "id"))
OPPORTUNITY = SealedColumn("customer_opportunities", "name", ("tenant_id", "id"))
TASK = SealedColumn("customer_tasks", "text", ("tenant_id", "id"))

SEALED = (
    *(CONTACT, FISCAL, BODY, PAYLOAD, RECEIVER, MESSAGE, CONTENT, CSD, ACCOUNT, REPLY, USER_EMAIL, ANSWER),
    *(SIGNING, SIGNING_BEFORE, SIGNUP_EMAIL, SIGNUP_CONTACT, ADDRESS, PET, LINES),
    *(FORWARDING, ALERTED, ENTRY),
    *(PERSON, WRITTEN, OPPORTUNITY, TASK),
)


def email_prints(keyring: Keyring, tenant: str, email: str) -> tuple[str, ...]:
    """What a customer is found and kept unique by, one for each key, the current one first."""
    return keyring.fingerprints(email, context=f"customers.email\0{tenant}")


def phone_prints(keyring: Keyring, phone: str) -> tuple[str, ...]:
    """What the customer is found by from whose phone a message came, in canonical form.

    The same for all tenants, for they share our number: whoever writes to it has not said to whom.
    """
    return keyring.fingerprints(canonical(phone), context="customers.phone")


def user_prints(keyring: Keyring, tenant: str, email: str) -> tuple[str, ...]:
    """As `email_prints`, for a person who logs in."""
    return keyring.fingerprints(email, context=f"users.email\0{tenant}")


def signup_prints(keyring: Keyring, email: str) -> tuple[str, ...]:
    """As `email_prints`, for a business that opens an account by itself: the same in the whole installation."""
    return keyring.fingerprints(email, context="signups.email")


def rfc_prints(keyring: Keyring, tenant: str, rfc: str) -> tuple[str, ...]:
    """What an RFC is kept unique by among a tenant's customers, one for each key, the current one first."""
    return keyring.fingerprints(rfc, context=f"customers.rfc\0{tenant}")


def receiver_prints(keyring: Keyring, tenant: str, rfc: str) -> tuple[str, ...]:
    """What a tax document is found by from its receiver's RFC, one for each key, the current one first."""
    return keyring.fingerprints(rfc, context=f"tax_documents.rfc\0{tenant}")


def term_numbers(keyring: Keyring, tenant: str, term: str) -> tuple[int, ...]:
    """What a search term is kept and found as: eight bytes of its HMAC as a signed number, one for each key, the current one first."""
    found = keyring.fingerprints(term, context=f"customers.terms\0{tenant}")
    return tuple(int.from_bytes(bytes.fromhex(each[:16]), signed=True) for each in found)


def beside(sealed: SealedColumn, keyring: Keyring, row: Mapping[str, Any], plain: Any) -> dict[str, str]:
    """Columns that change with a sealed one: the fingerprints of e-mail and phone in a contact, of a user's or a signup's e-mail, of a
    tax document's receiver.
    """
    if sealed is USER_EMAIL and plain:
        return {"email_print": user_prints(keyring, str(row["tenant_id"]), plain)[0]}
    if sealed is SIGNUP_EMAIL and plain:
        return {"email_print": signup_prints(keyring, plain)[0]}
    if sealed is RECEIVER and plain:
        return {"rfc_print": receiver_prints(keyring, str(row["tenant_id"]), plain)[0]}
    if sealed is not CONTACT or not plain:
        return {}
    return {
        "email_print": email_prints(keyring, str(row["tenant_id"]), email_of(plain))[0],
        "phone_print": phone_print_of(keyring, plain),
    }


def phone_print_of(keyring: Keyring, contact: str) -> str:
    """The current fingerprint of the phone in an opened contact; empty where there is none."""
    phone = str(json.loads(contact).get("phone") or "")
    return phone_prints(keyring, phone)[0] if phone else ""


def email_of(contact: str) -> str:
    """The e-mail in an opened contact."""
    return str(json.loads(contact)["email"])
