"""What is said to customers whose data are to go, are kept after all, or are gone. Mexican Spanish first, English second."""

from models.speaking.notices import NoticeKind
from models.speaking.wording import Spoken, Wording

TEXTS: dict[NoticeKind, Wording] = {
    NoticeKind.DATA_DELETION: Wording(
        Spoken(
            "Tus datos en {brand} se eliminarán el {date}",
            "{name}, el {date} o después eliminaremos los datos de tu cuenta en {brand}. No se podrán recuperar. Descarga una "
            "copia o conserva tus datos aquí: {link}",
        ),
        Spoken(
            "Your {brand} data will be deleted on {date}",
            "{name}, on {date} or later we will delete the data of your {brand} account. They cannot be brought back. Download a "
            "copy or keep your data here: {link}",
        ),
    ),
    NoticeKind.DATA_KEPT: Wording(
        Spoken(
            "Tus datos en {brand} se conservan",
            "{name}, listo: ya no eliminaremos los datos de tu cuenta en {brand}. Puedes verlo aquí: {link}",
        ),
        Spoken(
            "Your {brand} data are kept",
            "{name}, done: we will not delete the data of your {brand} account any more. See it here: {link}",
        ),
    ),
    NoticeKind.DATA_DELETED: Wording(
        Spoken(
            "Certificado: tus datos en {brand} fueron eliminados",
            "Eliminamos los datos de tu cuenta en {brand}. Adjuntamos el certificado, que dice qué se eliminó, cuándo, y qué nos "
            "obliga a conservar la ley. Este es el último mensaje: ya no tenemos tu dirección.",
        ),
        Spoken(
            "Certificate: your {brand} data were deleted",
            "We deleted the data of your {brand} account. The certificate attached says what was deleted, when, and what the law "
            "makes us keep. This is the last message: we no longer have your address.",
        ),
    ),
}
