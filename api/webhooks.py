"""Events from Stripe and Twilio: signature checked over what really came, stored once, acknowledged, then handed over."""

import json
from datetime import UTC, datetime
from typing import Any

import stripe
from fastapi import APIRouter, Request, Response
from starlette.datastructures import QueryParams
from twilio.request_validator import (  # type: ignore[import-untyped]
    SIGNATURE_HEADER,
    SIGNATURE_SETTINGS_HEADER,
    RequestValidator,
    get_signature_algorithm,
)

from activities.gateways.messenger_twilio import delivery
from activities.inbox import DELIVERY
from api.access import public
from api.deps import Context, Ctx
from api.problems import RESPONSES, Problem
from models.records import InboxEvent, Provider

router = APIRouter(
    tags=["webhooks"], dependencies=[public("the provider's signature over the body is the authorisation")]
)

TOLERANCE = 300  # seconds: Stripe's own advice against replayed events (docs.stripe.com/webhooks#replay-attacks)

_ANSWERS: dict[int | str, dict[str, Any]] = {
    400: RESPONSES[422] | {"description": "not signed by the provider, or too old; nothing was stored"},
    503: RESPONSES[503],
}


@router.post("/webhooks/stripe", summary="Events from Stripe", responses=_ANSWERS, response_class=Response)
async def stripe_event(request: Request, context: Ctx) -> Response:
    """Any event of the account. One that is nobody's is kept too."""
    body = await request.body()
    secret = context.settings.stripe_webhook_secret.get_secret_value()
    try:
        stripe.WebhookSignature.verify_header(body, request.headers.get("stripe-signature"), secret, TOLERANCE)
        event = json.loads(body)
        name, kind, thing = event["id"], event["type"], event["data"]["object"]
        event = InboxEvent(
            provider=Provider.STRIPE,
            event=_text(name),
            type=_text(kind),
            payload=body.decode(),
            received_at=datetime.now(UTC),
            object=_text(thing.get("id", "")),
        )
    except stripe.SignatureVerificationError:
        raise _unsigned("stripe") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise Problem(400, "not a Stripe event: it needs id, type and data.object", kind="not_an_event") from None
    return await _keep(context, event)


@router.post("/webhooks/twilio", summary="Message reports from Twilio", responses=_ANSWERS, response_class=Response)
async def twilio_event(request: Request, context: Ctx) -> Response:
    """Status callbacks and inbound messages. The signature covers the public address, whatever proxies stand in between."""
    body = (await request.body()).decode("utf-8", "replace")
    form = QueryParams(body)
    settings = context.settings
    address = settings.public_url.rstrip("/") + request.url.path + (f"?{q}" if (q := request.url.query) else "")
    signature = request.headers.get(SIGNATURE_HEADER, "")
    algorithm = get_signature_algorithm(request.headers.get(SIGNATURE_SETTINGS_HEADER, ""))
    # The validator asks a form for `getlist`; a field that came twice is signed with both values.
    # While the account's token is changed, either may have signed.
    validators = [RequestValidator(token) for token in settings.twilio_secret.values]
    if not any(each.validate(address, _Form(form), signature, algorithm) for each in validators):
        raise _unsigned("twilio")
    message, status = form.get("MessageSid", ""), form.get("MessageStatus", "")
    if not message or "\0" in message + status:
        raise Problem(400, "not a message report: it needs MessageSid", kind="not_an_event")
    event = InboxEvent(
        provider=Provider.TWILIO,
        event=f"{message}:{status or 'received'}",
        type=f"{DELIVERY}{delivery(status)}" if status else "received",
        payload=body,
        received_at=datetime.now(UTC),
        object=message,
    )
    return await _keep(context, event)


async def _keep(context: Context, event: InboxEvent) -> Response:
    # Stored first, and only then acknowledged: an answer of 200 means that we have it.
    if await context.store.receive(event):
        context.handover.offer(event)
    return Response(status_code=200)


class _Form(dict[str, list[str]]):
    """A form whose fields may come more than once, as Twilio's validator reads it."""

    def __init__(self, form: QueryParams) -> None:
        super().__init__({name: form.getlist(name) for name in form})

    def getlist(self, name: str) -> list[str]:
        return self[name]


def _text(value: Any) -> str:
    """A text that any database can hold. Raises ValueError (half a character, NUL) or TypeError."""
    if not isinstance(value, str):
        raise TypeError
    if "\0" in value.encode().decode():
        raise ValueError
    return value


def _unsigned(provider: str) -> Problem:
    return Problem(400, f"the signature is not {provider}'s for this body, or it is too old", kind="bad_signature")
