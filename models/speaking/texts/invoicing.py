"""What goes with a tax document, or asks for what it needs. Mexican Spanish first, English second."""

from models.speaking.notices import NoticeKind
from models.speaking.wording import Spoken, Wording

TEXTS: dict[NoticeKind, Wording] = {
    NoticeKind.TAX_INVOICE: Wording(
        Spoken(
            "Tu factura (CFDI) de {brand} por {amount}",
            "Hola {name}: esta es tu factura por {amount} ({plan}). El XML y el PDF van por correo; aquí puedes "
            "verla: {link}",
        ),
        Spoken(
            "Your {brand} tax invoice (CFDI) for {amount}",
            "Hi {name}: this is your tax invoice for {amount} ({plan}). XML and PDF come by e-mail; see it here: "
            "{link}",
        ),
    ),
    NoticeKind.CREDIT_NOTE: Wording(
        Spoken(
            "Tu nota de crédito (CFDI de egreso) de {brand} por {amount}",
            "Hola {name}: te devolvimos {amount} ({plan}) y esta es la nota de crédito (CFDI de egreso). El XML y "
            "el PDF van por correo; aquí puedes verla: {link}",
        ),
        Spoken(
            "Your {brand} credit note (CFDI de egreso) for {amount}",
            "Hi {name}: we gave back {amount} ({plan}); this is the credit note (CFDI de egreso). XML and PDF "
            "come by e-mail; see it here: {link}",
        ),
    ),
    NoticeKind.TAX_DATA: Wording(
        Spoken(
            "Corrige tus datos fiscales para recibir tu factura de {brand}",
            "Hola {name}: el SAT no reconoce los datos fiscales con los que haríamos tu factura por {amount} "
            "({plan}). Revísalos con tu Constancia de Situación Fiscal y corrígelos aquí; tu factura saldrá en seguida: "
            "{link}",
        ),
        Spoken(
            "Correct your tax data to get your {brand} tax invoice",
            "Hi {name}: the SAT does not recognize the tax data for your invoice for {amount} ({plan}). Compare them "
            "with your Constancia de Situación Fiscal and correct them here; the invoice follows at once: {link}",
        ),
    ),
}
