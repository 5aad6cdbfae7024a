"""The policies that running cases go by, found by the name in their row: the tenant's own version, or the preset."""

from collections.abc import Sequence
from typing import Protocol

from models.policies.policy import Policy
from models.policies.policy_page import PolicyInvalid, parse
from models.policies.presets import preset, presets
from models.records import PolicyVersion


class Pages(Protocol):
    """Where a tenant's pages are kept."""

    async def policy_page(self, tenant: str, name: str, version: int) -> str: ...

    async def policies(self, tenant: str) -> Sequence[PolicyVersion]: ...


class RunningPolicies:
    """Each policy is read once."""

    def __init__(self, pages: Pages, tenant: str) -> None:
        self._pages, self._tenant = pages, tenant
        self._known: dict[str, Policy | None] | None = None

    async def policy(self, told: str) -> Policy | None:
        """The policy of a row (`standard-21d v1`); None where it is not to be had any more."""
        if self._known is None:
            self._known = {}
            for version in await self._pages.policies(self._tenant):
                page = await self._pages.policy_page(self._tenant, version.name, version.version)
                try:
                    self._known[f"{version.name} v{version.version}"] = parse(page)
                except PolicyInvalid:
                    continue  # written before a rule that it breaks: its cases ran by it all the same
            for name in presets():
                shipped = preset(name)
                self._known.setdefault(f"{name} v{shipped.version}", shipped)
        return self._known.get(told)
