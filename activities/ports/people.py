"""What letting people and programs in asks of the record."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from models.access.keys import ApiKey
from models.access.logins import Forgiven
from models.access.sessions import Ended, Session
from models.access.users import User
from models.records import Tenant


class People(Protocol):
    """Users, sessions, API keys, and requests answered before. Scoped by tenant, but for what finds the tenant: a secret."""

    # people
    async def add_user(self, user: User, *, invitation: str = "") -> None:
        """`invitation` is the SHA-256 of the one that lets them set a password. Raises Taken (`email`), Missing (tenant)."""
        ...

    async def users(self, tenant: str) -> Sequence[User]:
        """Oldest first."""
        ...

    async def user(self, tenant: str, user: str) -> User | None: ...

    async def user_by_email(self, tenant: str, email: str) -> User | None: ...

    async def sole_business(self) -> str:
        """The one business of this installation; empty where there are several, or none yet."""
        ...

    async def user_invited(self, invitation: str, now: datetime) -> User | None:
        """Whose invitation this is (its SHA-256), while it is good; it is unique in the world."""
        ...

    async def save_user(self, user: User) -> None:
        """Role, password and `disabled_at`; an invitation ends when there is a new password. Raises Missing."""
        ...

    async def invite_again(self, tenant: str, user: str, *, invitation: str, until: datetime) -> None:
        """Another invitation in place of the one before. Raises Missing."""
        ...

    # sessions
    async def open_session(self, session: Session, refresh: str) -> None:
        """With the SHA-256 of its first refresh token."""
        ...

    async def session_user(self, tenant: str, session: str, now: datetime) -> tuple[Tenant, User] | None:
        """Who is logged in; None when the session is over or the user disabled."""
        ...

    async def refresh_session(self, used: str, fresh: str, now: datetime) -> tuple[Session, User] | None:
        """Replace a refresh token by the next one (SHA-256 each), once. None when it is unknown or over; a second use ends the session."""
        ...

    async def end_session(self, tenant: str, session: str, why: Ended, now: datetime) -> None: ...

    async def end_sessions(self, tenant: str, user: str, why: Ended, now: datetime, *, but: str = "") -> None:
        """All of a user, but for one."""
        ...

    # tries to log in
    async def try_login(self, subjects: Sequence[str], tenant: str, now: datetime) -> timedelta:
        """Count one more try at each subject (an account, an address); how long to wait instead, zero when it may be made."""
        ...

    async def forgive_login(self, subject: str, now: datetime, what: Forgiven) -> None:
        """After a success; see `models.access.logins.forgiven`."""
        ...

    # API keys
    async def add_key(self, key: ApiKey, secret: str) -> None:
        """Only the secret's hash is kept. Raises Missing (tenant)."""
        ...

    async def keys(self, tenant: str) -> Sequence[ApiKey]:
        """Oldest first, those that are over too."""
        ...

    async def key_holder(self, secret: str, now: datetime) -> tuple[Tenant, ApiKey] | None:
        """Whose key this is; None when it was never issued, is revoked or has expired. Notes its use, to the minute."""
        ...

    async def replace_key(self, old: ApiKey, fresh: ApiKey, secret: str, *, until: datetime) -> None:
        """Add a key and let the old one end at `until`, both or neither. Raises Missing."""
        ...

    async def revoke_key(self, tenant: str, key: str, now: datetime) -> None:
        """At once; again changes nothing. Raises Missing."""
        ...

    # requests with an Idempotency-Key
    async def begin_request(
        self, tenant: str, key: str, content: str, now: datetime, *, hold: timedelta
    ) -> tuple[str, str, bool]:
        """Take a request up, once: its recorded content (a SHA-256), its answer if it has one, and whether it is now ours to carry out.

        It is ours when it is new, or was left without an answer by whoever held it. What is a day old is forgotten.
        """
        ...

    async def request_about(self, tenant: str, key: str) -> str:
        """What the first try of a request was about (`bind_request`); empty where that is not noted."""
        ...

    async def bind_request(self, tenant: str, key: str, about: str) -> str:
        """Note what a request is about, which it may not have named; the first word stands, and is the answer."""
        ...

    async def answer_request(self, tenant: str, key: str, answer: str, now: datetime) -> None:
        """Keep the answer; an empty one lets go, so that the same request may be tried again at once."""
        ...
