"""The SAT's tables that decide whether a receiver's régimen, person type and UsoCFDI go together.

Source: c_RegimenFiscal, c_UsoCFDI and c_FormaPago of CFDI 4.0 as gathered by phpcfdi/resources-sat-catalogs, state of
6 August 2026 (public domain). A test compares these rows with the published files.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Regime:
    """A row of c_RegimenFiscal: its name and whose it may be."""

    name: str
    fisica: bool
    moral: bool


@dataclass(frozen=True, slots=True)
class Use:
    """A row of c_UsoCFDI: its name, whose it may be and in which régimen of the receiver."""

    name: str
    fisica: bool
    moral: bool
    regimes: frozenset[str]


REGIMES = {
    "601": Regime("General de Ley Personas Morales", False, True),
    "603": Regime("Personas Morales con Fines no Lucrativos", False, True),
    "605": Regime("Sueldos y Salarios e Ingresos Asimilados a Salarios", True, False),
    "606": Regime("Arrendamiento", True, False),
    "607": Regime("Régimen de Enajenación o Adquisición de Bienes", True, False),
    "608": Regime("Demás ingresos", True, False),
    "610": Regime("Residentes en el Extranjero sin Establecimiento Permanente en México", True, True),
    "611": Regime("Ingresos por Dividendos (socios y accionistas)", True, False),
    "612": Regime("Personas Físicas con Actividades Empresariales y Profesionales", True, False),
    "614": Regime("Ingresos por intereses", True, False),
    "615": Regime("Régimen de los ingresos por obtención de premios", True, False),
    "616": Regime("Sin obligaciones fiscales", True, False),
    "620": Regime("Sociedades Cooperativas de Producción que optan por diferir sus ingresos", False, True),
    "621": Regime("Incorporación Fiscal", True, False),
    "622": Regime("Actividades Agrícolas, Ganaderas, Silvícolas y Pesqueras", False, True),
    "623": Regime("Opcional para Grupos de Sociedades", False, True),
    "624": Regime("Coordinados", False, True),
    "625": Regime(
        "Régimen de las Actividades Empresariales con ingresos a través de Plataformas Tecnológicas", True, False
    ),
    "626": Regime("Régimen Simplificado de Confianza", True, True),
}

_BUSINESS = frozenset({"601", "603", "606", "612", "620", "621", "622", "623", "624", "625", "626"})
_PERSONAL = frozenset({"605", "606", "607", "608", "611", "612", "614", "615", "625"})
_EVERY = frozenset(REGIMES)

USES = {
    "G01": Use("Adquisición de mercancías.", True, True, _BUSINESS),
    "G02": Use("Devoluciones, descuentos o bonificaciones.", True, True, _BUSINESS | {"616"}),
    "G03": Use("Gastos en general.", True, True, _BUSINESS),
    "I01": Use("Construcciones.", True, True, _BUSINESS),
    "I02": Use("Mobiliario y equipo de oficina por inversiones.", True, True, _BUSINESS),
    "I03": Use("Equipo de transporte.", True, True, _BUSINESS),
    "I04": Use("Equipo de computo y accesorios.", True, True, _BUSINESS),
    "I05": Use("Dados, troqueles, moldes, matrices y herramental.", True, True, _BUSINESS),
    "I06": Use("Comunicaciones telefónicas.", True, True, _BUSINESS),
    "I07": Use("Comunicaciones satelitales.", True, True, _BUSINESS),
    "I08": Use("Otra maquinaria y equipo.", True, True, _BUSINESS),
    "D01": Use("Honorarios médicos, dentales y gastos hospitalarios.", True, False, _PERSONAL),
    "D02": Use("Gastos médicos por incapacidad o discapacidad.", True, False, _PERSONAL),
    "D03": Use("Gastos funerales.", True, False, _PERSONAL),
    "D04": Use("Donativos.", True, False, _PERSONAL),
    "D05": Use(
        "Intereses reales efectivamente pagados por créditos hipotecarios (casa habitación).", True, False, _PERSONAL
    ),
    "D06": Use("Aportaciones voluntarias al SAR.", True, False, _PERSONAL),
    "D07": Use("Primas por seguros de gastos médicos.", True, False, _PERSONAL),
    "D08": Use("Gastos de transportación escolar obligatoria.", True, False, _PERSONAL),
    "D09": Use(
        "Depósitos en cuentas para el ahorro, primas que tengan como base planes de pensiones.", True, False, _PERSONAL
    ),
    "D10": Use("Pagos por servicios educativos (colegiaturas).", True, False, _PERSONAL),
    "S01": Use("Sin efectos fiscales.", True, True, _EVERY),
    "CP01": Use("Pagos", True, True, _EVERY),
    "CN01": Use("Nómina", True, False, frozenset({"605"})),
}

FORMS_OF_PAYMENT = {
    "01": "Efectivo",
    "02": "Cheque nominativo",
    "03": "Transferencia electrónica de fondos",
    "04": "Tarjeta de crédito",
    "05": "Monedero electrónico",
    "06": "Dinero electrónico",
    "08": "Vales de despensa",
    "12": "Dación en pago",
    "13": "Pago por subrogación",
    "14": "Pago por consignación",
    "15": "Condonación",
    "17": "Compensación",
    "23": "Novación",
    "24": "Confusión",
    "25": "Remisión de deuda",
    "26": "Prescripción o caducidad",
    "27": "A satisfacción del acreedor",
    "28": "Tarjeta de débito",
    "29": "Tarjeta de servicios",
    "30": "Aplicación de anticipos",
    "31": "Intermediario pagos",
    "99": "Por definir",
}
