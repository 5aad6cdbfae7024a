"""Facturapi over its REST API, v2: it holds the tenant's certificate, seals and has stamped what we describe.

Its `idempotency_key` makes a repeat the same invoice, its `external_id` finds it again; both are our key. What comes back is
held against what was asked: the receiver, the total to the centavo. Source: Facturapi's API reference (v2).
"""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import httpx
from lxml import etree

from activities.failures import Contested, Refused, Rejected, Throttled, Unavailable
from activities.gateways.fiscal_replies import TFD, acknowledged, kept_of
from activities.gateways.fiscal_sat import PRODUCTION, enquire
from activities.ports.pac import Pac
from models.cfdi.cancellation import Acknowledgement, SatWord
from models.cfdi.documents import Kept, Stamp
from models.cfdi.pac_accounts import PacName
from models.cfdi.postal_zones import CENTRE, zone_of

CFDI = "{http://www.sat.gob.mx/cfd/4}"
CANCEL = "{http://cancelacfd.sat.gob.mx}"
_TIMEOUT = httpx.Timeout(30.0, connect=5.0)
_GLOBAL = {"01": "day", "02": "week", "03": "fortnight", "04": "month", "05": "two_months"}
_FIELDS = (
    ("legal_name", "legal_name"),
    ("zip", "postal_code"),
    ("tax_system", "tax_regime"),
    ("use", "cfdi_use"),
    ("tax_id", "tax_id"),
)


class FacturapiPac(Pac):
    """One organisation at Facturapi. What the SAT says of a document is asked of the SAT itself."""

    name = PacName.FACTURAPI
    seals = True

    def __init__(self, url: str, secret_key: str) -> None:
        self._sat = PRODUCTION if httpx.URL(url).host.endswith("facturapi.io") else url.rstrip("/")
        self._http = httpx.AsyncClient(
            base_url=url.rstrip("/"), headers={"Authorization": f"Bearer {secret_key}"}, timeout=_TIMEOUT
        )

    async def aclose(self) -> None:
        await self._http.aclose()

    async def stamp(self, sealed: bytes, key: str) -> Stamp:
        asked = _described(sealed)
        made = await self._answer("POST", "/v2/invoices", json={**asked, "idempotency_key": key, "external_id": key})
        return await self._stamp(made, sealed, prior=False)

    async def look_up(self, sealed: bytes, key: str) -> Stamp | None:
        found = await self._found(key)
        return await self._stamp(found, sealed, prior=True) if found else None

    async def fetch(self, uuid: str, key: str) -> Kept:
        found = await self._found(key)
        if found is None or str(found.get("uuid") or "").upper() != uuid.upper():
            raise Unavailable("Facturapi does not have the stamped document at hand (yet)")
        return kept_of(await self._xml(found))

    async def balance(self) -> int | None:
        return None  # billed by the month, not by the stamp

    async def cancel(self, request: bytes, key: str = "") -> Acknowledgement:
        folio = etree.fromstring(request).find(f"{CANCEL}Folios/{CANCEL}Folio")
        found = await self._found(key)
        if found is None or str(found.get("uuid", "")).upper() != folio.get("UUID", "").upper():
            raise Throttled("Facturapi does not know the document (yet)", 300.0)
        asked = {"motive": folio.get("Motivo")}
        if substitute := folio.get("FolioSustitucion"):
            asked["substitution"] = substitute
        told = await self._answer("DELETE", f"/v2/invoices/{found['id']}", params=asked)
        status = str(told.get("cancellation_status") or "")
        code = {"pending": "201", "accepted": "201", "verifying": "201", "none": "205"}.get(status, "201")
        return acknowledged(code, str(told.get("cancellation") or "").encode())

    async def enquire(self, *, uuid: str, issuer: str, receiver: str, total: str, seal: str) -> SatWord:
        return await enquire(self._sat, uuid=uuid, issuer=issuer, receiver=receiver, total=total, seal=seal)

    async def _found(self, key: str) -> dict[str, Any] | None:
        told = await self._answer("GET", "/v2/invoices", params={"external_id": key})
        data = [each for each in told.get("data") or [] if each.get("external_id") == key]
        return data[0] if data else None

    async def _stamp(self, made: dict[str, Any], asked: bytes, *, prior: bool) -> Stamp:
        if made.get("status") in ("pending", "draft") or not made.get("uuid"):
            raise Unavailable("Facturapi has not heard from the SAT yet: the same request brings the same invoice")
        xml = await self._xml(made)
        parser = etree.XMLParser(resolve_entities=False, no_network=True)
        try:
            root = etree.fromstring(xml, parser)
            tfd = next(root.iter(TFD))
        except (etree.XMLSyntaxError, StopIteration):
            raise Unavailable("Facturapi does not have the stamped document at hand yet") from None
        wanted = etree.fromstring(asked, parser)
        for said, meant in zip(_facts(root), _facts(wanted), strict=True):
            if said != meant:
                raise Contested(f"Facturapi stamped {tfd.get('UUID')}, and it is not what was asked", "307")
        local = datetime.fromisoformat(tfd.get("FechaTimbrado")).replace(tzinfo=ZoneInfo(CENTRE))
        return Stamp(tfd.get("UUID").upper(), xml, local.astimezone(UTC), prior, tfd.get("SelloCFD"))

    async def _xml(self, made: dict[str, Any]) -> bytes:
        """The document itself, byte for byte."""
        return (await self._sent("GET", f"/v2/invoices/{made['id']}/xml")).content

    async def _answer(self, method: str, path: str, **more: Any) -> dict[str, Any]:
        response = await self._sent(method, path, **more)
        try:
            told = response.json()
        except ValueError:
            told = None
        if not isinstance(told, dict):
            raise Unavailable(f"Facturapi's answer says nothing (HTTP {response.status_code})")
        if response.is_success:
            return told
        raise _refusal(told)

    async def _sent(self, method: str, path: str, **more: Any) -> httpx.Response:
        try:
            response = await self._http.request(method, path, **more)
        except httpx.TransportError as error:
            raise Unavailable(f"Facturapi did not answer: {type(error).__name__}") from None
        if response.status_code == httpx.codes.TOO_MANY_REQUESTS:
            wait = response.headers.get("Retry-After", "")
            raise Throttled("Facturapi asks for patience", float(wait) if wait.isdigit() else None)
        if response.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
            raise Refused("Facturapi does not accept our secret key", "300")
        if response.is_server_error or response.status_code == httpx.codes.CONFLICT:
            raise Unavailable(f"Facturapi cannot answer at the moment (HTTP {response.status_code})")
        return response


