"""What the sandbox PAC has stamped: kept in a file, so that a restart does not make it forget and stamp twice."""

import base64
import sqlite3
import uuid
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Lock
from zoneinfo import ZoneInfo

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from lxml import etree

from models.cfdi.postal_zones import CENTRE
from sandbox.certification import CFDI, CHAIN_TFD, TFD, original_chain
from sandbox.pki import PAC_RFC, Authority, certificate_number

LEGEND = "DOCUMENTO DE PRUEBA SIN VALIDEZ FISCAL"
# Written ahead and not waited for on the disk: a killed process loses nothing, and stamping is not the disk's pace.
_SCHEMA = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
CREATE TABLE IF NOT EXISTS stamps (
    seal TEXT PRIMARY KEY, uuid TEXT UNIQUE NOT NULL, custom_id TEXT, xml TEXT NOT NULL, receiver TEXT NOT NULL,
    total TEXT NOT NULL, stamped_at TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS stamps_custom_id ON stamps (custom_id);
CREATE TABLE IF NOT EXISTS cancellations (uuid TEXT PRIMARY KEY, progress TEXT NOT NULL);
"""
_COLUMNS = "seal, uuid, custom_id, xml, receiver, total, stamped_at"


@dataclass(frozen=True)
class Stamped:
    """One invoice. `stamped_at` is UTC, ISO 8601; `total` pesos as written."""

    seal: str
    uuid: str
    custom_id: str
    xml: str
    receiver: str
    total: str
    stamped_at: str


class Prior(Exception):
    """Stamped before: `code` 307 for the same document, CFDI3307 for another one under the same customid."""

    def __init__(self, stamped: Stamped, code: str) -> None:
        super().__init__(code)
        self.stamped = stamped
        self.code = code


class Stamps:
    """The PAC's memory. One writer at a time, so that of two equal requests one finds the other's stamp."""

    def __init__(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._database = sqlite3.connect(file, check_same_thread=False)
        self._database.executescript(_SCHEMA)
        self._lock = Lock()

    def close(self) -> None:
        self._database.close()

    def by_seal(self, seal: str) -> Stamped | None:
        return self._one("seal = ?", seal)

    def by_uuid(self, folio: str) -> Stamped | None:
        return self._one("uuid = ?", folio.upper())

    def by_custom_id(self, custom_id: str, since: datetime) -> Stamped | None:
        """The document first sent under this id, while the id is remembered."""
        return self._one("custom_id = ? AND stamped_at >= ?", custom_id, since.isoformat()) if custom_id else None

    def all(self) -> list[Stamped]:
        with self._lock:
            rows = self._database.execute(f"SELECT {_COLUMNS} FROM stamps ORDER BY rowid").fetchall()
        return [Stamped(*row) for row in rows]

    def count(self) -> int:
        with self._lock:
            return int(self._database.execute("SELECT COUNT(*) FROM stamps").fetchone()[0])

    def stamp(self, document: etree._Element, custom_id: str, authority: Authority, now: datetime) -> Stamped:
        """Stamp a certified document. Raises Prior when the same seal was stamped meanwhile."""
        seal = document.get("Sello")
        with self._lock:
            row = self._database.execute(f"SELECT {_COLUMNS} FROM stamps WHERE seal = ?", (seal,)).fetchone()
            if row is not None:
                raise Prior(Stamped(*row), "307")
            folio = str(uuid.uuid4()).upper()
            _attach(document, folio, seal, authority, now)
            stamped = Stamped(
                seal=seal,
                uuid=folio,
                custom_id=custom_id,
                xml=etree.tostring(document, xml_declaration=True, encoding="UTF-8").decode(),
                receiver=document.find(f"{CFDI}Receptor").get("Rfc"),
                total=document.get("Total"),
                stamped_at=now.isoformat(),
            )
            with self._database:
                self._database.execute(
                    f"INSERT INTO stamps ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (
                        stamped.seal,
                        stamped.uuid,
                        stamped.custom_id,
                        stamped.xml,
                        stamped.receiver,
                        stamped.total,
                        stamped.stamped_at,
                    ),
                )
        return stamped

    def cancellations(self) -> dict[str, str]:
        """Every document whose cancellation was requested, and how it stands, by UUID."""
        with self._lock:
            return dict(self._database.execute("SELECT uuid, progress FROM cancellations").fetchall())

    def record_cancellation(self, folio: str, progress: str) -> None:
        with self._lock, self._database:
            self._database.execute("INSERT OR REPLACE INTO cancellations VALUES (?, ?)", (folio, progress))

    def _one(self, where: str, *values: str) -> Stamped | None:
        with self._lock:
            row = self._database.execute(f"SELECT {_COLUMNS} FROM stamps WHERE {where} LIMIT 1", values).fetchone()
        return Stamped(*row) if row else None


def _attach(document: etree._Element, folio: str, seal: str, authority: Authority, now: datetime) -> None:
    tfd = etree.Element(TFD, nsmap={"tfd": TFD[1:].partition("}")[0]})
    for name, value in (
        ("Version", "1.1"),
        ("UUID", folio),
        ("FechaTimbrado", now.astimezone(ZoneInfo(CENTRE)).strftime("%Y-%m-%dT%H:%M:%S")),
        ("RfcProvCertif", PAC_RFC),
        ("Leyenda", LEGEND),
        ("SelloCFD", seal),
        ("NoCertificadoSAT", certificate_number(authority.pac_certificate)),
    ):
        tfd.set(name, value)
    chain = original_chain(tfd, CHAIN_TFD)
    signature = authority.pac_key.sign(chain, padding.PKCS1v15(), hashes.SHA256())
    tfd.set("SelloSAT", base64.b64encode(signature).decode())
    complement = document.find(f"{CFDI}Complemento")
    if complement is None:
        complement = etree.SubElement(document, f"{CFDI}Complemento")
        addenda = document.find(f"{CFDI}Addenda")
        if addenda is not None:
            addenda.addprevious(complement)
    complement.append(tfd)
