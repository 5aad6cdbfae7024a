"""Every object the sandbox holds, in the order it was made."""

import random
import string
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sandbox.stripe.refusal import missing

Obj = dict[str, Any]
_ALPHABET = string.ascii_letters + string.digits
_random = random.SystemRandom()


def new_id(prefix: str, length: int = 24) -> str:
    """An id in Stripe's manner: ``cus_`` and random letters."""
    return f"{prefix}_{''.join(_random.choices(_ALPHABET, k=length))}"


@dataclass
class Store:
    """Objects by id, ids by kind, and ``hidden``: what the sandbox must remember of an object and Stripe never shows."""

    objects: dict[str, Obj] = field(default_factory=dict)
    kinds: dict[str, dict[str, None]] = field(default_factory=dict)
    hidden: dict[str, Obj] = field(default_factory=dict)

    def add(self, obj: Obj) -> Obj:
        """File a new object under its ``object`` and ``id``."""
        self.objects[obj["id"]] = obj
        self.kinds.setdefault(obj["object"], {})[obj["id"]] = None
        return obj

    def get(self, kind: str, identifier: str, *, param: str = "id") -> Obj:
        """The object. Raises Refusal ``resource_missing`` when there is none of that kind."""
        if identifier not in self.kinds.get(kind, {}):
            raise missing(kind, identifier, param=param)
        return self.objects[identifier]

    def find(self, identifier: Any) -> Obj | None:
        """The object of any kind, or None."""
        return self.objects.get(identifier) if isinstance(identifier, str) else None

    def newest(self, kind: str, **fields: Any) -> Iterator[Obj]:
        """All of a kind whose fields have these values, newest first."""
        for identifier in reversed(self.kinds.get(kind, {})):
            obj = self.objects[identifier]
            if all(obj.get(name) == value for name, value in fields.items()):
                yield obj

    def note(self, identifier: str) -> Obj:
        """The hidden side of an object, to read and to write."""
        return self.hidden.setdefault(identifier, {})

    def retire(self, obj: Obj) -> None:
        """Delete an object that others still refer to: it is no longer found or listed, but known to be deleted."""
        self.kinds.get(obj["object"], {}).pop(obj["id"], None)
        self.note(obj["id"])["deleted"] = True

    def remove(self, obj: Obj) -> None:
        """Forget an object."""
        self.objects.pop(obj["id"], None)
        self.hidden.pop(obj["id"], None)
        self.kinds.get(obj["object"], {}).pop(obj["id"], None)
