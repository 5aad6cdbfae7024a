"""SQL: businesses that open an account by themselves."""

from datetime import datetime
from typing import Protocol

from models.access.provisioning import Acceptance, Provision, Signup


class Signups(Protocol):
    """The record of accounts that are being opened, and of what was accepted."""

    async def open_signup(self, signup: Signup, acceptance: Acceptance) -> None:
        """Keep what was given and what was accepted, both or neither. Raises Taken: `email`, or `tenant` (its id is in use)."""
        ...

    async def signup(self, tenant: str) -> Signup | None: ...

    async def signup_by_email(self, email: str) -> Signup | None:
        """Whoever opened an account, or is opening one, with this (checked) address."""
        ...

    async def enter_business(self, tenant: str) -> None:
        """The business itself, without anybody who may log in; once. Raises Refused: its id was taken meanwhile."""
        ...

    async def hand_over(self, tenant: str, at: datetime) -> None:
        """Its owner may log in from now on; once."""
        ...

    async def forget_contact(self, tenant: str) -> None:
        """Keep no more of what was given than the e-mail, which stays unique."""
        ...

    async def withdraw_signup(self, provision: Provision) -> str:
        """Leave nothing behind of an account that was not opened. The provider's customer that was made for it, empty where none was."""
        ...

    async def keep_acceptance(self, acceptance: Acceptance) -> None:
        """Of somebody who is entered already, such as a customer. The first time counts."""
        ...

    async def acceptances(self, tenant: str, *, subject: str = "") -> list[Acceptance]:
        """What was accepted at a business, oldest first; by one user or customer where one is named."""
        ...
