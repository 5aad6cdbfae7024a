"""The policies shipped with the product, in `models/policies/`."""

from importlib import resources

from models.policy import Policy
from models.policy_page import PolicyInvalid, parse


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
    page = resources.files("models") / "policies" / f"{name}.yaml"
    if name not in presets():
        raise PolicyInvalid(f"policy: '{name}' is not a preset; use one of {', '.join(presets())}")
    return page.read_text(encoding="utf-8")


def presets() -> list[str]:
    """Names of the policies shipped with the product."""
    return sorted(
        p.name.removesuffix(".yaml")
        for p in (resources.files("models") / "policies").iterdir()
        if p.name.endswith(".yaml")
    )
