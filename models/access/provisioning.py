"""A business that opens an account by itself: what it gave, what it accepted, and the ids of what is made for it.

Ids follow from the business's own, so that a step which is repeated makes nothing twice. Instants are UTC.
"""

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from models.periods import Calendar
from models.speaking.notices import Language

LONGEST = 32  # characters of a business's id


class SignupState(StrEnum):
    """pending: its account is being opened. ready: its owner may log in."""

    PENDING = "pending"
    READY = "ready"


@dataclass(frozen=True, slots=True)
class Signup:
    """What somebody gave to open an account. `email` is unique in the installation; the rest of it goes once the account is open."""

    tenant: str
    user: str
    email: str
    language: Language
    terms_version: str
    created_at: datetime
    business: str = ""
    name: str = ""
    phone: str = ""
    password: str = ""  # argon2id
    state: SignupState = SignupState.PENDING


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Who accepted which version of which document, when, and from which address. Unique by all but the last two."""

    tenant: str
    subject: str
    document: str
    version: str
    accepted_at: datetime
    address: str = ""


@dataclass(frozen=True, slots=True)
class Provision:
    """The order to open an account; no personal data. `house` and `plan`: who sells the use of the product, and as what; may be empty."""

    tenant: str
    calendar: Calendar
    house: str = ""
    plan: str = ""

    @property
    def subscription(self) -> str:
        """The house's subscription for it."""
        return f"s_{self._mark}"

    @property
    def customer(self) -> str:
        """The house's customer for it."""
        return f"c_{self._mark}"

    @property
    def _mark(self) -> str:
        return hashlib.sha256(f"{self.house}\0{self.tenant}".encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Provisioned:
    """How it ended: the account is open, or nothing of it is left, and why."""

    ready: bool
    refusal: str = ""


def short_name(name: str, most: int = LONGEST) -> str:
    """An id made of a business's name: lower-case letters, digits and -; empty where nothing of it can be one."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:most].strip("-")


WELCOME = {
    Language.ES: (
        "Tu cuenta de {business} está lista",
        "Hola {name}: la cuenta de {business} está abierta.\n\n"
        "Para entrar necesitas tres datos: el negocio «{tenant}», este correo y la contraseña que elegiste.\n\n"
        "Lo que sigue, paso por paso: {link}\n\n"
        "¿No fuiste tú? Alguien usó tu correo: responde a este mensaje y la cerramos.",
    ),
    Language.EN: (
        "Your {business} account is ready",
        "Hi {name}: the account of {business} is open.\n\n"
        "To log in you need three things: the business “{tenant}”, this e-mail, and the password you chose.\n\n"
        "What comes next, step by step: {link}\n\n"
        "Was it not you? Somebody used your e-mail: answer this message and we close it.",
    ),
}


def welcome(signup: Signup, link: str) -> tuple[str, str]:
    """Subject and body of the first e-mail to an owner."""
    subject, body = WELCOME[signup.language]
    facts = {"business": signup.business, "name": signup.name, "tenant": signup.tenant, "link": link}
    return subject.format(**facts), body.format(**facts)
