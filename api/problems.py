"""Errors as problem+json (RFC 9457): what is wrong, in which field, and what to do. No stack trace, no value of the request."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from activities.failures import Declined, Failure, Missing, Passing
from activities.ports.processes import CommandRefused, ProcessesUnavailable, ProcessNotFound, Unanswered
from models.declines import Decline, DeclineClass
from models.people import FieldInvalid

RETRY_AFTER = 5  # seconds


class FieldError(BaseModel):
    """What is wrong with one field."""

    field: str = Field(examples=["phone"])
    message: str = Field(examples=["not a phone number; write ten digits"])


class ProblemBody(BaseModel):
    """A problem as RFC 9457 describes it. `errors` names fields; some problems carry more members."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(default="about:blank", examples=["urn:perdura:taken"])
    title: str = Field(examples=["Conflict"])
    status: int = Field(examples=[409])
    detail: str = Field(examples=["email: has a subscription already"])
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

    def response(self) -> JSONResponse:
        """The problem as it travels."""
        body = ProblemBody(
            type=f"urn:perdura:{self.kind}" if self.kind else "about:blank",
            title=HTTPStatus(self.status_code).phrase,
            status=self.status_code,
            detail=self.detail,
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
    return Problem(503, f"{what}; nothing was done, try again", kind="unavailable", headers=headers)


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


def install(app: FastAPI) -> None:
    """Make every error of the app leave as a problem."""

    @app.exception_handler(Problem)
    async def on_problem(_: Request, problem: Problem) -> JSONResponse:
        return problem.response()

    @app.exception_handler(RequestValidationError)
    async def on_invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        return invalid([_field_error(fault) for fault in error.errors()]).response()

    @app.exception_handler(FieldInvalid)
    async def on_field(_: Request, error: FieldInvalid) -> JSONResponse:
        return invalid([FieldError(field=error.field, message=str(error))]).response()

    @app.exception_handler(HTTPException)
    async def on_http(_: Request, error: HTTPException) -> JSONResponse:
        return Problem(error.status_code, str(error.detail), headers=error.headers).response()

    @app.exception_handler(CommandRefused)
    async def on_refused(_: Request, error: CommandRefused) -> JSONResponse:
        return Problem(409, str(error), kind="refused").response()

    @app.exception_handler(ProcessNotFound)
    async def on_over(_: Request, __: ProcessNotFound) -> JSONResponse:
        return Problem(409, "its process is over: nothing is left to change", kind="over").response()

    @app.exception_handler(Unanswered)
    async def on_silence(_: Request, __: Unanswered) -> JSONResponse:
        why = "the order was accepted, but not answered in time: it may still be carried out; look before repeating it"
        return Problem(503, why, kind="unanswered", headers={"Retry-After": str(RETRY_AFTER)}).response()

    @app.exception_handler(ProcessesUnavailable)
    async def on_down(_: Request, error: ProcessesUnavailable) -> JSONResponse:
        return unavailable(str(error)).response()

    @app.exception_handler(Failure)
    async def on_failure(_: Request, failure: Failure) -> JSONResponse:
        return of_failure(failure).response()


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
            return Problem(502, f"the provider refused: {failure}", kind="provider_refused")


def _field_error(fault: Mapping[str, Any]) -> FieldError:
    where = [str(part) for part in fault["loc"] if part not in ("body", "query", "path", "header")]
    return FieldError(field=".".join(where) or "body", message=str(fault["msg"]).removeprefix("Value error, "))
