"""Where the console's pages are: what the navigation lists, and the addresses by which pages point at one another.

A page that people go to by themselves is a line of PLACES, in the order in which it is shown; `g` and its letter lead there.
It is offered to those who have its permission: the one that its route declares.
"""

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote

from models.access.permissions import Permission
from models.speaking.notices import Language

HOME = "/console"


class Group(StrEnum):
    """How the navigation is divided."""

    DAY = "day"
    BUSINESS = "business"
    HOUSE = "house"


@dataclass(frozen=True, slots=True)
class Place:
    """A page of the navigation. `letter` is unique."""

    path: str
    spanish: str
    english: str
    letter: str
    group: Group = Group.DAY
    permission: Permission = Permission.READ

    def name(self, language: Language) -> str:
        return self.english if language is Language.EN else self.spanish

    def holds(self, path: str) -> bool:
        """Whether an address is this page or one behind it."""
        return path == self.path or (self.path != HOME and path.startswith(f"{self.path}/"))


PLACES = (
    Place(HOME, "Hoy", "Today", "h"),
    Place(f"{HOME}/attention", "Pendientes", "Needs attention", "p"),
    Place(f"{HOME}/customers", "Clientes", "Customers", "u"),
    Place(f"{HOME}/cases", "Casos", "Cases", "c"),
    Place(f"{HOME}/tickets", "Tickets", "Tickets", "t"),
    Place(f"{HOME}/notices", "Mensajes", "Messages", "m"),
    Place(f"{HOME}/invoices", "Facturas", "Invoices", "f"),
    Place(f"{HOME}/bills", "Cuentas", "Bills", "n"),
    Place(f"{HOME}/reports", "Reportes", "Reports", "r", Group.BUSINESS),
    Place(f"{HOME}/cashflow", "Flujo de efectivo", "Cash flow", "j", Group.BUSINESS),
    Place(f"{HOME}/alerts", "Alertas", "Alerts", "b", Group.BUSINESS),
    Place(f"{HOME}/policies", "Políticas", "Policies", "l", Group.BUSINESS),
    Place(f"{HOME}/simulator", "Simulador", "Simulator", "w", Group.BUSINESS),
    Place(f"{HOME}/evidence", "Evidencia", "Evidence", "e", Group.BUSINESS),
    Place(f"{HOME}/audit", "Auditoría", "Audit", "a", Group.HOUSE),
    Place(f"{HOME}/settings", "Ajustes", "Settings", "s", Group.HOUSE),
)


def customer(customer: str) -> str:
    return f"{HOME}/customers/{customer}"


def subscription(subscription: str) -> str:
    return f"{HOME}/subscriptions/{subscription}"


def case(invoice: str) -> str:
    return f"{HOME}/cases/{invoice}"


def finding(finding: str) -> str:
    return f"{HOME}/attention/{finding}"


def notice(channel: str, key: str) -> str:
    return f"{HOME}/notices/{channel}/{quote(key)}"


def invoice(source: str) -> str:
    return f"{HOME}/invoices/{source}"


def bill(bill: str) -> str:
    return f"{HOME}/bills/{bill}"


def ticket(ticket: str) -> str:
    return f"{HOME}/tickets/{ticket}"


def policy(name: str, version: int) -> str:
    return f"{HOME}/policies/{quote(name, safe='')}/{version}"
