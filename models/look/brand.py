"""How a tenant looks to its customers: name, logo, colours and who answers, checked where they come in.

Whatever colours are chosen, what is written in them can be read (WCAG 2.2 AA): letters on a colour are white or black, and a
colour too pale for letters on white is darkened for them. `corrections` says so.
"""

import re
from dataclasses import dataclass, field, fields
from urllib.parse import urlsplit

from models import people
from models.agreements.legal import LegalKind
from models.look.colours import AA, WHITE, Colour
from models.people import FieldInvalid
from models.speaking.notices import Language

PRIMARY, ACCENT = Colour(0x1F, 0x2A, 0x37), Colour(0x64, 0x74, 0x8B)  # of whoever has chosen none: slate
LARGEST_LOGO = 200_000  # bytes, as it comes
_LONGEST_NAME, _LONGEST_LINE, _LONGEST_URL = 60, 200, 300


@dataclass(frozen=True, slots=True)
class LogoMark:
    """What must be known of a logo to show it. `digest` names this very picture; sizes are pixels."""

    media_type: str
    digest: str
    width: int
    height: int

    def fitted(self, width: float, height: float) -> tuple[float, float]:
        """As large as it may be in a box, not larger than it is, its proportions kept."""
        scale = min(width / self.width, height / self.height, 1.0)
        return self.width * scale, self.height * scale


_WORDS = {
    Language.ES: ("WhatsApp", "Teléfono", "Correo", "Sitio web"),
    Language.EN: ("WhatsApp", "Phone", "E-mail", "Website"),
}
QUESTIONS = {Language.ES: "¿Dudas? Estamos para ayudarte", Language.EN: "Questions? We are here to help"}


@dataclass(frozen=True, slots=True)
class Way:
    """A way to somebody or to a page: what it is called, its address (`tel:`, `mailto:`, `https:`), and what to show."""

    label: str
    address: str
    shown: str


@dataclass(frozen=True, slots=True)
class Support:
    """Who answers a customer's questions. `phone` and `whatsapp` are E.164; what is empty is not shown."""

    phone: str = ""
    whatsapp: str = ""
    email: str = ""

    def ways(self, language: Language) -> tuple[Way, ...]:
        """Those there are, the one most used in Mexico first."""
        whatsapp, phone, email, *_ = _WORDS[language]
        known = (
            Way(whatsapp, f"https://wa.me/{self.whatsapp.removeprefix('+')}", people.printed(self.whatsapp)),
            Way(phone, f"tel:{self.phone}", people.printed(self.phone)),
            Way(email, f"mailto:{self.email}", self.email),
        )
        return tuple(way for way in known if way.shown)


@dataclass(frozen=True, slots=True)
class Brand:
    """A tenant as its customers know it. `legal_line` names the company behind it; addresses are https."""

    tenant: str
    name: str
    legal_line: str = ""
    primary: Colour = PRIMARY
    accent: Colour = ACCENT
    support: Support = Support()
    website: str = ""
    terms_url: str = ""
    privacy_url: str = ""
    logo: LogoMark | None = None
    texts: tuple[LegalKind, ...] = field(default=(), compare=False)  # those it has published here

    @property
    def initial(self) -> str:
        """Stands where a logo would."""
        return next((letter.upper() for letter in self.name if letter.isalnum()), "")

    @property
    def logo_path(self) -> str:
        """Where the logo is served; another picture has another address, so that it may be kept for ever."""
        return f"/brand/{self.tenant}/logo?v={self.logo.digest}" if self.logo else ""

    def pages(self, language: Language) -> tuple[Way, ...]:
        """The tenant's own pages: website, terms, privacy notice and what else it has published. Pages of ours begin with `/`."""
        known = [(_WORDS[language][-1], self.website)]
        known += [(kind.named(language), self.text_address(kind, language)) for kind in LegalKind]
        return tuple(Way(label, address, label) for label, address in known if address)

    def text_address(self, kind: LegalKind, language: Language) -> str:
        """Where a text is read: on the tenant's own site, or on a page of ours; empty where there is none."""
        elsewhere = {LegalKind.TERMS: self.terms_url, LegalKind.PRIVACY: self.privacy_url}.get(kind, "")
        here = f"/legal/{self.tenant}/{kind.path}{'?lang=en' if language is Language.EN else ''}"
        return elsewhere or (here if kind in self.texts else "")

    @property
    def corrections(self) -> tuple[str, ...]:
        """What is shown otherwise than chosen, and why, in English for whoever chooses."""
        told = []
        for which, colour in (("primary", self.primary), ("accent", self.accent)):
            if (shown := colour.readable) != colour:
                told.append(
                    f"{which}: {colour} on white has a contrast of {colour.against(WHITE):.1f}:1, less than the {AA}:1 of WCAG AA; "
                    f"letters and outlines are shown in {shown}"
                )
        if self.primary.ink != WHITE:
            told.append(
                f"primary: white letters on {self.primary} have a contrast of {self.primary.against(WHITE):.1f}:1, less than the "
                f"{AA}:1 of WCAG AA; buttons have dark letters"
            )
        return tuple(told)


