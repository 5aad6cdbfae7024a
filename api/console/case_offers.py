"""What the console offers to do about an unpaid invoice: the orders that may be given to its case as it stands."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from api.case_orders import ORDERS
from api.case_wishes import Method
from api.console.case_words import day_said, step_said
from api.console.offers import Box, Form, Offer, evening
from api.subscription_orders import RestoreOrder
from models.access.permissions import Permission
from models.collecting import case_orders
from models.collecting.cases import Case, Stage
from models.commands import CaseCommand, SubscriptionCommand
from models.messages import Command, Days, ExternalPayment, Pause, Promise, SkipToStep
from models.periods import Calendar
from models.records import PolicyVersion
from models.speaking.notices import Language
from models.tickets.messages import EscalateCase
from models.tickets.ticket import Priority
from models.words import Words

_DAYS = Words("Escribe un número mayor que 0 y hasta 60", "Write a number above 0 and up to 60")
_DAY = Words("Elige un día que venga", "Choose a day to come")
MOST_PARTS = 12


def _parts(form: Form, calendar: Calendar, centavos: int) -> dict[str, Any]:
    """So many parts, the same but for odd centavos, which the first one takes; 30 days apart."""
    count = int(form["count"])
    if not 2 <= count <= MOST_PARTS:
        raise ValueError(count)
    first, each = evening(form["first"], calendar), centavos // count
    amounts = [centavos - each * (count - 1), *[each] * (count - 1)]
    apart = timedelta(days=30)
    return {"parts": [{"centavos": amount, "due": first + apart * n} for n, amount in enumerate(amounts)]}


def offered(case: Case, versions: Sequence[PolicyVersion], now: datetime) -> list[Offer]:
    """Every order that would not be refused as the case stands, the usual ones first. Who may give which, the page asks."""
    soon = f"{case.calendar.local(now) + timedelta(days=3):%Y-%m-%d}"
    far = f"{case.calendar.local(now) + timedelta(days=7):%Y-%m-%d}"
    who = ("console", "offered")
    asked: list[tuple[Offer, Command]] = [
        (
            Offer(
                CaseCommand.EXTEND_GRACE,
                Words("Dar más días", "Give more days"),
                Words(
                    "Todo lo que viene se recorre esos días; el servicio sigue.",
                    "All that comes moves by so many days; service goes on.",
                ),
                ORDERS[CaseCommand.EXTEND_GRACE],
                boxes=(Box("days", Words("Días", "Days"), "number", "3", wrong=_DAYS),),
            ),
            Days(*who, 3),
        ),
        (
            Offer(
                CaseCommand.RETRY_NOW,
                Words("Cobrar ahora", "Charge now"),
                Words(
                    "Un cobro a su tarjeta, en este momento. No gasta ningún paso.",
                    "One charge to their card, now. It spends no step.",
                ),
                ORDERS[CaseCommand.RETRY_NOW],
            ),
            Command(*who),
        ),
        (
            Offer(
                CaseCommand.PROMISE,
                Words("Anotar promesa de pago", "Take a promise to pay"),
                Words(
                    "La escalera espera hasta ese día y sigue sola.",
                    "The ladder waits until that day and goes on by itself.",
                ),
                ORDERS[CaseCommand.PROMISE],
                boxes=(Box("until", Words("Pagará a más tardar el", "Will pay by"), "date", soon, wrong=_DAY),),
                body=lambda form, calendar: {"until": evening(form["until"], calendar)},
            ),
            Promise(*who, now + timedelta(days=1)),
        ),
        (
            Offer(
                CaseCommand.RECORD_PAYMENT,
                Words("Ya pagó por fuera", "Paid outside"),
                Words(
                    "La factura queda pagada: vuelve el servicio, se confirma al cliente y se hace su CFDI.",
                    "The invoice counts as paid: service comes back, the customer is told and the tax invoice is made.",
                ),
                ORDERS[CaseCommand.RECORD_PAYMENT],
                Permission.MONEY,
                (
                    Box(
                        "method",
                        Words("Cómo pagó", "How"),
                        "choice",
                        Method.SPEI,
                        (
                            (Method.SPEI, Words("Transferencia (SPEI)", "Transfer (SPEI)")),
                            (Method.CASH, Words("Efectivo", "Cash")),
                        ),
                    ),
                    Box(
                        "reference",
                        Words("Clave de rastreo o folio del recibo", "Tracking key or receipt number"),
                        wrong=Words("Escribe la clave de rastreo o el folio", "Write the tracking key or the number"),
                    ),
                ),
                final=True,
            ),
            ExternalPayment(*who, Method.SPEI, "-"),
        ),
        (
            Offer(
                CaseCommand.PAUSE,
                Words("Poner en pausa", "Pause"),
                Words(
                    "La escalera se detiene; un pago la termina igual.",
                    "The ladder stands still; a payment ends it all the same.",
                ),
                ORDERS[CaseCommand.PAUSE],
                boxes=(
                    Box(
                        "days",
                        Words("Días", "Days"),
                        "number",
                        "3",
                        hint=Words("0: hasta que alguien la reanude", "0: until somebody resumes it"),
                        wrong=Words("Escribe un número de 0 a 60", "Write a number from 0 to 60"),
                    ),
                    Box("disputed", Words("Dice que no lo debe", "Says it is not owed"), "checkbox"),
                ),
                body=lambda form, _: {"days": form["days"] or "0", "disputed": bool(form["disputed"])},
            ),
            Pause(*who),
        ),
        (
            Offer(
                CaseCommand.RESUME,
                Words("Reanudar", "Resume"),
                Words(
                    "Cada paso queda tan lejos como estaba al detenerse.",
                    "Each step comes as far ahead as it was when the ladder stopped.",
                ),
                ORDERS[CaseCommand.RESUME],
            ),
            Command(*who),
        ),
        (
            Offer(
                CaseCommand.SKIP_TO_STEP,
                Words("Ir a un paso", "Go to a step"),
                Words(
                    "Ese paso se da ahora y los demás guardan su distancia. Solo hacia adelante.",
                    "That step is taken now and later ones keep their distance. Only forward.",
                ),
                ORDERS[CaseCommand.SKIP_TO_STEP],
                boxes=(Box("step", Words("Paso", "Step"), "choice", str(case.position + 1), _steps(case)),),
            ),
            SkipToStep(*who, case.position + 1),
        ),
        (
            Offer(
                CaseCommand.INSTALMENTS,
                Words("Pagar en parcialidades", "Pay in parts"),
                Words(
                    "La factura se anula y se cambia por otras, una por parcialidad, cada 30 días; el servicio vuelve.",
                    "The invoice is voided and replaced by one for each part, 30 days apart; service comes back.",
                ),
                ORDERS[CaseCommand.INSTALMENTS],
                Permission.MONEY,
                (
                    Box(
                        "count",
                        Words("Parcialidades", "Parts"),
                        "number",
                        "2",
                        wrong=Words(
                            "De 2 a 12 parcialidades, y un primer día que venga",
                            "2 to 12 parts, and a first day to come",
                        ),
                    ),
                    Box("first", Words("La primera, el", "The first one on"), "date", far),
                ),
                final=True,
                body=lambda form, calendar: _parts(form, calendar, case.amount.centavos),
            ),
            Command(*who),
        ),
        (
            Offer(
                CaseCommand.ADOPT_POLICY,
                Words("Cambiar de política", "Another policy"),
                Words(
                    "Sigue por otra escalera; lo que esa quita se avisa antes.",
                    "It goes on by another ladder; what that takes away is announced first.",
                ),
                ORDERS[CaseCommand.ADOPT_POLICY],
                boxes=(Box("policy", Words("Política", "Policy"), "choice", choices=_policies(case, versions)),),
                body=lambda form, _: dict(zip(("policy", "version"), form["policy"].rsplit(" v", 1), strict=True)),
            ),
            Command(*who),
        ),
        (
            Offer(
                CaseCommand.ESCALATE,
                Words("Pasar a una persona", "Hand to a person"),
                Words(
                    "Abre el ticket del caso, o lo hace más urgente; la escalera sigue igual.",
                    "Opens the case’s ticket, or makes it more urgent; the ladder goes on as it is.",
                ),
                ORDERS[CaseCommand.ESCALATE],
                boxes=(
                    Box(
                        "priority",
                        Words("Prioridad", "Priority"),
                        "choice",
                        Priority.HIGH,
                        (
                            (Priority.HIGH, Words("Alta", "High")),
                            (Priority.URGENT, Words("Urgente", "Urgent")),
                            (Priority.NORMAL, Words("Normal", "Normal")),
                        ),
                    ),
                ),
            ),
            EscalateCase(*who),
        ),
        (
            Offer(
                CaseCommand.WRITE_OFF,
                Words("Dar por perdida", "Write off"),
                Words(
                    "Se deja de cobrar para siempre y el servicio vuelve.",
                    "It is never collected again, and service comes back.",
                ),
                ORDERS[CaseCommand.WRITE_OFF],
                Permission.MONEY,
                final=True,
            ),
            Command(*who),
        ),
    ]
    found = [offer for offer, order in asked if _possible(case, offer, order, now)]
    return [*found, restore()] if case.outcome is None and case.stage is not Stage.GRACE else found


def restore() -> Offer:
    """Service given back for some days: an order to the subscription, which tells its cases."""
    return Offer(
        SubscriptionCommand.RESTORE,
        Words("Devolver el servicio unos días", "Give service back for some days"),
        Words(
            "Lo que se debe se sigue debiendo: después se corta otra vez.",
            "What is owed stays owed: afterwards it is cut again.",
        ),
        RestoreOrder,
        boxes=(Box("days", Words("Días", "Days"), "number", "3", wrong=_DAYS),),
    )


def _possible(case: Case, offer: Offer, order: Command, now: datetime) -> bool:
    match offer.command:
        case CaseCommand.ADOPT_POLICY:
            return case.outcome is None and bool(offer.boxes[0].choices)
        case CaseCommand.INSTALMENTS:
            return case.outcome is None and not case.once
        case CaseCommand() as command:
            return not case_orders.refusal(case, command, order, now)
    return False


def _steps(case: Case) -> tuple[tuple[str, Words], ...]:
    return tuple(
        (
            str(number),
            Words(
                f"{number}. {day_said(step)} {step_said(step, Language.ES)}",
                f"{number}. {day_said(step)} {step_said(step, Language.EN)}",
            ),
        )
        for number, step in enumerate(case.policy.steps, start=1)
        if number > case.position
    )


def _policies(case: Case, versions: Sequence[PolicyVersion]) -> tuple[tuple[str, Words], ...]:
    running = f"{case.policy.name} v{case.policy.version}"
    names = [f"{each.name} v{each.version}" for each in versions]
    return tuple((name, Words(name)) for name in names if name != running)
