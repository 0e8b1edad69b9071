"""A course of training keeps its time, watches validation, and goes on where a killed one was."""

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from mainspring.steps.learn.learner import Budget
from mainspring.steps.learn.text.tuning.course import (
    FEWEST,
    KEPT,
    PASSES,
    Course,
    Judging,
    Pace,
    depth,
    groups,
    kept_facts,
)

ROWS = 200


class Killed(Exception):
    pass


class Line(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.head = nn.Linear(4, 1)


def course(
    folder: Path | None = None, judge: bool = True, die_after: int = 10**9, **pace: float
) -> tuple[Course, Line, list[float]]:
    dice = np.random.default_rng(0)
    inputs = torch.from_numpy(dice.normal(size=(ROWS, 4)).astype(np.float32))
    truth = inputs @ torch.tensor([[1.0], [-2.0], [0.5], [0.0]])
    network, losses = Line(), []

    def loss(batch: Sequence[int]) -> torch.Tensor:
        if len(losses) >= die_after:
            raise Killed
        value = (network.head(inputs[list(batch)]) - truth[list(batch)]).pow(2).mean()
        losses.append(float(value.detach()))
        return value

    def judged() -> float:
        with torch.no_grad():
            return -float((network.head(inputs) - truth).pow(2).mean())

    judging = Judging(judged if judge else None, folder)
    settings = Pace(**{"epochs": 20, "new_rate": 0.05, "tokens": 256, "average": 0.9, **pace})  # type: ignore[arg-type]
    return Course(network, lambda _: [8] * ROWS, loss, settings, judging), network, losses


def test_it_learns_and_keeps_the_best() -> None:
    made, network, _ = course()
    reached = made.run(Budget(time.monotonic() + 60))
    assert reached.best is not None
    assert reached.best > -0.05
    assert network.head.weight.detach().numpy().ravel() == pytest.approx([1.0, -2.0, 0.5, 0.0], abs=0.2)
    assert reached.best == max(reached.judged)


def test_the_same_seed_learns_the_same() -> None:
    first, second = (course(seed=3)[0:2] for _ in range(2))
    for made, _ in (first, second):
        made.run(Budget(time.monotonic() + 60))
    assert torch.equal(first[1].head.weight, second[1].head.weight)


def test_time_that_is_up_ends_it_with_what_it_has() -> None:
    made, _, losses = course(epochs=1e6)
    began = time.monotonic()
    reached = made.run(Budget(began + 1.0))
    assert reached.steps == len(losses) > 0
    assert reached.best is not None


def test_so_many_passes_are_made_as_are_declared_and_more_of_little_text_where_none_are() -> None:
    declared, undeclared = course(judge=False, epochs=3, longer=False)[0], course(judge=False, epochs=3)[0]
    a_pass = len(list(declared._batches()))
    assert declared.run(Budget(time.monotonic() + 60)).steps == 3 * a_pass
    assert undeclared.run(Budget(time.monotonic() + 60)).steps == min(FEWEST, PASSES * a_pass) > 3 * a_pass


def test_a_killed_course_goes_on_from_what_was_kept(tmp_path: Path) -> None:
    killed, _, losses = course(tmp_path, die_after=150)
    with pytest.raises(Killed):
        killed.run(Budget(time.monotonic() + 60))
    facts = kept_facts(tmp_path / KEPT)
    assert facts is not None
    assert 0 < facts["step"] <= 150
    resumed, _, after = course(tmp_path)
    reached = resumed.run(Budget(time.monotonic() + 60))
    assert reached.steps == facts["step"] + len(after)
    assert reached.judged[: len(facts["judged"])] == tuple(facts["judged"])
    whole, network, _ = course()
    assert whole.run(Budget(time.monotonic() + 60)).steps == reached.steps
    assert len(losses) < reached.steps
    assert reached.best is not None
    assert reached.best > -0.05
    assert network.head.weight.isfinite().all()


@pytest.mark.parametrize("content", [b"", b"\x00" * 8, b"\xff" * 100, b"{}"])
def test_what_was_half_kept_is_begun_anew(tmp_path: Path, content: bytes) -> None:
    (tmp_path / KEPT).write_bytes(content)
    made, _, losses = course(tmp_path, epochs=2)
    assert made.run(Budget(time.monotonic() + 60)).steps == len(losses)


def test_gradients_of_several_batches_are_added_up() -> None:
    made, _, losses = course(accumulate=4, epochs=4)
    reached = made.run(Budget(time.monotonic() + 60))
    assert len(losses) > reached.steps


def test_lower_layers_learn_slower_and_what_is_new_faster() -> None:
    class Layers(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encoder = nn.ModuleDict(
                {"embeddings": nn.Linear(2, 2), "layer": nn.ModuleList([nn.Linear(2, 2) for _ in range(3)])}
            )
            self.encoder.config = type("Config", (), {"num_hidden_layers": 3})  # type: ignore[assignment]
            self.head = nn.Linear(2, 1)

    rates = {group["full"] for group in groups(Layers(), Pace(rate=1.0, new_rate=9.0, slower=0.5))}
    assert rates == {9.0, 1.0, 0.5, 0.25, 0.125}
    assert depth("encoder.layer.2.weight", 3) == 0
    assert depth("encoder.embeddings.weight", 3) == 3
