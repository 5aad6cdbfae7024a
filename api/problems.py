"""Errors as problem+json (RFC 9457): what is wrong, in which field, and what to do. No stack trace, no value of the request."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, SkipValidation, ValidationError
from starlette.exceptions import HTTPException

from activities.failures import Declined, Failure, Missing, Passing
from activities.ports.processes import CommandRefused, ProcessesUnavailable, ProcessNotFound, Unanswered
from api.refusals import ApiWhy
from models import refusals
from models.collecting.declines import Decline, DeclineClass
from models.people import FieldInvalid
from models.refusals import Refusal, reason
from models.speaking.notices import Language

RETRY_AFTER = 5  # seconds


class FieldError(BaseModel):
    """What is wrong with one field."""

    field: str = Field(examples=["phone"])
    # Not validated: that would make a plain text of a refusal, and its Spanish would be lost to the console.
    message: SkipValidation[str] = Field(examples=["not a phone number; write ten digits"])
    code: str = Field(
        default="", examples=["large_file"], description="names the reason for programs, where it has a name"
    )

    def model_post_init(self, _: Any) -> None:
        if isinstance(self.message, Refusal):
            self.code = self.message.code


class ProblemBody(BaseModel):
    """A problem as RFC 9457 describes it. `errors` names fields; some problems carry more members."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(default="about:blank", examples=["urn:perdura:taken"])
    title: str = Field(examples=["Conflict"])
    status: int = Field(examples=[409])
    detail: str = Field(examples=["email: has a subscription already"])
    code: str = Field(
        default="", examples=["service_suspended"], description="names the reason for programs, where it has a name"
    )
    errors: list[FieldError] = Field(default_factory=list)


class Problem(HTTPException):
    """An answer that is not what was asked for. `more` are further members of the body."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        kind: str = "",
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(status, detail, dict(headers or {}))
        self.kind = kind
        self.errors = errors
        self.more = dict(more or {})

    def said(self, language: Language) -> str:
        """The detail, in that language where it is known in it."""
        return refusals.said(self.detail, language)

    def response(self) -> JSONResponse:
        """The problem as it travels."""
        body = ProblemBody(
            type=f"urn:perdura:{self.kind}" if self.kind else "about:blank",
            title=HTTPStatus(self.status_code).phrase,
            status=self.status_code,
            detail=self.detail,
            code=self.detail.code if isinstance(self.detail, Refusal) else "",
            errors=list(self.errors),
            **self.more,
        )
        return JSONResponse(
            body.model_dump(mode="json"), self.status_code, self.headers, media_type="application/problem+json"
        )


def invalid(errors: Sequence[FieldError]) -> Problem:
    """The request cannot be used; every wrong field is named."""
    detail = "; ".join(f"{error.field}: {error.message}" for error in errors)
    return Problem(422, detail, kind="invalid", errors=errors)


def unavailable(what: str) -> Problem:
    """Not now. Says that nothing was done."""
    headers = {"Retry-After": str(RETRY_AFTER)}
    return Problem(503, ApiWhy.UNAVAILABLE(what=what), kind="unavailable", headers=headers)


_WORDS = {
    DeclineClass.HARD: "the bank will not accept charges to this card, now or later: ask for another card",
    DeclineClass.SOFT: "the bank refused the charge for now: another card, or the same one later, may work",
    DeclineClass.AUTHENTICATION: "the bank wants the card's holder to approve the charge: use the checkout page, which asks for it",
    DeclineClass.PENDING: "the bank has not decided yet: look at the subscription again before trying once more",
    DeclineClass.UNKNOWN: "the card was refused for a reason we do not know: ask for another card",
}


def declined(code: str, subscription: str = "") -> Problem:
    """The bank said no to a signup. The decline's class is told in words, its code beside them."""
    kind = Decline(code).kind
    more: dict[str, Any] = {"decline": {"code": code, "class": kind}}
    return Problem(
        402, _WORDS[kind], kind="declined", more=more | ({"subscription": subscription} if subscription else {})
    )


# What every guarded route may answer, for the API's description.
RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {
        "description": why,
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemBody"}}},
    }
    for status, why in {
        400: "the body cannot be read: it is not UTF-8, or not what its Content-Type says",
        401: "no credentials, or some that are not good (any more)",
        403: "you may not: `detail` names the permission, or what a browser's request lacks",
        404: "not here, or another tenant's",
        408: "the body did not come in time",
        409: "the state of things does not allow it; `detail` says why",
        410: "no longer: used, replaced or run out",
        413: "the body is too large",
        422: "a field is missing or wrong; `errors` names it and the remedy",
        429: "too many requests; `Retry-After` says when to come again",
        502: "the payments provider refused what we asked of it; `detail` says why",
        503: "a part we need is down; nothing was done",
    }.items()
}


def answers(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The described problems of a route: 401 and those named."""
    return {status: RESPONSES[status] for status in (401, *statuses)}


_FAULTS = (
    HTTPException,
    RequestValidationError,
    FieldInvalid,
    CommandRefused,
    ProcessNotFound,
    Unanswered,
    ProcessesUnavailable,
    Failure,
)


def install(app: FastAPI) -> None:
    """Make every error of the app leave as a problem."""

    async def told(_: Request, error: Exception) -> JSONResponse:
        return of_error(error).response()

    for fault in _FAULTS:
        app.add_exception_handler(fault, told)


def of_error(error: Exception) -> Problem:
    """Why a request is not answered as it was asked. Raises the error again where it is none of those that are foreseen: a bug."""
    match error:
        case Problem():
            return error
        case RequestValidationError() | ValidationError():
            return invalid([_field_error(fault) for fault in error.errors()])
        case FieldInvalid():
            return invalid([FieldError(field=error.field, message=reason(error))])
        case HTTPException():
            return Problem(error.status_code, str(error.detail), headers=error.headers)
        case CommandRefused():
            return Problem(409, reason(error), kind="refused")
        case ProcessNotFound():
            return Problem(409, ApiWhy.OVER(), kind="over")
        case Unanswered():
            headers = {"Retry-After": str(RETRY_AFTER)}
            return Problem(503, ApiWhy.UNANSWERED(), kind="unanswered", headers=headers)
        case ProcessesUnavailable():
            return unavailable(str(error))
        case Failure():
            return of_failure(error)
        case _:
            raise error


def of_failure(failure: Failure) -> Problem:
    """A failure of ours, or of a part behind us, as it leaves."""
    match failure:
        case Declined():
            return declined(failure.decline.code)
        case Missing():
            return Problem(404, str(failure), kind="missing")
        case Passing():
            return unavailable("the database or the payments provider does not answer")
        case _:
            return Problem(502, ApiWhy.PROVIDER_REFUSED(said=failure), kind="provider_refused")


def _field_error(fault: Mapping[str, Any]) -> FieldError:
    where = [str(part) for part in fault["loc"] if part not in ("body", "query", "path", "header")]
    return FieldError(field=".".join(where) or "body", message=str(fault["msg"]).removeprefix("Value error, "))
