"""Who issues and who receives a CFDI 4.0, checked offline at the door, and the rules that choose its codes.

That RFC, name, postal code and régimen belong together only the SAT can say; what can be known here is checked here.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from models.cfdi.postal_zones import is_postal_code, zone_of
from models.cfdi.sat_catalogues import REGIMES, USES
from models.cfdi.taxes import RATES, USUAL, PaymentMethod, Terms, Withholding
from models.people import FieldInvalid
from models.subscribing.invoices import Funding

GENERAL_PUBLIC_RFC = "XAXX010101000"
FOREIGN_RFC = "XEXX010101000"
GENERIC_RFCS = (GENERAL_PUBLIC_RFC, FOREIGN_RFC)  # of anybody: nobody has one alone
_RFC = re.compile(r"(?P<letters>[A-Z&Ñ]{3,4})(?P<day>\d{6})[A-Z0-9]{2}[0-9A]")

# Corporate forms the SAT leaves out of the name; longest first, so that "SA DE CV" goes before "SA".
_FORMS = sorted(
    """AC|A EN P|IAP|ABP|SA|SA DE CV|SAB|SAB DE CV|SAPI|SAPI DE CV|SAPIB|SAPIB DE CV|SAS|SAS DE CV|SC|SC DE RL|
    SC DE RL DE CV|SCL|SCP|SCU|S DE RL|S DE RL DE CV|S DE RL MI|S EN C|S EN C DE CV|S EN C POR A|S EN C POR A DE CV|
    S EN NC|S EN NC DE CV|SNC|SPR|SPR DE RL|SPR DE RL DE CV|SOFOM|SOFOM ENR|SA DE CV SOFOM ENR|SA DE CV SOFOM ER|
    SAPI DE CV SOFOM ENR""".replace("\n", "")
    .replace("    ", "")
    .split("|"),
    key=len,
    reverse=True,
)

# A PAC stamps up to 72 h after Fecha; what is older than this is dated anew, so that there is time left to retry.
DATED_BY_CHARGE = timedelta(hours=70)


class Person(StrEnum):
    """The two kinds of taxpayer; the RFC's length tells them apart (13 and 12)."""

    FISICA = "fisica"
    MORAL = "moral"


