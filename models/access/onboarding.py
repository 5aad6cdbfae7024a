"""The first steps of a business: what is done and what is open, computed from facts; why each matters, and what to do next."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from models.words import Words


class Step(StrEnum):
    """In the order in which they are best taken."""

    BRAND = "brand"
    CATALOG = "catalog"
    POLICY = "policy"
    ISSUER = "issuer"
    KEY = "api_key"
    WEBHOOK = "webhook"
    CUSTOMER = "first_customer"
    PAYMENT = "first_payment"


@dataclass(frozen=True, slots=True)
class Guide:
    """What a step is called, why it matters, and how it is taken: by the API, and from the terminal (empty: only by customers)."""

    title: Words
    why: Words
    api: str
    command: str


GUIDES: Mapping[Step, Guide] = {
    Step.BRAND: Guide(
        Words("Tu marca", "Your brand"),
        Words(
            "Tus clientes ven tu nombre, tu logotipo y tus colores en cada página, mensaje y factura; sin ellos dudan antes de pagar.",
            "Your customers see your name, logo and colours on every page, message and invoice; without them they hesitate to pay.",
        ),
        "PUT /v1/brand",
        "perdura brand set TENANT",
    ),
    Step.CATALOG: Guide(
        Words("Lo que vendes", "What you sell"),
        Words(
            "Sin planes nadie puede contratar: tus precios, pruebas y límites son un archivo que tú cambias.",
            "Without plans nobody can subscribe: your prices, trials and limits are a file that you change.",
        ),
        "PUT /v1/catalog",
        "perdura catalog apply FILE --tenant TENANT",
    ),
    Step.POLICY: Guide(
        Words("Cómo cobras lo que no se pagó", "How you collect what was not paid"),
        Words(
            "La política dice cuándo se reintenta, cuándo se avisa y cuándo se corta; la de fábrica corta a los tres días.",
            "The policy says when to retry, when to write and when to cut; the one that comes with the product cuts after three days.",
        ),
        "POST /v1/policies/preview",
        "perdura policy set TENANT FILE",
    ),
    Step.ISSUER: Guide(
        Words("Tus facturas (CFDI)", "Your tax invoices (CFDI)"),
        Words(
            "Con tu certificado (CSD) cada cobro se factura solo en minutos; sin él se cobra y no se factura.",
            "With your certificate (CSD) each charge is invoiced by itself within minutes; without it you charge and do not invoice.",
        ),
        "PUT /v1/issuer/csd",
        "perdura csd add TENANT",
    ),
    Step.KEY: Guide(
        Words("Una llave para tu sistema", "A key for your system"),
        Words(
            "Con ella tu producto da de alta clientes y pregunta quién puede usarlo.",
            "With it your product signs customers up and asks who may use it.",
        ),
        "POST /v1/keys",
        "perdura key create TENANT",
    ),
    Step.WEBHOOK: Guide(
        Words("Avisos a tu sistema", "Events for your system"),
        Words(
            "Tu producto se entera al momento de quién pagó y a quién se le cortó, sin preguntar.",
            "Your product hears at once who has paid and who was cut off, without asking.",
        ),
        "POST /v1/webhooks/endpoints",
        "perdura webhooks add TENANT URL",
    ),
    Step.CUSTOMER: Guide(
        Words("Tu primer cliente", "Your first customer"),
        Words(
            "Abre tu página de planes, contrata uno tú mismo con una tarjeta de prueba y mira todo el camino.",
            "Open your page of plans, subscribe to one yourself with a test card and see the whole way.",
        ),
        "POST /billing/checkout",
        "",
    ),
    Step.PAYMENT: Guide(
        Words("Tu primer pago", "Your first payment"),
        Words(
            "Cuando llega, lo demás corre solo: confirmación, factura, y la siguiente fecha de cobro.",
            "Once it arrives, the rest runs by itself: confirmation, tax invoice, and the next day of charging.",
        ),
        "GET /v1/subscriptions",
        "",
    ),
}


@dataclass(frozen=True, slots=True)
class Standing:
    """A step, whether it is taken, and how it is."""

    step: Step
    done: bool

    @property
    def guide(self) -> Guide:
        return GUIDES[self.step]


def checklist(done: frozenset[Step]) -> tuple[Standing, ...]:
    """Every step, in order."""
    return tuple(Standing(step, step in done) for step in Step)


def following(standings: tuple[Standing, ...]) -> Standing | None:
    """The one to take next; None once all are taken."""
    return next((each for each in standings if not each.done), None)
