"""What every order to a process is given with, and what is answered."""

from datetime import datetime

from pydantic import Field

from api.problems import answers
from api.views import Body, View
from models.messages import Answer

ANSWERS = answers(404, 409, 422, 503)


class Signed(Body):
    """What a person has seen to, or orders."""

    actor: str = Field(
        default="",
        max_length=100,
        pattern=r"^$|\S",
        description="with an API key: whom it speaks for, kept behind the key's name. A person who logged in leaves it out",
        examples=["ana@soporte"],
    )


class Order(Signed):
    """Who gives the order and why: both go into the audit."""

    reason: str = Field(min_length=1, max_length=500, pattern=r"\S", examples=["promised to pay on Friday"])


class AnswerView(View):
    """Where the process stands after the order."""

    status: str = Field(examples=["past_due"])
    next_action: str = Field(examples=["D+3 suspend"])
    next_action_at: datetime | None

    @classmethod
    def of(cls, answer: Answer) -> "AnswerView":
        at = datetime.fromisoformat(answer.next_action_at) if answer.next_action_at else None
        return cls(status=answer.status, next_action=answer.next_action, next_action_at=at)
