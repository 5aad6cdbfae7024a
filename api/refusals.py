"""Why the API does not do what it was asked for, where no process and no vocabulary of an order says it."""

from models.refusals import Why


class ApiWhy(Why):
    """Told as a Problem's detail."""

    FORBIDDEN = ("Hace falta el permiso «{permission}»", "your {mine} does not have the permission '{permission}'")
    ROLE_ABOVE = (
        "Esa persona puede más que tú: no puedes cambiarla",
        "you may not manage somebody with role '{role}': it may do more than you",
    )
    KEY_ABOVE = (
        "Esta llave puede más que tú: no puedes crearla, cambiarla ni revocarla",
        "this key may do more than you: you cannot make, replace or revoke it",
    )
    FOREIGN_FORM = (
        "Este formulario es de otra sesión: abre la página otra vez y envíalo",
        "this form is of another session: open the page again, then send it",
    )
    FOREIGN_PAGE = (
        "Esto no se envió desde una página de la consola: ábrela y envíalo de nuevo",
        "a request that changes something by cookie must come from a page of ours, or send the header {header}: 1",
    )
    SAME_REQUEST = (
        "Lo mismo se está haciendo: mira otra vez en un momento",
        "the same request is being carried out: ask again in a moment",
    )
    NEEDS = ("Hace falta el permiso «{permission}»", "this needs the permission '{permission}'")
    TRIES = ("Demasiados intentos: espera un poco", "too many tries")
    NOT_PASSWORD = ("No es tu contraseña de ahora", "this is not your password")
    SIGN_IN_TRIES = (
        "Demasiados intentos: espera un poco, o pide a quien es dueño otra invitación",
        "too many tries: wait, or ask an owner for a new invitation",
    )
    OTHERS_BILL = (
        "Esta orden ya hizo la cuenta de otro cliente",
        "this order has made another customer's bill: give each order a key of its own",
    )
    NO_CASE = (
        "La factura {invoice} no está en cobranza: no hay nada que cambiar",
        "invoice '{invoice}' is not in dunning: there is nothing to change",
    )
    NO_CASES = (
        "Ninguna factura de esta suscripción está en cobranza: no hay nada que cambiar",
        "no invoice of this subscription is in dunning: there is nothing to change",
    )
    CASE_ENDED = (
        "El caso de la factura {invoice} ya terminó: no queda nada que cambiar",
        "the case of invoice {invoice} is over ({outcome}): nothing is left to change",
    )
    ERASED = (
        "Los datos personales de este cliente se borraron: ya no se escribe nada de él",
        "this customer's personal data were erased: nothing is written of them any more",
    )
    SOLD_WHOLE = (
        "Su año se paga en parcialidades y se vendió completo: mejor pausa su cobranza",
        "its year is paid in instalments, and was sold whole: pause its dunning instead",
    )
    IN_INSTALMENTS = (
        "Su año se paga en parcialidades: cancélala con su año y suscríbela entonces al otro plan",
        "its year is paid in instalments: cancel it with its year, and subscribe to the other plan then",
    )
    NO_ACCOUNT_YET = (
        "El alta no ha terminado: el cliente aún no tiene cuenta en el proveedor de pagos",
        "the signup is not finished: the customer has no account at the payments provider yet",
    )
    OVER = ("Su proceso ya terminó: no queda nada que cambiar", "its process is over: nothing is left to change")
    UNANSWERED = (
        "La orden se recibió, pero no se contestó a tiempo: puede que aún se cumpla; mira antes de repetirla",
        "the order was accepted, but not answered in time: it may still be carried out; look before repeating it",
    )
    UNAVAILABLE = ("No se hizo nada: inténtalo otra vez", "{what}; nothing was done, try again")
    PROVIDER_REFUSED = ("El proveedor no lo aceptó: {said}", "the provider refused: {said}")
    IN_PROGRESS = (
        "El mismo formulario se está atendiendo: mira otra vez en un momento",
        "the same form is being carried out: look again in a moment",
    )
    CHANGED = (
        "Ya no es eso lo que pasaría: mira la nueva vista previa y confirma esa",
        "this is no longer what would happen: look at the new preview and confirm that",
    )
    STALE = (
        "Esta vista previa ya no vale: mírala otra vez y confirma esa",
        "not good (any more): look at the preview again and confirm that",
    )
    CHANGE_STANDS = (
        "El cambio que se mostró ya se ordenó: no se aplicó ninguna oferta",
        "what was shown was ordered already: no offer was applied in its place",
    )
    OFFER_STANDS = (
        "Ya se tomó la oferta en lugar de esto: no se cambió nada más",
        "the offer was taken already in the place of this: nothing else was changed",
    )
    NOTHING_OFFERED = ("No se ofreció nada en lugar de esto", "nothing was offered instead of this")
    OF_CANCELLATION = (
        "Lo que se mostró es una cancelación, no un cambio de plan",
        "it is of a cancellation, not of a change of plan",
    )
    OF_PLAN_CHANGE = (
        "Lo que se mostró es un cambio de plan, no una cancelación",
        "it is of a change of plan, not of a cancellation",
    )
    NOT_OPEN = (
        "El alta no ha terminado: todavía no hay nada que cambiar",
        "the signup is not finished: there is nothing to change yet",
    )
    NO_ISSUER = ("Di primero quién factura", "no issuer yet: say who issues with PUT /v1/issuer")
    ENDPOINTS = ("Ya hay {most} direcciones: quita una", "there are {most} endpoints already: remove one")
    ENDPOINT_DISABLED = (
        "Esta dirección está desactivada: actívala primero",
        "this endpoint is disabled: enable it first",
    )
    ROTATED = ("Su secreto ya se cambió: el anterior todavía firma", "{told}")
    KEY_OVER = ("Esta llave ya no es válida: crea otra", "this key is over: make a new one")
    KEY_ROTATED = (
        "Esta llave ya se cambió y solo sirve hasta que termine su traslape",
        "this key was rotated already and only lives out its overlap",
    )
    CONTACTS = ("Un cliente tiene como máximo {most} contactos: quita uno primero", "{told}")
    RUNS_NO_MORE = ("Esta versión ya no puede correr: {told}", "this version cannot run any more: {told}")