@dataclass(frozen=True, slots=True)
class Letterhead:
    """A brand with its logo's bytes: for what travels without us, e-mail and PDF."""

    brand: Brand
    logo: bytes = field(default=b"", repr=False)


def neutral(tenant: str, name: str) -> Brand:
    """The look of a tenant that has set none."""
    return Brand(tenant, name)


def brand(
    *,
    tenant: str,
    name: str,
    legal_line: str = "",
    primary: str = "",
    accent: str = "",
    phone: str = "",
    whatsapp: str = "",
    email: str = "",
    website: str = "",
    terms_url: str = "",
    privacy_url: str = "",
    logo: LogoMark | None = None,
) -> Brand:
    """A checked brand; a colour left out is the neutral one.

    Raises:
        FieldInvalid: naming the first wrong field and the remedy.
    """
    return Brand(
        tenant=tenant,
        name=_line("name", name, _LONGEST_NAME, needed=True),
        legal_line=_line("legal_line", legal_line, _LONGEST_LINE),
        primary=_colour("primary", primary, PRIMARY),
        accent=_colour("accent", accent, ACCENT),
        support=Support(
            phone=people.phone(phone, "phone") if phone.strip() else "",
            whatsapp=people.phone(whatsapp, "whatsapp") if whatsapp.strip() else "",
            email=people.email(email, "email") if email.strip() else "",
        ),
        website=_address("website", website),
        terms_url=_address("terms_url", terms_url),
        privacy_url=_address("privacy_url", privacy_url),
        logo=logo,
    )


def _line(which: str, text: str, longest: int, *, needed: bool = False) -> str:
    line = " ".join(text.split())
    if not line.isprintable():
        raise FieldInvalid(which, "holds characters that cannot be shown; write letters, digits and punctuation")
    if needed and not any(letter.isalnum() for letter in line):
        raise FieldInvalid(which, "write the name your customers know you by")
    if len(line) > longest:
        raise FieldInvalid(which, f"has {len(line)} characters; write {longest} at most")
    return line


def _colour(which: str, text: str, otherwise: Colour) -> Colour:
    try:
        return Colour.parse(text) if text.strip() else otherwise
    except ValueError as fault:
        raise FieldInvalid(which, str(fault)) from None


def _address(which: str, text: str) -> str:
    """An https address without a user, a port or anything that could end the attribute it stands in."""
    address = text.strip()
    if not address:
        return ""
    if len(address) > _LONGEST_URL or not re.fullmatch(r"[!-~]+", address) or re.search(r"[\"'<>\\^`{|}]", address):
        raise FieldInvalid(
            which, f"not a web address; write up to {_LONGEST_URL} plain characters, e.g. https://acuario.mx"
        )
    parts = urlsplit(address)
    if parts.scheme.lower() != "https":
        raise FieldInvalid(which, "write the whole address with https://, e.g. https://acuario.mx")
    if not re.fullmatch(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]", parts.netloc.lower()):
        raise FieldInvalid(which, "has no host name such as acuario.mx (no user, no port, no IP address)")
    return address


def differences(before: Brand, after: Brand) -> tuple[str, ...]:
    """The names of what was changed, without the values: an audit needs no phone number."""
    return tuple(
        each.name for each in fields(Brand) if each.compare and getattr(before, each.name) != getattr(after, each.name)
    )
