"""The words for every state the console shows: Spanish, English, and the mood of its pill (good, warn, bad, info, wait).

A kind of state that is not here yet is shown by its own name: give it its lines here.
"""

from collections.abc import Mapping

from api.console import crm_words
from models.access.permissions import Role, Scope
from models.billing.bills import BillStatus
from models.cfdi.documents import DocumentKind, DocumentState
from models.cfdi.taxes import Withholding
from models.changing.change_records import ChangeKind
from models.collecting.cases import HoldKind, Outcome, Stage
from models.collecting.rungs import RungState
from models.records import Delivery
from models.speaking.notices import Channel
from models.subscribing.coming_invoices import Because
from models.subscribing.invoices import ChargeOutcome
from models.subscribing.subscriptions import Status
from models.telling.endpoints import Disabled
from models.tickets.ticket import Origin, Priority, TicketState, Topic
from models.watching.attention import Severity

Words = Mapping[str, tuple[str, str, str]]

STATES: Mapping[type, Words] = {
    **crm_words.STATES,
    Status: {
        Status.INCOMPLETE: ("Sin terminar", "Not finished", "wait"),
        Status.TRIALING: ("En prueba", "Trial", "info"),
        Status.ACTIVE: ("Activa", "Active", "good"),
        Status.PAST_DUE: ("Pago pendiente", "Past due", "warn"),
        Status.SUSPENDED: ("Suspendida", "Suspended", "bad"),
        Status.PAUSED: ("En pausa", "Paused", "wait"),
        Status.CANCELED: ("Terminada", "Ended", "wait"),
    },
    BillStatus: {
        BillStatus.DRAFT: ("Sin emitir", "Not issued", "warn"),
        BillStatus.OPEN: ("Por pagar", "To be paid", "info"),
        BillStatus.OVERDUE: ("Vencida", "Overdue", "bad"),
        BillStatus.PAID: ("Pagada", "Paid", "good"),
        BillStatus.VOID: ("Anulada", "Voided", "wait"),
        BillStatus.WRITTEN_OFF: ("Dada por perdida", "Written off", "wait"),
    },
    Severity: {
        Severity.CRITICAL: ("Urgente", "Urgent", "bad"),
        Severity.WARNING: ("Por revisar", "To look at", "warn"),
    },
    Role: {
        Role.OWNER: ("Dueño", "Owner", "info"),
        Role.SUPPORT: ("Soporte", "Support", "good"),
        Role.VIEWER: ("Consulta", "Viewer", "wait"),
    },
    TicketState: {
        TicketState.OPEN: ("Por contestar", "To be answered", "warn"),
        TicketState.WAITING: ("Espera al cliente", "Waits for the customer", "info"),
        TicketState.RESOLVED: ("Resuelto", "Resolved", "good"),
        TicketState.CLOSED: ("Cerrado", "Closed", "wait"),
    },
    Priority: {
        Priority.NORMAL: ("Normal", "Normal", "wait"),
        Priority.HIGH: ("Alta", "High", "warn"),
        Priority.URGENT: ("Urgente", "Urgent", "bad"),
    },
    Topic: {
        Topic.BILLING: ("Cobro", "Billing", "info"),
        Topic.ACCESS: ("Acceso bloqueado", "Blocked access", "info"),
        Topic.INVOICE: ("Factura (CFDI)", "Tax invoice (CFDI)", "info"),
        Topic.OTHER: ("Otro", "Other", "info"),
    },
    Origin: {
        Origin.PERSON: ("Una persona del negocio", "A person of the business", "wait"),
        Origin.MESSAGE: ("Un mensaje del cliente", "A message of the customer’s", "wait"),
        Origin.ACCOUNT: ("La cuenta del cliente", "The customer’s account page", "wait"),
        Origin.LADDER: ("Un caso de cobranza", "A collection case", "wait"),
    },
    Stage: {
        Stage.GRACE: ("En gracia", "In grace", "warn"),
        Stage.DEGRADED: ("Solo lectura", "Read only", "warn"),
        Stage.SUSPENDED: ("Servicio suspendido", "Service suspended", "bad"),
        Stage.DELETION_WARNED: ("Avisado de borrado", "Warned of deletion", "bad"),
        Stage.CLOSED: ("Cerrado", "Closed", "wait"),
    },
    Outcome: {
        Outcome.PAID: ("Pagado", "Paid", "good"),
        Outcome.PAID_OUTSIDE: ("Pagado por fuera", "Paid outside", "good"),
        Outcome.WRITTEN_OFF: ("Dado por perdido", "Written off", "wait"),
        Outcome.VOIDED: ("Anulado", "Voided", "wait"),
        Outcome.CANCELED: ("Suscripción cancelada", "Subscription canceled", "wait"),
        Outcome.EXHAUSTED: ("Sin pago al final", "Never paid", "bad"),
        Outcome.REPLACED: ("En parcialidades", "In instalments", "info"),
    },
    HoldKind: {
        HoldKind.PAUSE: ("En pausa", "Paused", "wait"),
        HoldKind.PROMISE: ("Prometió pagar", "Promised to pay", "info"),
        HoldKind.DISPUTE: ("Dice que no lo debe", "Says it is not owed", "warn"),
        HoldKind.PENDING: ("Pago en camino", "Payment on its way", "info"),
        HoldKind.INSTALMENTS: ("Paga en parcialidades", "Pays in parts", "info"),
        HoldKind.BEHIND: ("Espera a una deuda anterior", "Behind an older debt", "wait"),
    },
    Delivery: {
        Delivery.SENDING: ("Enviándose", "Sending", "wait"),
        Delivery.SENT: ("Enviado", "Sent", "info"),
        Delivery.DELIVERED: ("Entregado", "Delivered", "good"),
        Delivery.FAILED: ("No llegó", "Failed", "bad"),
        Delivery.UNKNOWN: ("Sin respuesta", "Not answered", "bad"),
        Delivery.SUPERSEDED: ("Ya no hizo falta", "No longer needed", "wait"),
    },
    Scope: {
        Scope.READ: ("Leer", "Read", "wait"),
        Scope.WRITE: ("Dar de alta", "Sign up", "wait"),
        Scope.ORDERS: ("Dar órdenes", "Give orders", "wait"),
        Scope.MONEY: ("Dinero", "Money", "warn"),
        Scope.ADMIN: ("Administrar", "Manage", "warn"),
    },
    Channel: {
        Channel.WHATSAPP: ("WhatsApp", "WhatsApp", "wait"),
        Channel.SMS: ("SMS", "SMS", "wait"),
        Channel.EMAIL: ("Correo", "E-mail", "wait"),
    },
    ChargeOutcome: {
        ChargeOutcome.PAID: ("Cobrado", "Collected", "good"),
        ChargeOutcome.DECLINED: ("Rechazado", "Declined", "bad"),
        ChargeOutcome.PENDING: ("En camino", "On its way", "info"),
        ChargeOutcome.WITHHELD: ("No se intentó", "Not tried", "wait"),
        ChargeOutcome.CLOSED: ("Ya no se debía", "No longer owed", "wait"),
    },
    RungState: {
        RungState.DONE: ("Hecho", "Done", "good"),
        RungState.LEFT_OUT: ("No aplica", "Does not apply", "wait"),
        RungState.NEXT: ("Sigue", "Next", "warn"),
        RungState.COMING: ("Después", "Later", "info"),
        RungState.WAITING: ("Espera", "Waiting", "wait"),
        RungState.NEVER: ("Ya no se dará", "No longer comes", "wait"),
    },
    DocumentKind: {
        DocumentKind.INCOME: ("Factura", "Invoice", "wait"),
        DocumentKind.CREDIT: ("Nota de crédito", "Credit note", "wait"),
        DocumentKind.GLOBAL: ("Factura global", "Global invoice", "wait"),
        DocumentKind.DEFERRED: ("Factura a crédito (PPD)", "Invoice on credit (PPD)", "wait"),
        DocumentKind.PAYMENT: ("Complemento de pago", "Payment complement", "wait"),
    },
    DocumentState: {
        DocumentState.WAITING_DATA: ("Faltan datos", "Data missing", "warn"),
        DocumentState.GENERAL_PUBLIC: ("Público en general", "General public", "wait"),
        DocumentState.IN_GLOBAL: ("En factura global", "In global invoice", "wait"),
        DocumentState.SEALED: ("Sellada", "Sealed", "info"),
        DocumentState.SENDING: ("Timbrando", "Being stamped", "info"),
        DocumentState.STAMPED: ("Timbrada", "Stamped", "good"),
        DocumentState.RENDERED: ("Timbrada", "Stamped", "good"),
        DocumentState.DELIVERED: ("Entregada", "Delivered", "good"),
        DocumentState.REJECTED: ("Rechazada", "Rejected", "bad"),
        DocumentState.NEEDS_RECONCILIATION: ("Por aclarar con el PAC", "To be cleared up", "bad"),
        DocumentState.CANCEL_REQUESTED: ("Cancelación pedida", "Cancellation asked", "info"),
        DocumentState.IN_PROCESS: ("Cancelación en proceso", "Cancellation in process", "info"),
        DocumentState.CANCELLED: ("Cancelada", "Cancelled", "wait"),
        DocumentState.REFUSED: ("Cancelación no aceptada", "Cancellation refused", "warn"),
    },
    Withholding: {
        Withholding.NONE: ("Ninguna", "None", "wait"),
        Withholding.RESICO: ("RESICO (régimen 626)", "RESICO (regime 626)", "wait"),
        Withholding.PROFESSIONAL: ("Servicios profesionales", "Professional services", "wait"),
    },
    ChangeKind: {
        ChangeKind.UPGRADE: ("A un plan mayor", "Upgrade", "good"),
        ChangeKind.DOWNGRADE: ("A un plan menor", "Downgrade", "warn"),
        ChangeKind.INTERVAL: ("Mismo plan, otro periodo de pago", "Same plan, paid otherwise", "info"),
        ChangeKind.CANCELLATION: ("Cancelación", "Cancellation", "bad"),
    },
    Because: {
        Because.RENEWAL: ("Renovación", "Renewal", "wait"),
        Because.TRIAL_ENDS: ("Termina la prueba", "The trial ends", "info"),
        Because.PLAN_CHANGES: ("Ya con el plan nuevo", "On the new plan", "info"),
        Because.DISCOUNT: ("Con descuento", "With a discount", "good"),
        Because.INSTALMENT: ("Parcialidad del año", "Part of the year", "wait"),
    },
    Disabled: {
        Disabled.ORDER: ("Detenido", "Stopped", "wait"),
        Disabled.GONE: ("Ya no existe", "Gone", "bad"),
        Disabled.FAILING: ("No responde", "Does not answer", "bad"),
    },
}
