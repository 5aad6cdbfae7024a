"""The CFDI 4.0 that a draft describes, built with satcfdi.

What the library gets wrong is said here: it must be given `fecha` (its zones are wrong for the Pacific and the north-west), base and tax
of each line (its own total misses one price in seven).
"""

from decimal import Decimal

from satcfdi.create.cfd import cfdi40, pago20

from activities.failures import Refused
from models.cfdi.documents import DocumentKind, Draft, Line, Settlement
from models.cfdi.taxes import WHOLE, Split, Withheld

_TYPES = {DocumentKind.CREDIT: "E", DocumentKind.PAYMENT: "P"}


def build(draft: Draft) -> cfdi40.Comprobante:
    """The document a draft describes, not yet signed.

    Raises:
        Refused: the library's own sum does not come to the draft's total (code `total`).
    """
    issuer, receiver = draft.issuer, draft.receiver
    document = cfdi40.Comprobante(
        emisor=cfdi40.Emisor(rfc=issuer.rfc, nombre=issuer.name, regimen_fiscal=issuer.regime),
        lugar_expedicion=issuer.postal_code,
        receptor=cfdi40.Receptor(
            rfc=receiver.rfc,
            nombre=receiver.name,
            domicilio_fiscal_receptor=receiver.postal_code,
            regimen_fiscal_receptor=receiver.regime,
            uso_cfdi=draft.use,
        ),
        conceptos=[_concept(line) for line in draft.lines] if draft.settles is None else _PAID,
        moneda=draft.currency,
        tipo_de_comprobante=_TYPES.get(draft.kind, "I"),
        serie=draft.series,
        folio=draft.folio,
        forma_pago=draft.form_of_payment or None,
        metodo_pago=draft.payment_method or None,
        cfdi_relacionados=[
            cfdi40.CfdiRelacionados(tipo_relacion=r.type, cfdi_relacionado=r.uuid) for r in draft.related
        ]
        or None,
        informacion_global=cfdi40.InformacionGlobal(
            periodicidad=draft.period.periodicity, meses=draft.period.months, ano=draft.period.year
        )
        if draft.period
        else None,
        tipo_cambio=_millionths(draft.exchange) if draft.exchange else None,
        complemento=_complement(draft.settles) if draft.settles else None,
        fecha=draft.issued,
    )
    total = sum(line.amount.total for line in draft.lines)
    if draft.settles is None and document["Total"] != _pesos(total):
        raise Refused(f"the document's total is {document['Total']}, what was charged is {_pesos(total)}", "total")
    return document


# The one concept of a payment complement (Anexo 20, guía de llenado del CFDI con complemento para recepción de pagos).
_PAID = cfdi40.Concepto(
    clave_prod_serv="84111506",
    cantidad=1,
    clave_unidad="ACT",
    descripcion="Pago",
    valor_unitario=Decimal(0),
    objeto_imp="01",
)


def _complement(paid: Settlement) -> pago20.Pagos:
    """Totales and the taxes of the payment are the library's sums of what is given here for its one document."""
    amount = paid.amount
    tax = {"base_dr": _pesos(amount.base), "impuesto_dr": "002"}
    if amount.rate is None:
        transfer = pago20.TrasladoDR(**tax, tipo_factor_dr="Exento")
    else:
        rate = _millionths(amount.rate * 10_000)
        transfer = pago20.TrasladoDR(**tax, tipo_factor_dr="Tasa", tasa_o_cuota_dr=rate, importe_dr=_pesos(amount.vat))
    kept = [
        pago20.RetencionDR(
            base_dr=_pesos(amount.base),
            impuesto_dr=share.tax,
            tipo_factor_dr="Tasa",
            tasa_o_cuota_dr=_millionths(share.rate),
            importe_dr=_pesos(share.amount),
        )
        for share in amount.withheld
    ]
    related = pago20.DoctoRelacionado(
        id_documento=paid.uuid,
        serie=paid.series,
        folio=paid.folio,
        moneda_dr="MXN",
        equivalencia_dr=1,
        num_parcialidad=paid.partiality,
        imp_saldo_ant=_pesos(paid.before),
        imp_pagado=_pesos(amount.total),
        objeto_imp_dr="02",
        impuestos_dr=pago20.ImpuestosDR(retenciones_dr=kept or None, traslados_dr=[transfer]),
    )
    return pago20.Pagos(
        pago=[
            pago20.Pago(
                fecha_pago=paid.paid_at,
                forma_de_pago_p=paid.form,
                moneda_p="MXN",
                tipo_cambio_p=1,
                docto_relacionado=[related],
            )
        ]
    )


def _concept(line: Line) -> cfdi40.Concepto:
    amount = line.amount
    tax = {"base": _pesos(amount.base), "impuesto": "002"}
    if amount.rate is None:
        transfer = cfdi40.Traslado(**tax, tipo_factor="Exento")
    else:
        rate = (Decimal(amount.rate) / 100).quantize(Decimal("0.000000"))
        transfer = cfdi40.Traslado(**tax, tipo_factor="Tasa", tasa_o_cuota=rate, importe=_pesos(amount.vat))
    return cfdi40.Concepto(
        clave_prod_serv=line.product,
        no_identificacion=line.identification or None,
        cantidad=Decimal(1),
        clave_unidad=line.unit,
        descripcion=line.description,
        valor_unitario=_pesos(amount.base + line.discount),
        descuento=_pesos(line.discount) if line.discount else None,
        objeto_imp="02",
        impuestos=cfdi40.Impuestos(
            traslados=transfer, retenciones=[_kept(amount, each) for each in amount.withheld] or None
        ),
    )


def _kept(amount: Split, share: Withheld) -> cfdi40.Retencion:
    return cfdi40.Retencion(
        base=_pesos(amount.base),
        impuesto=share.tax,
        tipo_factor="Tasa",
        tasa_o_cuota=_millionths(share.rate),
        importe=_pesos(share.amount),
    )


def _millionths(number: int) -> Decimal:
    return (Decimal(number) / WHOLE).quantize(Decimal("0.000000"))


def _pesos(centavos: int) -> Decimal:
    return Decimal(centavos).scaleb(-2).quantize(Decimal("0.01"))
