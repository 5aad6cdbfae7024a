"""The certificate of a deletion: what was deleted, by whom and when, and which warning arrived before. No personal data, only ids."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from models.records import NoticeRecord, Tenant
from models.safekeeping.deletions import Certificate, Deletion
from models.safekeeping.erasure import Kept
from models.speaking.notices import Language

VERSION = 1

# What `erase_customer` takes away, as a reader of the certificate understands it.
ERASED = (
    "name, e-mail and phone",
    "tax data (RFC, legal name, postal code, regime)",
    "texts of messages to and from the customer",
    "what the payments provider told of the customer, and the customer at the provider",
    "pets, and what bills were for",
    "the network address from which terms were accepted",
    "printed tax invoices (PDF), and XML that no law keeps",
)


def certified(
    deletion: Deletion,
    *,
    tenant: Tenant,
    subscriptions: Sequence[str],
    warnings: Sequence[NoticeRecord],
    kept: Sequence[Kept],
) -> Certificate:
    """The certificate as JSON (keys in order, so that the same facts make the same digest), without its paper."""
    told = {
        "version": VERSION,
        "deletion": deletion.id,
        "tenant": {"id": tenant.id, "name": tenant.name},
        "customer": deletion.customer,
        "subscriptions": list(subscriptions),
        "cause": deletion.cause.value,
        "requested": {"at": _iso(deletion.requested_at), "by": deletion.requested_by},
        "warnings": [
            {
                "message": each.key,
                "channel": each.channel.value,
                "sent_at": _iso(each.sent_at),
                "delivery": each.delivery.value,
                "settled_at": _iso(each.settled_at),
                "reference": each.reference,
            }
            for each in warnings
        ],
        "product": {
            "asked_at": _iso(deletion.asked_at),
            "confirmed_at": _iso(deletion.confirmed_at),
            "confirmed_by": deletion.confirmed_by,
            "deleted": list(deletion.deleted),
        },
        "billing": {
            "erased_at": _iso(deletion.erased_at),
            "erased": list(ERASED),
            "kept": [{**asdict(each), "until": each.until.isoformat()} for each in kept],
        },
    }
    written = json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return Certificate(written, hashlib.sha256(written.encode()).hexdigest())


_WORDS = {
    Language.ES: {
        "title": "Certificado de eliminación de datos",
        "about": "Certificamos que los datos del cliente que se identifica abajo fueron eliminados como aquí se dice.",
        "who": "Cliente",
        "customer": "Identificador",
        "subscriptions": "Suscripciones",
        "deletion": "Eliminación",
        "requested": "Solicitada",
        "warned": "Avisos entregados antes",
        "product": "En el servicio",
        "asked": "Se pidió el",
        "confirmed": "Confirmada",
        "deleted": "Se eliminó",
        "billing": "En la cobranza",
        "erased_at": "Fecha",
        "erased": "Se eliminó",
        "kept": "La ley obliga a conservar",
        "invoice": "{uuid} hasta el {until} (CFF art. 28 y 30)",
        "nothing": "nada",
        "digest": "SHA-256 del certificado (JSON)",
        "by": "{at} por {by}",
    },
    Language.EN: {
        "title": "Certificate of data deletion",
        "about": "We certify that the data of the customer named below were deleted as is said here.",
        "who": "Customer",
        "customer": "Id",
        "subscriptions": "Subscriptions",
        "deletion": "Deletion",
        "requested": "Requested",
        "warned": "Warnings delivered before",
        "product": "In the product",
        "asked": "Asked on",
        "confirmed": "Confirmed",
        "deleted": "Deleted",
        "billing": "In billing",
        "erased_at": "On",
        "erased": "Deleted",
        "kept": "Kept because the law says so",
        "invoice": "{uuid} until {until} (CFF art. 28 and 30)",
        "nothing": "nothing",
        "digest": "SHA-256 of the certificate (JSON)",
        "by": "{at} by {by}",
    },
}
_ERASED_ES = (
    "nombre, correo y teléfono",
    "datos fiscales (RFC, nombre, código postal, régimen)",
    "textos de los mensajes enviados y recibidos",
    "lo que el proveedor de pagos dijo del cliente, y el cliente en el proveedor",
    "mascotas, y de qué eran los cobros",
    "la dirección de red desde la que se aceptaron los términos",
    "facturas impresas (PDF) y XML que ninguna ley conserva",
)


def titled(language: Language) -> tuple[str, str]:
    """What stands above it: its title, and the sentence that certifies."""
    words = _WORDS[language]
    return words["title"], words["about"]


def sections(certificate: Certificate, language: Language) -> list[tuple[str, list[tuple[str, str]]]]:
    """What is printed: headings, and labels with what they say."""
    words, told = _WORDS[language], json.loads(certificate.json)
    product, billing = told["product"], told["billing"]
    erased = _ERASED_ES if language is Language.ES else billing["erased"]
    kept = [words["invoice"].format(**each) for each in billing["kept"]] or [words["nothing"]]
    return [
        (
            words["who"],
            [
                (words["customer"], told["customer"]),
                (words["subscriptions"], ", ".join(told["subscriptions"])),
                (words["deletion"], told["deletion"]),
                (words["requested"], words["by"].format(**_shown(told["requested"]))),
                *((words["warned"], _warning(each)) for each in told["warnings"]),
            ],
        ),
        (
            words["product"],
            [
                (words["asked"], _minute(product["asked_at"])),
                (
                    words["confirmed"],
                    words["by"].format(at=_minute(product["confirmed_at"]), by=product["confirmed_by"]),
                ),
                *((words["deleted"], each) for each in product["deleted"]),
            ],
        ),
        (
            words["billing"],
            [
                (words["erased_at"], _minute(billing["erased_at"])),
                *((words["erased"], each) for each in erased),
                *((words["kept"], each) for each in kept),
            ],
        ),
        ("", [(words["digest"], certificate.digest)]),
    ]


def _warning(told: Mapping[str, Any]) -> str:
    return (
        f"{_minute(told['settled_at'] or told['sent_at'])}, {told['channel']}, {told['delivery']}, {told['reference']}"
    )


def _shown(told: Mapping[str, Any]) -> dict[str, str]:
    return {"at": _minute(told["at"]), "by": told["by"]}


def _minute(iso: str) -> str:
    return f"{iso[:10]} {iso[11:16]} UTC" if iso else ""


def _iso(at: datetime | None) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds") if at else ""
