"""The policies shipped with the product, in `models/policies/`."""

from models import shipped
from models.policies.policy import Policy
from models.policies.policy_page import PolicyInvalid, parse

_FOLDER = "policies"


def preset(name: str) -> Policy:
    """A policy shipped with the product, by name: `ruthless`.

    Raises:
        PolicyInvalid: there is no such preset.
    """
    return parse(preset_page(name))


def preset_page(name: str) -> str:
    """The YAML of a policy shipped with the product.

    Raises:
        PolicyInvalid: there is no such preset.
    """
    page = shipped.page(_FOLDER, name)
    if page is None:
        raise PolicyInvalid(f"policy: '{name}' is not a preset; use one of {', '.join(presets())}")
    return page


def presets() -> list[str]:
    """Names of the policies shipped with the product."""
    return shipped.names(_FOLDER)
