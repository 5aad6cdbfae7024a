"""The sandbox's stand-in for the SAT's list of taxpayers (l_RFC), and the receiver's part of the matrix of errors.

An RFC that is not in the list is taken as it comes; one that was put there must match in name, postal code and régimen.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

from models.cfdi.fiscal import FOREIGN_RFC, GENERAL_PUBLIC_RFC, Person, person
from models.cfdi.sat_catalogues import REGIMES, USES

CFDI = "{http://www.sat.gob.mx/cfd/4}"


@dataclass(frozen=True)
class Taxpayer:
    """What the SAT has on file. Empty means: any."""

    rfc: str
    name: str = ""
    postal_code: str = ""
    regime: str = ""
    listed: bool = True


@dataclass
class Taxpayers:
    """The list, by RFC."""

    known: dict[str, Taxpayer] = field(default_factory=dict)

    def put(self, taxpayer: Taxpayer) -> None:
        self.known[taxpayer.rfc] = taxpayer


def wrong_receiver(document: etree._Element, taxpayers: Taxpayers) -> Iterator[tuple[str, str]]:
    """What is wrong with the receiver, worst first: SAT code and message."""
    node = document.find(f"{CFDI}Receptor")
    rfc, regime, use = node.get("Rfc"), node.get("RegimenFiscalReceptor"), node.get("UsoCFDI")
    generic = rfc in (GENERAL_PUBLIC_RFC, FOREIGN_RFC)
    if generic and node.get("DomicilioFiscalReceptor") != document.get("LugarExpedicion"):
        yield "CFDI40149", "El campo DomicilioFiscalReceptor debe ser igual a LugarExpedicion para RFC genérico"
    if generic and (regime != "616" or use not in ("S01", "G02")):
        yield "CFDI40159", "El campo RegimenFiscalReceptor debe ser 616 para RFC genérico"
    moral = person(rfc) is Person.MORAL
    row = REGIMES[regime]
    if not (row.moral if moral else row.fisica):
        yield "CFDI40158", "El campo RegimenFiscalReceptor no corresponde con el tipo de persona del Rfc"
    purpose = USES[use]
    if regime not in purpose.regimes or not (purpose.moral if moral else purpose.fisica):
        yield "CFDI40161", "El campo UsoCFDI no corresponde con el tipo de persona y el régimen del receptor"
    filed = taxpayers.known.get(rfc)
    if filed is None:
        return
    if not filed.listed:
        yield "CFDI40143", "El campo Rfc del receptor no existe en la lista de RFC inscritos no cancelados del SAT"
    if filed.name and node.get("Nombre") != filed.name:
        yield "CFDI40145", "El campo Nombre del receptor debe pertenecer al nombre asociado al RFC registrado"
    if filed.postal_code and node.get("DomicilioFiscalReceptor") != filed.postal_code:
        yield "CFDI40147", "El campo DomicilioFiscalReceptor del receptor debe pertenecer al nombre asociado al RFC"
    if filed.regime and regime != filed.regime:
        yield "CFDI40159", "El campo RegimenFiscalReceptor debe corresponder con un régimen del RFC del receptor"
