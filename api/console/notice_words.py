"""What a message is about, as the console says it. Spanish and English."""

from collections.abc import Mapping

from models.speaking.notices import NoticeKind
from models.words import Words

NOTICES: Mapping[NoticeKind, Words] = {
    NoticeKind.TRIAL_ENDING: Words("la prueba termina", "the trial ends"),
    NoticeKind.TRIAL_WITHOUT_CARD: Words("la prueba termina sin tarjeta", "the trial ends without a card"),
    NoticeKind.TRIAL_ENDED: Words("la prueba terminó", "the trial has ended"),
    NoticeKind.CHECKOUT_ABANDONED: Words("contratación sin terminar", "checkout not finished"),
    NoticeKind.RENEWAL: Words("se acerca la renovación", "renewal is near"),
    NoticeKind.PAYMENT_FAILED: Words("no pudimos cobrar", "we could not charge"),
    NoticeKind.UPDATE_CARD: Words("actualiza tu tarjeta", "update your card"),
    NoticeKind.AUTHENTICATE: Words("autoriza el cargo", "approve the charge"),
    NoticeKind.DEGRADED: Words("servicio en solo lectura", "service read only"),
    NoticeKind.SUSPENDED: Words("servicio suspendido", "service suspended"),
    NoticeKind.DELETION_WARNING: Words("borrado de datos", "deletion of data"),
    NoticeKind.CANCELED: Words("suscripción cancelada", "subscription canceled"),
    NoticeKind.PAYMENT_RECEIVED: Words("recibimos tu pago", "payment received"),
    NoticeKind.TAX_INVOICE: Words("tu factura", "your tax invoice"),
    NoticeKind.CREDIT_NOTE: Words("tu nota de crédito", "your credit note"),
    NoticeKind.TAX_DATA: Words("datos fiscales", "tax data"),
    NoticeKind.STOPPED: Words("ya no te escribimos", "we write no more"),
    NoticeKind.RESUMED: Words("te escribimos otra vez", "we write again"),
    NoticeKind.PROMISE_LINK: Words("elige cuándo pagar", "choose when to pay"),
    NoticeKind.DATA_DELETION: Words("borrado de datos", "deletion of data"),
    NoticeKind.DATA_KEPT: Words("tus datos se quedan", "your data stay"),
    NoticeKind.DATA_DELETED: Words("datos borrados", "data deleted"),
    NoticeKind.USAGE_NEAR: Words("casi al límite de uso", "near the limit of use"),
    NoticeKind.USAGE_REACHED: Words("límite de uso", "limit of use reached"),
    NoticeKind.ACCOUNT_LINK: Words("enlace a tu cuenta", "link to your account"),
    NoticeKind.PLAN_CHANGE_SUMMARY: Words("resumen del cambio de plan", "summary of the plan change"),
    NoticeKind.BILL_ISSUED: Words("cuenta por pagar", "a bill to pay"),
    NoticeKind.BILL_OVERDUE: Words("cuenta vencida", "bill overdue"),
    NoticeKind.BILL_PAID: Words("cuenta pagada", "bill paid"),
    NoticeKind.TICKET_REPLY: Words("respuesta a tu ticket", "an answer to your ticket"),
}
