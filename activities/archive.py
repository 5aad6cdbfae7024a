"""A month's tax documents in one zip, as an accountant takes them: each XML as the PAC returned it, its PDF, and a list of all."""

import csv
import io
import zipfile
from collections.abc import Sequence
from datetime import datetime
from tempfile import SpooledTemporaryFile
from typing import IO
from zoneinfo import ZoneInfo

from activities.ports.documents import Documents
from models.cfdi.documents import DocumentFile, DocumentState, TaxDocument

_IN_MEMORY = 8_000_000  # bytes; a larger archive is built on disk
_FILES = (
    (DocumentFile.XML, "xml"),
    (DocumentFile.PDF, "pdf"),
    (DocumentFile.ACKNOWLEDGEMENT, "acuse.xml"),
)
_COLUMNS = ("uuid", "kind", "source", "issued", "receiver_rfc", "total", "currency", "state", "related_to")


async def month_archive(
    documents: Documents, tenant: str, since: datetime, until: datetime, zone: ZoneInfo
) -> tuple[IO[bytes], int]:
    """The zip, at its beginning, and how many documents are in it: those stamped with Fecha in [since, until), cancelled ones too."""
    found = [each for each in await documents.documents_between(tenant, since, until) if each.uuid]
    archive: IO[bytes] = SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - the caller sends it and closes it
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as box:
        box.writestr("documents.csv", listed(found, zone))
        for document in found:
            for file, suffix in _FILES:
                content = await documents.file(tenant, document.key, file)
                if content is not None:
                    folder = "cancelled" if document.state is DocumentState.CANCELLED else str(document.kind)
                    box.writestr(f"{folder}/{document.uuid}.{suffix}", content)
    archive.seek(0)
    return archive, len(found)


def listed(documents: Sequence[TaxDocument], zone: ZoneInfo) -> str:
    """One line for each document; amounts in pesos, instants on the issuer's clock."""
    page = io.StringIO()
    lines = csv.writer(page)
    lines.writerow(_COLUMNS)
    for each in documents:
        pesos, centavos = divmod(each.total.centavos, 100)
        issued = each.issued_at.astimezone(zone).replace(tzinfo=None).isoformat()
        amount = f"{pesos}.{centavos:02d}"
        row = (each.uuid, each.kind, each.source, issued, each.receiver_rfc, amount, each.total.currency)
        lines.writerow((*row, each.state, each.replaces))
    return page.getvalue()
