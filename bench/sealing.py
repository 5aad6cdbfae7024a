"""`python -m bench.sealing [documents]`: how long it takes to build, seal and check a CFDI, and how many a second one process makes."""

import asyncio
import sys
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from statistics import median

from PIL import Image

from activities.gateways.fiscal_document import build
from activities.gateways.fiscal_pdf import draw
from activities.gateways.fiscal_satcfdi import SatcfdiSealer
from activities.gateways.fiscal_schema import checked
from models.cfdi.documents import DocumentKind, Draft, Line
from models.cfdi.fiscal import Issuer, Receiver, issue_date
from models.cfdi.taxes import split
from models.look.brand import Letterhead, neutral
from models.look.logo import logo
from sandbox.pki import authority, issue_csd
from sandbox.stamps import Stamps

ISSUER = Issuer("EKU9003173C9", "ESCUELA KEMPER URGATE", "601", "06600")
RECEIVER = Receiver("CUSC850516316", "ANA CRUZ SOLORZANO", "612", "45638")


def on_letterhead() -> Letterhead:
    """A logo of the largest size that is kept, and of what compresses worst."""
    file = BytesIO()
    Image.effect_noise((640, 320), 64).convert("RGB").save(file, "JPEG", quality=60)
    picture = logo(file.getvalue())
    return Letterhead(replace(neutral("bench", "Acme"), logo=picture.mark), picture.content)


def draft(number: int) -> Draft:
    """An invoice of one line, of a total of its own."""
    now = datetime.now(UTC)
    return Draft(
        kind=DocumentKind.INCOME,
        issuer=ISSUER,
        receiver=RECEIVER,
        use="G03",
        form_of_payment="04",
        issued=issue_date(now, now, ISSUER.postal_code),
        series="P",
        folio=f"ch_{number}-1",
        lines=(Line("81112500", "E48", "Suscripción PRO", split(10_000 + number)),),
    )


def timed(repeat: int, work: object) -> float:
    """The median of so many calls, in milliseconds of this process's own time."""
    spent = []
    for number in range(repeat):
        before = time.process_time()
        work(number)  # type: ignore[operator]
        spent.append((time.process_time() - before) * 1000)
    return median(spent)


async def main(documents: int) -> None:
    """Print the figures, with progress for the run."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        issue_csd(place / "csd", "bench", ISSUER, place / "authority")
        sealer = SatcfdiSealer(place / "csd")
        warm = await sealer.build_and_seal("bench", draft(0))
        signer = sealer._filed("bench")

        def seal(number: int) -> bytes:
            document = build(draft(number))
            document.sign(signer)
            xml: bytes = document.xml_bytes()
            return xml

        print(f"build, seal and serialise  {timed(200, seal):6.2f} ms of CPU, median of 200, warm")
        print(f"hold against the XSD       {timed(100, lambda _: checked(warm.xml)):6.2f} ms of CPU, median of 100")
        certifier = authority(place / "authority")
        stamped = Stamps(place / "stamps.db").stamp(checked(warm.xml), "", certifier, datetime.now(UTC))
        page = stamped.xml.encode()
        letterhead = on_letterhead()
        draw(page, letterhead)
        print(f"draw the PDF               {timed(10, lambda _: draw(page, letterhead)):6.2f} ms of CPU, median of 10")
        began = time.perf_counter()
        for done in range(0, documents, 100):
            batch = range(done, min(done + 100, documents))
            await asyncio.gather(*(sealer.build_and_seal("bench", replace(draft(n), folio=f"m_{n}")) for n in batch))
            print(f"\r{batch[-1] + 1:6} of {documents}", end="", flush=True)
        print(
            f"\r{documents / (time.perf_counter() - began):6.0f} CFDIs a second built, sealed and checked, one process"
        )


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000))