@dataclass(frozen=True, slots=True)
class Receiver:
    """Whom a tax invoice names. `regime` is SAT c_RegimenFiscal, `use` c_UsoCFDI (empty: chosen by rule)."""

    rfc: str
    name: str
    regime: str
    postal_code: str
    use: str = ""


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who issues, as the tenant's certificate (CSD) names it. `vat` in per cent, None for exempt sales.

    `series` is the Serie of every document; `withholding` what companies keep back from a persona física;
    `payment_method` says whether an invoice that is still to be paid gets its CFDI before (PPD) or after (PUE).
    """

    rfc: str
    name: str
    regime: str
    postal_code: str
    vat: int | None = 16
    series: str = "P"
    withholding: Withholding = Withholding.NONE
    payment_method: PaymentMethod = PaymentMethod.PUE


def person(rfc: str) -> Person:
    """The kind of taxpayer an RFC belongs to."""
    return Person.MORAL if len(rfc) == 12 else Person.FISICA


def issuer(
    *,
    rfc: str,
    name: str,
    regime: str,
    postal_code: str,
    vat: int | None = 16,
    series: str = "P",
    withholding: Withholding = Withholding.NONE,
    payment_method: PaymentMethod = PaymentMethod.PUE,
) -> Issuer:
    """An issuer as a PAC wants it, from what a person typed.

    Raises:
        FieldInvalid: naming `tax_id`, `legal_name`, `tax_regime`, `postal_code`, `vat`, `series` or `withholding`, and the remedy.
    """
    checked = receiver(rfc=tax_id(rfc), name=name, regime=regime, postal_code=postal_code)
    if vat not in RATES:
        raise FieldInvalid("vat", "not a rate of IVA; use 16, 8 (border), 0, or leave it empty for exempt sales")
    if re.fullmatch(r"[A-Z0-9]{1,25}", series) is None:
        raise FieldInvalid("series", "use 1 to 25 capital letters and digits, e.g. P")
    if withholding is not Withholding.NONE and person(checked.rfc) is Person.MORAL:
        raise FieldInvalid("withholding", "only a persona física is withheld from; a company's is none")
    if withholding is Withholding.RESICO and checked.regime != "626":
        raise FieldInvalid("withholding", "resico goes with régimen 626 only")
    return Issuer(
        checked.rfc, checked.name, checked.regime, checked.postal_code, vat, series, withholding, payment_method
    )


def amended(
    known: Issuer | None,
    *,
    rfc: str,
    name: str,
    regime: str = "",
    postal_code: str = "",
    vat: tuple[int | None] | None = None,
    series: str = "",
    withholding: Withholding | None = None,
    payment_method: PaymentMethod | None = None,
) -> Issuer:
    """An issuer with what a person typed, checked as `issuer` does; what was left out stays as `known` has it, or as at first.

    `vat` is boxed, because no rate at all is a setting, too.
    """
    base = known or Issuer(rfc, name, "", "")
    return issuer(
        rfc=rfc,
        name=name,
        regime=regime or base.regime,
        postal_code=postal_code or base.postal_code,
        vat=base.vat if vat is None else vat[0],
        series=series or base.series,
        withholding=withholding or base.withholding,
        payment_method=payment_method or base.payment_method,
    )


def receiver(*, rfc: str, name: str, regime: str, postal_code: str, use: str = "") -> Receiver:
    """A receiver as a PAC wants it, from what a person typed: upper case, without the corporate form.

    Raises:
        FieldInvalid: naming `tax_id`, `legal_name`, `tax_regime`, `postal_code` or `cfdi_use`, and the remedy.
    """
    if re.sub(r"[\s.-]", "", rfc).upper() == GENERAL_PUBLIC_RFC and name.strip():
        return named_only(name)
    rfc = tax_id(rfc)
    kind = person(rfc)
    name = legal_name(name, kind)
    code = regime.strip()
    row = REGIMES.get(code)
    if row is None:
        raise FieldInvalid(
            "tax_regime", f"not a régimen fiscal; use the three digits on your constancia: {', '.join(REGIMES)}"
        )
    if not (row.moral if kind is Person.MORAL else row.fisica):
        fitting = ", ".join(c for c, r in REGIMES.items() if (r.moral if kind is Person.MORAL else r.fisica))
        raise FieldInvalid(
            "tax_regime", f"{code} is not a régimen of a persona {kind} like this RFC; use one of {fitting}"
        )
    if not is_postal_code(postal_code.strip()):
        raise FieldInvalid("postal_code", "not a postal code; write the five digits of your fiscal address")
    use = use.strip().upper()
    if use and use not in USES:
        raise FieldInvalid("cfdi_use", f"not a UsoCFDI; leave it out, or use one of {', '.join(uses_for(kind, code))}")
    if use and use not in uses_for(kind, code):
        raise FieldInvalid(
            "cfdi_use",
            f"{use} does not go with régimen {code} of a persona {kind}; leave it out, or use one of "
            f"{', '.join(uses_for(kind, code))}",
        )
    return Receiver(rfc, name, code, postal_code.strip(), use)


def named_only(name: str) -> Receiver:
    """A receiver without RFC invoiced by name all the same: generic RFC, 616, S01; the postal code becomes the issuer's (CFDI40149).

    Raises:
        FieldInvalid: `legal_name`, where it names everybody: such sales belong in the global invoice.
    """
    name = legal_name(name, Person.FISICA)
    if unaccented(name) == "PUBLICO EN GENERAL":
        raise FieldInvalid(
            "legal_name", "this is everybody: leave the tax data out, and the month's global invoice tells it"
        )
    return Receiver(GENERAL_PUBLIC_RFC, name, "616", "", "S01")


def unaccented(text: str) -> str:
    """Without accents; Ñ becomes N."""
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))


def tax_id(text: str) -> str:
    """An RFC: normalised, of the SAT's pattern (t_RFC), with a real calendar date. The check digit is not trusted: real RFCs break it.

    Raises:
        FieldInvalid: `tax_id`.
    """
    rfc = re.sub(r"[\s.-]", "", unicodedata.normalize("NFC", text)).upper()
    found = _RFC.fullmatch(rfc)
    if found is None:
        raise FieldInvalid(
            "tax_id", "not an RFC; write 12 characters (company) or 13 (person), e.g. XAXX010101000, without spaces"
        )
    if rfc in (GENERAL_PUBLIC_RFC, FOREIGN_RFC):
        raise FieldInvalid("tax_id", "this is a generic RFC; write your own, or leave the tax data out")
    year, month, day = (int(found["day"][n : n + 2]) for n in (0, 2, 4))
    try:
        date(2000 + year, month, day)  # the century is not written; 2000 is a leap year as 1900 was not
    except ValueError:
        raise FieldInvalid(
            "tax_id", f"the RFC holds no calendar date ({found['day']}: year, month, day); copy it anew"
        ) from None
    return rfc


def legal_name(text: str, kind: Person) -> str:
    """The name as the constancia writes it: upper case, single spaces, accents and Ñ kept, no corporate form.

    Raises:
        FieldInvalid: `legal_name`.
    """
    name = " ".join(unicodedata.normalize("NFC", text).upper().split())
    if kind is Person.MORAL:
        bare = re.sub(r"[.,]", "", name)
        form = next((f for f in _FORMS if bare.endswith(f" {f}")), None)
        if form is not None:
            words = len(form.split())
            name = re.sub(r"[\s,]+$", "", _without_last_words(name, bare, words))
    if not 1 <= len(name) <= 300 or "|" in name:
        raise FieldInvalid("legal_name", "write the name exactly as on your constancia (1 to 300 characters, no '|')")
    return name


def _without_last_words(name: str, bare: str, words: int) -> str:
    # "ACME, S.A. DE C.V." and "ACME SA DE CV" have the same words once dots are gone; cut as many off the original.
    parts = name.split(" ")
    kept = len(bare.split()) - words
    return " ".join(parts[:kept]) if len(parts) == len(bare.split()) else " ".join(bare.split()[:kept])


def uses_for(kind: Person, regime: str) -> list[str]:
    """The UsoCFDI codes the SAT accepts for this person type and régimen (CFDI40161), without payroll and payment complements."""
    return [
        code
        for code, use in USES.items()
        if regime in use.regimes
        and (use.moral if kind is Person.MORAL else use.fisica)
        and code not in ("CP01", "CN01")
    ]


def use_of(receiver: Receiver, preferred: str = "G03") -> str:
    """The UsoCFDI to write: the receiver's own where it is allowed, else `preferred` where the régimen allows it, else S01."""
    allowed = uses_for(person(receiver.rfc), receiver.regime)
    return next((use for use in (receiver.use, preferred) if use in allowed), "S01")


