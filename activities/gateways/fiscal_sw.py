"""The PAC SW Sapien over its REST API, timbrado v4: it stamps what we have sealed, and the CSD never leaves us.

Sources: SW knowledge base, "Timbrado v4 CustomId" (customid up to 100 characters, good for 72 h from its first use);
SAT matriz de errores CFDI 4.0. Three answers are told apart with care, for each can mean a second invoice: a reply
that was lost (send the same bytes again), a 307 or CFDI3307 (ours only if the seal in it is ours), and a 401 (never
stamped, and too late).
"""

import re
from hashlib import sha256
from typing import Any

import httpx

from activities.failures import Refused, Throttled, Unavailable
from activities.gateways.fiscal_replies import STAMPED_BEFORE, acknowledged, code_of, kept_of, refusal, stamp_of
from activities.gateways.fiscal_sat import PRODUCTION, TESTING, enquire
from activities.ports.pac import Pac
from models.cfdi.cancellation import Acknowledgement, SatWord
from models.cfdi.documents import Kept, Stamp
from models.cfdi.pac_accounts import PacName

_TIMEOUT = httpx.Timeout(30.0, connect=5.0)
_KEY_LENGTH = 100

_BESIDE = {
    "services.sw.com.mx": ("https://api.sw.com.mx", PRODUCTION),
    "services.test.sw.com.mx": ("https://api.test.sw.com.mx", TESTING),
}


class SwPac(Pac):
    """One account at SW. Its second host keeps what was stamped, and the SAT's own says what became of it; a sandbox is all three."""

    name = PacName.SW
    seals = False

    def __init__(self, url: str, token: str) -> None:
        self._api, self._sat = _BESIDE.get(httpx.URL(url).host, (url.rstrip("/"), url.rstrip("/")))
        self._http = httpx.AsyncClient(
            base_url=url.rstrip("/"), headers={"Authorization": f"Bearer {token}"}, timeout=_TIMEOUT
        )

    async def aclose(self) -> None:
        await self._http.aclose()

    async def stamp(self, sealed: bytes, key: str) -> Stamp:
        reply = await self._answer(
            self._http.build_request(
                "POST",
                "/v4/cfdi33/stamp/v4",
                headers={"customid": _custom_id(key)},
                files={"xml": ("xml", sealed, "text/xml")},
            )
        )
        told = reply.get("data")
        data: dict[str, Any] = told if isinstance(told, dict) else {}
        if reply.get("status") == "success":
            return stamp_of(str(data.get("cfdi") or ""), sealed, prior=False)
        text = f"{reply.get('message') or ''} {reply.get('messageDetail') or ''}".strip()
        code = code_of(text)
        if code in STAMPED_BEFORE:
            return stamp_of(str(data.get("cfdi") or "") or await self._kept(data), sealed, prior=True)
        raise refusal(code, text, sealed)

    async def look_up(self, sealed: bytes, key: str) -> Stamp | None:  # noqa: ARG002 - SW cannot look
        raise Unavailable("SW tells what it has stamped only to whom sends the document again")

    async def fetch(self, uuid: str, key: str) -> Kept:  # noqa: ARG002 - it keeps them by folio fiscal
        return kept_of(await self._kept({"uuid": uuid}))

    async def balance(self) -> int | None:
        reply = await self._answer(self._http.build_request("GET", "/account/balance"))
        told = reply.get("data")
        if not isinstance(told, dict) or told.get("unlimited"):
            return None
        return int(told.get("saldoTimbres") or 0)

    async def cancel(self, request: bytes, key: str = "") -> Acknowledgement:  # noqa: ARG002
        reply = await self._answer(
            self._http.build_request("POST", "/cfdi33/cancel/xml", files={"xml": ("xml", request, "text/xml")})
        )
        told = reply.get("data")
        data: dict[str, Any] = told if isinstance(told, dict) else {}
        codes = data.get("uuid")
        text = f"{reply.get('message') or ''} {reply.get('messageDetail') or ''}"
        code = str(next(iter(codes.values()), "")) if isinstance(codes, dict) else code_of(text)
        return acknowledged(code, str(data.get("acuse") or "").encode())

    async def enquire(self, *, uuid: str, issuer: str, receiver: str, total: str, seal: str) -> SatWord:
        return await enquire(self._sat, uuid=uuid, issuer=issuer, receiver=receiver, total=total, seal=seal)

    async def _kept(self, data: dict[str, Any]) -> str:
        """The earlier invoice, where the PAC names it without handing it over."""
        named = re.search(r'UUID="([0-9A-Fa-f-]{36})"', str(data.get("tfd") or ""))
        uuid = data.get("uuid") or (named[1] if named else "")
        if not uuid:
            raise Unavailable("the PAC says it was stamped before but does not say which document")
        found = await self._answer(self._http.build_request("GET", f"{self._api}/datawarehouse/v1/live/{uuid}"))
        records = (found.get("data") or {}).get("records") or [{}]
        address = records[0].get("urlXml")
        if not address:
            raise Unavailable("the PAC does not have the stamped document at hand yet")
        try:
            page = await self._http.get(address)
            page.raise_for_status()
        except httpx.HTTPError as error:
            raise Unavailable(f"the stamped document could not be fetched: {type(error).__name__}") from None
        return page.text

    async def _answer(self, request: httpx.Request) -> dict[str, Any]:
        try:
            response = await self._http.send(request)
        except httpx.TransportError as error:
            raise Unavailable(f"the PAC did not answer: {type(error).__name__}") from None
        if response.status_code == httpx.codes.TOO_MANY_REQUESTS:
            wait = response.headers.get("Retry-After", "")
            raise Throttled("the PAC asks for patience", float(wait) if wait.isdigit() else None)
        if response.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
            raise Refused("the PAC does not accept our token (PERDURA_PAC_TOKEN)", "300")
        try:
            reply = response.json()
        except ValueError:
            reply = None
        if response.is_server_error or not isinstance(reply, dict) or "status" not in reply:
            raise Unavailable(f"the PAC's answer says nothing (HTTP {response.status_code})")
        return reply


def _custom_id(key: str) -> str:
    return key if len(key) <= _KEY_LENGTH else sha256(key.encode()).hexdigest()
