"""How the pay page looks: one column for a phone, large buttons, the oldest debt first. Server-rendered, without scripts."""

from dataclasses import dataclass
from datetime import datetime
from html import escape

from fastapi.responses import HTMLResponse

from api.layout import laid_out
from models.look.brand import Brand
from models.money import Money
from models.periods import Calendar
from models.speaking.notices import Language
from models.speaking.pay_instructions import PayInstructions, Way


@dataclass(frozen=True, slots=True)
class Owed:
    """One unpaid invoice: what is left to pay, since when, and how it can be paid. `instructions` were made already."""

    invoice: str
    amount: Money
    since: datetime
    card_url: str
    ways: tuple[Way, ...]
    instructions: PayInstructions | None = None
    under_way: bool = False
    due: datetime | None = None  # of a bill whose day has not come
    title: str = ""  # what was billed


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page shows, oldest debt first."""

    brand: Brand
    name: str
    language: Language
    calendar: Calendar
    owed: tuple[Owed, ...]
    suspended: bool = False
    degraded: bool = False
    invoice_url: str = ""  # where a tax invoice in their name is asked for


_WORDS = {
    Language.ES: {
        "hello": "Hola, {name}",
        "owe": "Tienes un pago pendiente",
        "owes": "Tienes {count} pagos pendientes",
        "total": "Total",
        "suspended": "Tu servicio está suspendido. Vuelve en segundos cuando recibamos tu pago completo.",
        "degraded": "Tu servicio está limitado: solo puedes consultar. Vuelve completo en segundos al pagar.",
        "since": "Vencido desde el {day}",
        "due": "Págalo a más tardar el {day}",
        "invoice": "Necesito factura (CFDI) a mi nombre",
        "card": "Pagar con tarjeta",
        "oxxo": "Pagar en efectivo en OXXO",
        "spei": "Pagar por SPEI (transferencia)",
        "oxxo_title": "Paga en cualquier OXXO",
        "oxxo_how": "Muestra el código de barras o dicta este número en la caja:",
        "barcode": "Ver el código de barras",
        "spei_title": "Transfiere por SPEI desde tu banco",
        "spei_how": "Usa exactamente estos datos; el pago se aplica solo.",
        "clabe": "CLABE",
        "bank": "Banco",
        "beneficiary": "Beneficiario",
        "reference": "Referencia",
        "amount": "Monto",
        "until": "Válido hasta el {day}",
        "oxxo_time": "OXXO nos avisa en minutos, a más tardar el siguiente día hábil. Mientras tanto no cobraremos tu tarjeta.",
        "spei_time": "El banco nos avisa normalmente en minutos. Mientras tanto no cobraremos tu tarjeta.",
        "working": "Tu pago está en proceso. Te avisamos en cuanto llegue.",
        "other": "¿Prefieres otra forma?",
        "safe": "El pago con tarjeta se hace en la página segura de Stripe.",
    },
    Language.EN: {
        "hello": "Hi, {name}",
        "owe": "You have a payment due",
        "owes": "You have {count} payments due",
        "total": "Total",
        "suspended": "Your service is suspended. It is back seconds after we receive your whole payment.",
        "degraded": "Your service is read-only. It is whole again seconds after you pay.",
        "since": "Due since {day}",
        "due": "Pay it by {day}",
        "invoice": "I need a tax invoice (CFDI) in my name",
        "card": "Pay by card",
        "oxxo": "Pay in cash at OXXO",
        "spei": "Pay by SPEI (bank transfer)",
        "oxxo_title": "Pay at any OXXO shop",
        "oxxo_how": "Show the barcode, or read out this number at the till:",
        "barcode": "Show the barcode",
        "spei_title": "Transfer by SPEI from your bank",
        "spei_how": "Use exactly these data; the payment is matched by itself.",
        "clabe": "CLABE",
        "bank": "Bank",
        "beneficiary": "Beneficiary",
        "reference": "Reference",
        "amount": "Amount",
        "until": "Good until {day}",
        "oxxo_time": "OXXO usually tells us within minutes, at the latest on the next business day. Meanwhile we do not charge your card.",
        "spei_time": "Your bank usually tells us within minutes. Meanwhile we do not charge your card.",
        "working": "Your payment is being processed. We tell you as soon as it is here.",
        "other": "Another way?",
        "safe": "Cards are taken on Stripe's secure page.",
    },
}


def drawn(shown: Shown) -> HTMLResponse:
    """The whole page."""
    words, count = _WORDS[shown.language], len(shown.owed)
    banner = ""
    if shown.suspended:
        banner = f'<p class="banner" role="alert">{escape(words["suspended"])}</p>'
    elif shown.degraded:
        banner = f'<p class="banner soft" role="alert">{escape(words["degraded"])}</p>'
    total = ""
    if count > 1 and len({each.amount.currency for each in shown.owed}) == 1:
        whole = Money(sum(each.amount.centavos for each in shown.owed), shown.owed[0].amount.currency)
        total = f'<p class="total"><span>{words["total"]}</span><span>{whole}</span></p>'
    title = words["owe"] if count == 1 else words["owes"].format(count=count)
    debts = "".join(_debt(each, shown, words) for each in shown.owed)
    hello = escape(words["hello"].format(name=shown.name))
    invoice = ""
    if shown.invoice_url:
        address = escape(shown.invoice_url, quote=True)
        invoice = f'<p><a class="button second" href="{address}">{escape(words["invoice"])}</a></p>'
    body = (
        f'{banner}<p class="since">{hello}</p><h1>{escape(title)}</h1>{total}{debts}{invoice}'
        f'<p class="fine">{escape(words["safe"])}</p>'
    )
    return laid_out(shown.brand, title=title, body=body, language=shown.language)


def _debt(owed: Owed, shown: Shown, words: dict[str, str]) -> str:
    told = "since" if owed.due is None else "due"
    day = shown.calendar.show_day(owed.due or owed.since, english=shown.language is Language.EN)
    title = f"<p>{escape(owed.title)}</p>" if owed.title else ""
    name = escape(owed.invoice, quote=True)
    parts = [
        f'<section class="card" aria-labelledby="{name}"><h2 class="amount" id="{name}">{owed.amount}</h2>',
        f'{title}<p class="since">{escape(words[told].format(day=day))}</p>',
    ]
    if owed.instructions is not None:
        parts.append(_told(owed.instructions, shown, words))
        if owed.card_url:
            parts.append(f'<p class="since">{escape(words["other"])}</p>')
    elif owed.under_way:
        parts.append(f'<p class="told" role="status">{escape(words["working"])}</p>')
    if owed.card_url and not (owed.under_way and owed.instructions is None):
        parts.append(
            f'<a class="button" href="{escape(owed.card_url, quote=True)}" aria-describedby="{name}">{escape(words["card"])}</a>'
        )
    if not owed.under_way:
        parts += [_ask(owed.invoice, way, words[way]) for way in owed.ways]
    return "".join(parts) + "</section>"


def _ask(invoice: str, way: Way, label: str) -> str:
    return (
        f'<form method="post"><input type="hidden" name="invoice" value="{escape(invoice, quote=True)}">'
        f'<button class="button second" name="way" value="{way}" aria-describedby="{escape(invoice, quote=True)}">'
        f"{escape(label)}</button></form>"
    )


def _told(told: PayInstructions, shown: Shown, words: dict[str, str]) -> str:
    english = shown.language is Language.EN
    rows = [(words["amount"], str(told.amount))]
    if told.way is Way.OXXO:
        title, how, time = words["oxxo_title"], words["oxxo_how"], words["oxxo_time"]
        number = told.reference
    else:
        title, how, time = words["spei_title"], words["spei_how"], words["spei_time"]
        number = told.clabe
        rows += [(words["bank"], told.bank), (words["beneficiary"], told.beneficiary)]
        rows.append((words["reference"], told.reference))
    if told.expires_at is not None:
        local = shown.calendar.local(told.expires_at)
        day = f"{shown.calendar.show_day(told.expires_at, english=english)}, {local:%H:%M}"
        rows.append((words["until"].partition(" {")[0], day))
    if told.way is Way.SPEI:
        how = f"{how} {words['clabe']}:"
    listed = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in rows if value)
    barcode = ""
    if told.way is Way.OXXO and told.url:
        barcode = f'<a class="button second" href="{escape(told.url, quote=True)}">{escape(words["barcode"])}</a>'
    return (
        f'<div class="told"><h3>{escape(title)}</h3><p>{escape(how)}</p><p class="number">{escape(_grouped(number))}</p>'
        f'<dl>{listed}</dl>{barcode}<p class="fine">{escape(time)}</p></div>'
    )


def _grouped(number: str) -> str:
    """Digits in fours, as they are read out at a till."""
    return " ".join(number[i : i + 4] for i in range(0, len(number), 4))
