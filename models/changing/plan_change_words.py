"""What a change of plan means, in the customer's words: its debt, its CFDI, the offer to stay. Mexican Spanish first, English second."""

from models.changing.leaving import Leaving
from models.changing.plan_change import CaseEffect, FiscalEffect, PlanChange
from models.changing.stay_offers import OfferKind, StayOffer
from models.words import Words

_NEXT = Words(
    "La factura (CFDI) del periodo en curso no cambia. La del siguiente se emite por el nuevo plan cuando se pague.",
    "The tax invoice (CFDI) of the current period does not change. The next one is issued for the new plan once it is paid.",
)
_NOW = Words(
    "Al cobrarse hoy {amount} se emite una factura (CFDI de ingreso, PUE) por ese importe.",
    "Once today's {amount} are charged, a tax invoice (CFDI de ingreso, PUE) is issued for that amount.",
)
_UNUSED = Words(
    " Lo que no usaste del plan anterior va en ella como descuento: no es un reembolso y no lleva nota de crédito.",
    " What you did not use of the previous plan is a discount in it: it is no refund and has no credit note.",
)
_LEAVING = Words(
    "Tus facturas (CFDI) no cambian y no se emiten más: no hay reembolso ni nota de crédito.",
    "Your tax invoices (CFDI) do not change and no more are issued: there is neither refund nor credit note.",
)
_DEBT = {
    CaseEffect.NO_DEBT: Words("No debes nada.", "You owe nothing."),
    CaseEffect.STAYS: Words(
        "Lo que debes sigue pendiente completo y lo seguiremos cobrando como hasta ahora.",
        "What you owe stays due in full and is collected as before.",
    ),
}


def cfdi_words(change: PlanChange | Leaving) -> Words:
    """Which CFDI follows, and for what."""
    if isinstance(change, Leaving):
        return _LEAVING
    if change.cfdi is FiscalEffect.NEXT_PERIOD:
        return _NEXT
    said = _join(_NOW, _UNUSED) if any(line.amount < 0 for line in change.lines) else _NOW
    return Words(*(text.format(amount=change.charged_now) for text in (said.es, said.en)))


def debt_words(change: PlanChange | Leaving) -> Words:
    """What becomes of what is owed."""
    return _DEBT[change.debt]


def offer_words(offer: StayOffer) -> Words:
    """The offer to stay."""
    if offer.kind is OfferKind.PAUSE:
        return Words(
            f"Quédate: pausa tu suscripción {offer.days} días, sin cargos y sin servicio, y después sigue todo igual.",
            f"Stay: pause your subscription for {offer.days} days, no charges and no service, and then all is as before.",
        )
    months_es = "mes" if offer.months == 1 else "meses"
    months_en = "month" if offer.months == 1 else "months"
    return Words(
        f"Quédate con tu plan y paga {offer.percent} % menos durante {offer.months} {months_es}.",
        f"Keep your plan and pay {offer.percent} % less for {offer.months} {months_en}.",
    )


def _join(one: Words, other: Words) -> Words:
    return Words(one.es + other.es, one.en + other.en)
