"""What a measurement leaves: a figure beside its floor, as a row of a table and as JSON."""

import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from rich.table import Table


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: medians of both sides and of their ratio, pair by pair. `aim` is in words; `runs` are the pairs themselves."""

    section: str
    name: str
    unit: str
    product: float
    floor: float | None = None
    ratio: float | None = None
    aim: str = ""
    runs: tuple[tuple[float, float], ...] = ()


@dataclass
class Report:
    """All figures of a run, and what explains them."""

    figures: list[Figure] = field(default_factory=list)
    notes: dict[str, Any] = field(default_factory=dict)

    def alone(self, section: str, name: str, unit: str, product: float, aim: str = "") -> None:
        """A figure that has no floor."""
        self.figures.append(Figure(section, name, unit, product, aim=aim))

    def paired(self, section: str, name: str, unit: str, pairs: Sequence[tuple[float, float]], aim: str = "") -> None:
        """A figure measured in turns: product and floor, side by side in time."""
        product, floor = (statistics.median(side) for side in zip(*pairs, strict=True))
        ratios = [ours / theirs for ours, theirs in pairs if theirs]
        ratio = statistics.median(ratios) if ratios else None
        self.figures.append(Figure(section, name, unit, product, floor, ratio, aim, tuple(pairs)))

    def table(self) -> Table:
        """For the terminal."""
        table = Table(title="Perdura beside its floor", title_justify="left")
        for name in ("", "figure", "unit"):
            table.add_column(name)
        for name in ("product", "floor", "ratio", "spread"):
            table.add_column(name, justify="right")
        table.add_column("aim")
        section = ""
        for figure in self.figures:
            if section and section != figure.section:
                table.add_section()
            shown = figure.section if figure.section != section else ""
            section = figure.section
            table.add_row(
                shown,
                figure.name,
                figure.unit,
                number(figure.product),
                number(figure.floor),
                f"{figure.ratio:.2f}" if figure.ratio is not None else "",
                _spread(figure.runs),
                figure.aim,
            )
        return table

    def page(self) -> dict[str, Any]:
        """For the file."""
        return {"figures": [asdict(figure) for figure in self.figures], **self.notes}


def number(value: float | None) -> str:
    """Three significant digits, thousands set apart; nothing for nothing."""
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which that share of the values lies, by nearest rank."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(share * len(ranked)))]


def _spread(runs: Sequence[tuple[float, float]]) -> str:
    ratios = [ours / theirs for ours, theirs in runs if theirs]
    return f"{min(ratios):.2f}-{max(ratios):.2f}" if len(ratios) > 1 else ""
