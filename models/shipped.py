"""Pages of YAML that come with the product, by the folder they lie in: `policies`, `catalogs`."""

from importlib import resources


def names(folder: str) -> list[str]:
    """The pages in a folder, by name."""
    return sorted(
        p.name.removesuffix(".yaml") for p in (resources.files("models") / folder).iterdir() if p.name.endswith(".yaml")
    )


def page(folder: str, name: str) -> str | None:
    """The text of one; None where there is no such page."""
    if name not in names(folder):
        return None
    return (resources.files("models") / folder / f"{name}.yaml").read_text(encoding="utf-8")
