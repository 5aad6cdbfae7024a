"""The words for every state the console shows: Spanish, English, and the mood of its pill (good, warn, bad, info, wait).

A kind of state that is not here yet is shown by its own name: give it its lines here.
"""

from collections.abc import Mapping

from models.attention import Severity
from models.permissions import Role
from models.subscriptions import Status

Words = Mapping[str, tuple[str, str, str]]

STATES: Mapping[type, Words] = {
    Status: {
        Status.INCOMPLETE: ("Sin terminar", "Not finished", "wait"),
        Status.TRIALING: ("En prueba", "Trial", "info"),
        Status.ACTIVE: ("Activa", "Active", "good"),
        Status.PAST_DUE: ("Pago pendiente", "Past due", "warn"),
        Status.SUSPENDED: ("Suspendida", "Suspended", "bad"),
        Status.PAUSED: ("En pausa", "Paused", "wait"),
        Status.CANCELED: ("Terminada", "Ended", "wait"),
    },
    Severity: {
        Severity.CRITICAL: ("Urgente", "Urgent", "bad"),
        Severity.WARNING: ("Revisar", "Look", "warn"),
    },
    Role: {
        Role.OWNER: ("Dueño", "Owner", "info"),
        Role.SUPPORT: ("Soporte", "Support", "good"),
        Role.VIEWER: ("Consulta", "Viewer", "wait"),
    },
}
