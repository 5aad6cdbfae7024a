"""Holds what Stripe's sandbox says, and is asked, against the contract derived from the installed SDK."""

from dataclasses import dataclass
from typing import Any

from sandbox.stripe.annotations import Schema
from sandbox.stripe.contract import ERROR, Contract
from sandbox.stripe.store import Obj
from sandbox.verification import Side, Verification

_LISTS = {"list", "search_result"}
_DELETED = {"id", "object", "deleted"}


@dataclass
class Verifier:
    """``during`` names the operation under way; empty while the clock bills or a page is used."""

    contract: Contract
    verification: Verification
    during: str = ""

    def answered(self, method: str, template: str, body: Obj) -> None:
        """An answer must be of the class which the SDK's method returns, and each object in it of its own class."""
        if not self.verification.on:
            return
        operation = f"{method} {template}"
        declared = self.contract.operations.get((method, template))
        if body.get("object") in _LISTS:
            if declared:
                envelope = {**body, "data": []}  # its objects one by one: they are often the same as before
                self._hold(Side.RESPONSE, operation, f"list {operation}", declared.returns, envelope)
            for index, each in enumerate(body["data"]):
                self._object(Side.RESPONSE, operation, each, f"$.data[{index}]")
            return
        returned = declared.returns.get("$ref", "").removeprefix("#/$defs/") if declared else ""
        kind = body.get("object", "")
        if returned and self.contract.objects.get(kind) != returned:
            self.verification.note(Side.RESPONSE, operation, "$.object", f"'{kind}' is not {returned}")
        self._object(Side.RESPONSE, operation, body, "$")

    def refused(self, operation: str, envelope: Obj) -> None:
        """An error must be the SDK's ``ErrorObject`` in its envelope."""
        if set(envelope) != {"error"}:
            self.verification.note(Side.RESPONSE, operation, "$", "an error is {error: …} and nothing else")
        self._hold(Side.RESPONSE, operation, ERROR, {"$ref": f"#/$defs/{ERROR}"}, envelope["error"], at="$.error")

    def told(self, event: Obj) -> None:
        """An event, the object in it, and what it says has changed."""
        if not self.verification.on:
            return
        operation = f"{event['type']}, during {self.during or 'no request'}"
        self._object(Side.EVENT, operation, event, "$")
        obj = event["data"]["object"]
        self._object(Side.EVENT, operation, obj, "$.data.object")
        known = self.contract.definitions.get(self.contract.objects.get(obj.get("object"), ""), {})
        for name in event["data"].get("previous_attributes", {}):
            if name not in known.get("properties", {}):
                path = f"$.data.previous_attributes.{name}"
                self.verification.note(Side.EVENT, operation, path, f"{obj.get('object')} has no such field")

    def asked(self, operation: str, error: Obj) -> None:
        """A request that the SDK's table of operations does not allow."""
        self.verification.note(Side.REQUEST, operation, f"$.{error.get('param') or ''}", error["message"])

    def ignored(self, operation: str, names: set[str]) -> None:
        """Parameters that are allowed, and do nothing here: whoever relies on them learns it now and not at Stripe."""
        for name in sorted(names):
            self.verification.note(Side.REQUEST, operation, f"$.{name}", "the sandbox does not play this parameter")

    def crashed(self, operation: str) -> None:
        """The sandbox itself failed: never the answer Stripe would have given."""
        self.verification.note(Side.RESPONSE, operation, "$", "the sandbox crashed; its log has the trace")

    def _object(self, side: Side, operation: str, body: Any, at: str) -> None:
        kind = body.get("object", "") if isinstance(body, dict) else ""
        if kind and kind != "discount" and body.get("deleted"):  # a deleted discount is still shown whole
            if set(body) != _DELETED:
                self.verification.note(side, operation, at, f"a deleted object has only {sorted(_DELETED)}")
        elif kind in self.contract.objects:
            self._hold(side, operation, kind, {"$ref": f"#/$defs/{self.contract.objects[kind]}"}, body, at=at)
        else:
            self.verification.note(side, operation, at, f"the SDK has no object '{kind}'")

    def _hold(self, side: Side, operation: str, name: str, schema: Schema, body: Any, *, at: str = "$") -> None:
        whole = {**schema, "$defs": self.contract.definitions}
        self.verification.hold(side, operation, name, whole, body, at=at)
