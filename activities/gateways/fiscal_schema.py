"""The SAT's schema, compiled once from satcfdi's files, and documents held against it."""

from functools import cache
from pathlib import Path
from threading import Lock

from lxml import etree
from satcfdi.transform import SCHEMA_ROOT

from activities.failures import Refused

_SCHEMAS = {
    "http://www.sat.gob.mx/cfd/4": "cfd/4/cfdv40.xsd",
    "http://www.sat.gob.mx/TimbreFiscalDigital": "cfd/TimbreFiscalDigital/TimbreFiscalDigitalv11.xsd",
    "http://www.sat.gob.mx/Pagos20": "cfd/Pagos/Pagos20.xsd",
}
# libxml2 fails when two threads compile a schema at once, so it happens here, under one lock, once per process.
_COMPILING = Lock()


@cache
def schema() -> etree.XMLSchema:
    """The SAT's schema of CFDI 4.0, its stamp and the complement of payments, from the library's files; half a second, once."""
    root = Path(SCHEMA_ROOT) / "www.sat.gob.mx" / "sitio_internet"
    imports = "".join(
        f'<xs:import namespace="{space}" schemaLocation="{(root / name).as_uri()}"/>'
        for space, name in _SCHEMAS.items()
    )
    with _COMPILING:
        return etree.XMLSchema(
            etree.fromstring(f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">{imports}</xs:schema>')
        )


def checked(xml: bytes) -> etree._Element:
    """Parse strictly and hold against the schema.

    Raises:
        Refused: code `301`, with the schema's complaint without its values.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    try:
        tree = etree.fromstring(xml, parser)
    except etree.XMLSyntaxError:
        raise Refused("the document is not well-formed XML", "301") from None
    rules = schema()
    if not rules.validate(tree):
        first = rules.error_log[0]
        raise Refused(f"the document breaks the SAT's schema at {first.path}: {first.type_name}", "301")
    return tree
