"""The benchmark itself: a quick run leaves figures of the right shape, and events that do not depend on the machine."""

import pytest

from bench import cases
from bench.figures import Report, quantile
from sandbox.obstacle import Obstacle


@pytest.mark.storm
@pytest.mark.timeout(90)
async def test_a_quick_run_tells_events_and_rates_beside_their_floor() -> None:
    report = Report()
    try:
        await cases.measure(report, cases=1, lanes=1, reps=0)
    except Obstacle as told:
        pytest.fail(str(told))
    figures = {figure.name: figure for figure in report.figures}
    assert set(report.notes["events"]) == {"paid by link", "given up"}
    for ending, events in report.notes["events"].items():
        figure = figures[f"events, {ending}"]
        case, bare = events["case"], events["floor case"]
        assert (figure.product, figure.floor) == (sum(case.values()), sum(bare.values()))
        for same in ("timer started", "activity task scheduled", "marker recorded", "workflow execution completed"):
            assert case[same] == bare[same], f"{ending}: the floor is of another shape ({same})"
        assert case["timer started"] == (5 if ending == "paid by link" else 6)
    for name in ("cases per second, 1 at a time", "server CPU per case", "worker CPU per case"):
        figure = figures[name]
        assert figure.product > 0
        assert figure.floor is not None
        assert figure.floor > 0
        assert figure.ratio == pytest.approx(figure.product / figure.floor)
    assert len(report.page()["figures"]) == len(report.figures)
    assert report.table().row_count == len(report.figures)


def test_pairs_become_medians_and_the_ratio_is_taken_pair_by_pair() -> None:
    report = Report()
    report.paired("x", "speed", "1/s", [(8, 10), (4, 8), (30, 20)])
    (figure,) = report.figures
    assert (figure.product, figure.floor, figure.ratio) == (8, 10, 0.8)


def test_a_quantile_is_a_value_that_was_measured() -> None:
    assert quantile([3.0, 1.0, 2.0, 4.0], 0.5) == 3.0
    assert quantile([3.0, 1.0, 2.0], 0.99) == 3.0