def withholding_of(issuer: Issuer, receiver: Receiver) -> Withholding:
    """What the receiver keeps back: the issuer's setting where a company pays a persona física, else nothing."""
    companies = person(receiver.rfc) is Person.MORAL and person(issuer.rfc) is Person.FISICA
    return issuer.withholding if companies else Withholding.NONE


def terms_of(issuer: Issuer | None, receiver: Receiver | None) -> Terms:
    """How a sale to this customer is taxed. Without RFC nothing is kept back; of an unknown issuer the usual rate is assumed."""
    if issuer is None:
        return USUAL
    return Terms(issuer.vat, withholding_of(issuer, receiver) if receiver else Withholding.NONE)


def form_of_payment(funding: Funding) -> str:
    """SAT c_FormaPago of the way the money came. A card of unknown funding counts as credit."""
    return {
        Funding.CREDIT: "04",
        Funding.DEBIT: "28",
        Funding.PREPAID: "28",
        Funding.UNKNOWN: "04",
        Funding.SPEI: "03",
        Funding.CASH: "01",
    }[funding]


def complement_due(paid: datetime, postal_code: str) -> datetime:
    """Until when a payment complement is to be stamped (UTC): the end of the 5th of the month after the payment (RMF 2.7.1.32)."""
    zone = zone_of(postal_code)
    local = paid.astimezone(zone)
    year, month = local.year + local.month // 12, local.month % 12 + 1
    return datetime(year, month, 6, tzinfo=zone).astimezone(UTC)


def issue_date(charged: datetime, now: datetime, postal_code: str) -> datetime:
    """Fecha: the charge's instant, or now when that is too old to be stamped; local to the issuer's postal code, naive, whole seconds.

    Taken from the charge so that a document built twice is the same document, and a month's sale stays in its month.
    """
    instant = charged if now - charged < DATED_BY_CHARGE else now
    return instant.astimezone(zone_of(postal_code)).replace(tzinfo=None, microsecond=0)
