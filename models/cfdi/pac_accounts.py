"""With which PAC a tenant's documents are stamped: an account of the tenant's own, or the house's where it has none."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from models.people import FieldInvalid
from models.refusals import Why
from models.safekeeping.keyring import Keyring


class PacName(StrEnum):
    """sw and finkok stamp what we have sealed; facturapi holds the tenant's certificate and seals for it."""

    SW = "sw"
    FINKOK = "finkok"
    FACTURAPI = "facturapi"


class PacWhy(Why):
    """What is wrong with an account."""

    CREDENTIALS = (
        "Llena todos los datos de la cuenta",
        "{name} is opened with {wanted}: give exactly these",
    )
    RANK = (
        "1 es el primero al que se le pide, 2 el segundo; no hay otro",
        "1 is asked first, 2 is asked where the first cannot; there is no other",
    )
    RANK_TAKEN = (
        "Ahí está la cuenta de {name}: elige el otro lugar, o marca que la reemplaza",
        "the account at {name} is asked there: give the other rank, or say that this one replaces it",
    )
    UNDER_WAY = (
        "Documentos que siguen con {name}: {count}. Espera a que terminen, atiéndelos antes, o deja esa cuenta en el otro lugar",
        "documents still with {name}: {count}; wait until they are settled, see to them first, or give that account the other rank",
    )
    ADDRESS = (
        "Escribe https://…: las claves viajan con cada documento",
        "write https://… : credentials travel with every document",
    )


# What each account is opened with.
CREDENTIALS = {
    PacName.SW: ("token",),
    PacName.FINKOK: ("username", "password"),
    PacName.FACTURAPI: ("secret_key",),
}
URLS = {
    PacName.SW: "https://services.sw.com.mx",
    PacName.FINKOK: "https://facturacion.finkok.com",
    PacName.FACTURAPI: "https://www.facturapi.io",
}


@dataclass(frozen=True, slots=True)
class PacAccount:
    """A tenant's account. `rank` 1 is asked first; 2 only once the first has said that a document is not stamped."""

    tenant: str
    name: PacName
    url: str
    credentials: dict[str, str] = field(repr=False)
    rank: int = 1


@dataclass(frozen=True, slots=True)
class StoredAccount:
    """An account as SQL keeps it. Unique by (tenant, rank); a tenant has one at each PAC."""

    tenant: str
    rank: int
    name: PacName
    url: str
    sealed: str = field(repr=False)


def account(*, tenant: str, name: PacName, credentials: dict[str, str], url: str = "", rank: int = 1) -> PacAccount:
    """An account from what a person typed.

    Raises:
        FieldInvalid: naming `credentials`, `url` or `rank`, and the remedy.
    """
    wanted = CREDENTIALS[name]
    if set(credentials) != set(wanted) or not all(credentials.values()):
        raise FieldInvalid("credentials", PacWhy.CREDENTIALS(name=name, wanted=" and ".join(wanted)))
    if rank not in (1, 2):
        raise FieldInvalid("rank", PacWhy.RANK())
    address = (url or URLS[name]).rstrip("/")
    if not address.startswith(("https://", "http://127.0.0.1", "http://localhost")):
        raise FieldInvalid("url", PacWhy.ADDRESS())
    return PacAccount(tenant, name, address, dict(credentials), rank)


def displaced(account: PacAccount, standing: Iterable[StoredAccount]) -> StoredAccount | None:
    """The other PAC's account that stands where this one is to stand: what opens it could not be had back."""
    return next((each for each in standing if each.rank == account.rank and each.name is not account.name), None)


def insist_on_nothing_under_way(field: str, name: PacName, documents: int) -> None:
    """That no account is lost while the PAC may still stamp or cancel. Raises FieldInvalid, naming `field`."""
    if documents:
        raise FieldInvalid(field, PacWhy.UNDER_WAY(count=documents, name=name))


def sealed(account: PacAccount, keyring: Keyring) -> StoredAccount:
    """An account ready to be kept."""
    hidden = keyring.seal_text(json.dumps(account.credentials), context=_context(account.tenant, account.rank))
    return StoredAccount(account.tenant, account.rank, account.name, account.url, hidden)


def opened(stored: StoredAccount, keyring: Keyring) -> PacAccount:
    """The account with its credentials. Raises Unsealable as the keyring does."""
    told = json.loads(keyring.open_text(stored.sealed, context=_context(stored.tenant, stored.rank)))
    return PacAccount(stored.tenant, stored.name, stored.url, told, stored.rank)


def _context(tenant: str, rank: int) -> str:
    return f"pac:{tenant}:{rank}"