def _refusal(told: dict[str, Any]) -> Refused:
    """Facturapi names the field by its path, and the SAT's code where the SAT refused it."""
    first: dict[str, Any] = next(iter(told.get("errors") or []), {})
    code = str(first.get("code") or told.get("code") or "refused")
    path = str(first.get("path") or told.get("path") or "")
    text = str(first.get("message") or told.get("message") or "")
    field = next((ours for theirs, ours in _FIELDS if theirs in path.split(".")[-1] or theirs in code), "")
    if field and ("customer" in path or path == "use" or code.startswith(("legal_name", "tax_"))):
        return Rejected(f"the PAC refused the receiver's {field} ({code})", code, field=field, text=text)
    return Refused(f"the PAC refused the document ({code})", code)


def _facts(root: etree._Element) -> tuple[str, ...]:
    receiver = root.find(f"{CFDI}Receptor")
    return (root.get("Total"), root.get("TipoDeComprobante"), root.get("Moneda"), receiver.get("Rfc"))


def _described(document: bytes) -> dict[str, Any]:
    """A CFDI in Facturapi's words. Prices go with their VAT, so that its sum comes to what was charged.

    Raises:
        Refused: taxes are withheld, which only a PAC that takes our own sums gets right to the centavo.
    """
    root = etree.fromstring(document)
    if next(root.iter(f"{CFDI}Retencion"), None) is not None:
        raise Refused("withholding cannot be stamped by Facturapi to the centavo: choose SW or Finkok", "unsupported")
    receiver = root.find(f"{CFDI}Receptor")
    local = datetime.fromisoformat(root.get("Fecha")).replace(tzinfo=zone_of(root.get("LugarExpedicion")))
    asked: dict[str, Any] = {
        "type": root.get("TipoDeComprobante"),
        "customer": {
            "legal_name": receiver.get("Nombre"),
            "tax_id": receiver.get("Rfc"),
            "tax_system": receiver.get("RegimenFiscalReceptor"),
            "address": {"zip": receiver.get("DomicilioFiscalReceptor"), "country": "MEX"},
        },
        "use": receiver.get("UsoCFDI"),
        "payment_form": root.get("FormaPago"),
        "payment_method": root.get("MetodoPago"),
        "currency": root.get("Moneda"),
        "exchange": float(root.get("TipoCambio", "1")),
        "series": root.get("Serie"),
        "date": local.astimezone(UTC).isoformat(),
        "items": [_item(line) for line in root.iterfind(f"{CFDI}Conceptos/{CFDI}Concepto")],
    }
    related = [
        {"relationship": node.get("TipoRelacion"), "documents": [each.get("UUID") for each in node]}
        for node in root.iterfind(f"{CFDI}CfdiRelacionados")
    ]
    if related:
        asked["related_documents"] = related
    period = root.find(f"{CFDI}InformacionGlobal")
    if period is not None:
        asked["global"] = {
            "periodicity": _GLOBAL[period.get("Periodicidad")],
            "months": period.get("Meses"),
            "year": int(period.get("Año")),
        }
    return asked


def _item(line: etree._Element) -> dict[str, Any]:
    transfers = list(line.iter(f"{CFDI}Traslado"))
    charged = sum((Decimal(tax.get("Importe", "0")) for tax in transfers), Decimal(line.get("Importe")))
    product = {
        "description": line.get("Descripcion"),
        "product_key": line.get("ClaveProdServ"),
        "unit_key": line.get("ClaveUnidad"),
        "price": float(charged),
        "tax_included": True,
        "taxability": line.get("ObjetoImp"),
        "taxes": [
            {"type": "IVA", "factor": tax.get("TipoFactor"), "rate": float(tax.get("TasaOCuota", "0"))}
            for tax in transfers
        ],
    }
    if identification := line.get("NoIdentificacion"):
        product["sku"] = identification
    return {"quantity": 1, "product": product}
