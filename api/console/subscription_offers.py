"""What the console offers to do about a subscription: the orders that may be given to it as it stands."""

from datetime import datetime

from api.console.case_offers import restore
from api.console.offers import Box, Offer
from api.orders import Order
from api.subscription_orders import CancelOrder, ExtendTrialOrder, RestoreOrder
from models.collecting import orders
from models.commands import SubscriptionCommand as To
from models.messages import Cancel, Command, Days
from models.subscribing.subscription_preview import refused
from models.subscribing.subscriptions import Subscription
from models.words import Words

_WHO = ("console", "offered")


def said(body: Order, who: tuple[str, str]) -> Command:
    """The order as the process takes it."""
    match body:
        case CancelOrder():
            return Cancel(*who, body.at_period_end)
        case RestoreOrder() | ExtendTrialOrder():
            return Days(*who, body.days)
    return Command(*who)


_OFFERS: tuple[tuple[Offer, Command], ...] = (
    (
        Offer(
            To.EXTEND_TRIAL,
            Words("Alargar la prueba", "Give the trial more days"),
            Words(
                "El primer cobro y su aviso se recorren con ella.",
                "The first charge moves with it, and so does the message before it.",
            ),
            ExtendTrialOrder,
            boxes=(
                Box(
                    "days",
                    Words("Días", "Days"),
                    "number",
                    "7",
                    wrong=Words("Escribe un número mayor que 0 y hasta 60", "Write a number above 0 and up to 60"),
                ),
            ),
        ),
        Days(*_WHO, 1),
    ),
    (restore(), Days(*_WHO, 1)),
    (
        Offer(
            To.SUSPEND,
            Words("Cortar el servicio ahora", "Cut service now"),
            Words("Haya pagado o no, hasta que alguien lo devuelva.", "Paid or not, until somebody gives it back."),
            Order,
            final=True,
        ),
        Command(*_WHO),
    ),
    (
        Offer(
            To.PAUSE,
            Words("Poner en pausa", "Pause"),
            Words("Ni cobros ni servicio hasta que se reanude.", "Neither charges nor service until it is resumed."),
            Order,
        ),
        Command(*_WHO),
    ),
    (
        Offer(
            To.RESUME,
            Words("Reanudar", "Resume"),
            Words("Se cobra otra vez y el servicio vuelve.", "It is charged again and service comes back."),
            Order,
        ),
        Command(*_WHO),
    ),
    (
        Offer(
            To.UNDO_PLAN_CHANGE,
            Words("Deshacer el cambio de plan", "Undo the plan change"),
            Words(
                "El cambio que espera al fin del periodo ya no llega.",
                "The change that waits for the end of the period does not come.",
            ),
            Order,
        ),
        Command(*_WHO),
    ),
    (
        Offer(
            To.KEEP,
            Words("Revertir la cancelación", "Take the cancellation back"),
            Words("La suscripción sigue después de este periodo.", "The subscription goes on after this period."),
            Order,
        ),
        Command(*_WHO),
    ),
    (
        Offer(
            To.CANCEL,
            Words("Cancelar la suscripción", "Cancel the subscription"),
            Words("Ahora mismo, o cuando termine lo que ya está pagado.", "Now, or when what is paid has ended."),
            CancelOrder,
            boxes=(
                Box(
                    "at_period_end",
                    Words("Cuándo", "When"),
                    "choice",
                    "true",
                    (
                        ("true", Words("Al terminar lo pagado", "When what is paid ends")),
                        ("false", Words("Ahora", "Now")),
                    ),
                ),
            ),
            final=True,
        ),
        Cancel(*_WHO, at_period_end=False),
    ),
)


def offered(state: Subscription, now: datetime, *, instalments: bool) -> list[Offer]:
    """Every order that would not be refused as the subscription stands. A year paid in instalments is not paused."""
    if orders.subscription_closed(state):
        return []
    return [
        offer
        for offer, order in _OFFERS
        if not refused(state, offer.command, order, now) and not (instalments and offer.command is To.PAUSE)  # type: ignore[arg-type]
    ]
