"""Course: how a network is trained on: batches of like length, warming up and slowing down, watched on rows it does not learn from.

Weights are averaged on the way (Polyak & Juditsky 1992), lower layers learn slower (Howard & Ruder 2018), and what was reached is
kept in a folder so that a killed course goes on. How many steps there are is settled by the clock, so that the
rate of learning comes down to nothing in the time there is.
"""

import json
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from mainspring.cores import cores
from mainspring.steps.learn.learner import Budget, Progress
from mainspring.steps.learn.text.encoder.tokens import batches

WARM, TRIAL = 2, 6
"""Steps after which all is loaded, and after which it is known how long one takes."""
FEWEST, PASSES, LEAST_TOKENS = 400, 30, 256
"""Of little text so many steps are made all the same, or so many passes, and batches are smaller."""
SETTLED = 50
"""Every so many steps it is settled anew how many there are."""
JUDGED = 10
"""How often a course is judged, at most."""
RESERVED = 0.85
"""The share of the time left that steps may take; the rest is for judging and writing down."""
AVERAGED = 5
"""Every so many steps the weights are averaged: it moves as many bytes as a step does."""
KEPT, FACTS = "course.safetensors", "course.json"


@dataclass(frozen=True, slots=True)
class Pace:
    """Rates of learning for the encoder's last layer and for what is new; each layer below learns ``slower`` times as fast."""

    epochs: float = 5.0
    longer: bool = True
    """Of little text more passes than ``epochs`` are made: for who did not say how many."""
    rate: float = 1e-4
    new_rate: float = 1e-3
    slower: float = 0.9
    warm: float = 0.1
    decay: float = 0.01
    clip: float = 1.0
    tokens: int = 1024
    """Of a batch, padded."""
    texts: int = 64
    accumulate: int = 1
    average: float = 0.995
    """How much of the mean weights each step leaves as they were."""
    patience: int = 3
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Judging:
    """``judge`` gives how good the network is (more is better) or None; ``folder`` keeps what was reached."""

    judge: Callable[[], float] | None = None
    folder: Path | None = None
    progress: Progress | None = None


@dataclass(frozen=True, slots=True)
class Reached:
    """What came of a course: ``best`` of ``judged`` values, after how many ``steps`` in how many ``seconds``."""

    best: float | None
    judged: tuple[float, ...]
    steps: int
    seconds: float
    trained: int
    total: int


Loss = Callable[[Sequence[int]], torch.Tensor]
"""Numbers of examples → the mean loss of a batch of them."""


After = Callable[[int, int], None]
"""Called behind each step, with its number and how many there are going to be: adaptive ranks want it."""


class _Clock:
    """How many steps there are going to be: settled after a trial, and again now and then, for the machine may become slower or faster."""

    def __init__(self, planned: int, step: int, until: float) -> None:
        self._planned, self._first, self._until = planned, step, until
        self._began = time.monotonic()

    def settled(self, step: int, steps: int, budget: Budget) -> int:
        done = step - self._first
        if done == WARM:
            self._began = time.monotonic()
        if done < TRIAL or (done - TRIAL) % SETTLED:
            return steps
        each = (time.monotonic() - self._began) / (done - WARM)
        return max(step + 1, int(budget.allowed(self._planned, lambda: step + RESERVED * self._left(budget) / each)))

    def _left(self, budget: Budget) -> float:
        return max(0.0, min(budget.seconds, self._until - time.monotonic()))


class Course:
    """Trains ``network`` in place. ``lengths`` are the tokens of each example; ``loss`` computes a batch's."""

    def __init__(
        self, network: nn.Module, lengths: Callable[[int], Sequence[int]], loss: Loss, pace: Pace, judging: Judging
    ) -> None:
        self._network, self._lengths, self._loss, self._pace, self._judging = network, lengths, loss, pace, judging
        self._learned = [p for p in network.parameters() if p.requires_grad]
        self._optimiser = torch.optim.AdamW(groups(network, pace), betas=(0.9, 0.999), eps=1e-6, fused=True)
        self._mean = [p.detach().clone() for p in self._learned]
        self._step = self._epoch = 0
        self._judged: list[float] = []
        self._at = self._steps = 0
        self._until = math.inf
        self._best: list[torch.Tensor] | None = None

    def run(self, budget: Budget, after: After | None = None, *, share: float = 1.0) -> Reached:
        """Of the seconds left a ``share`` is used: another course follows."""
        began = time.monotonic()
        self._until = began + share * budget.seconds
        torch.manual_seed(self._pace.seed)
        threads = torch.get_num_threads()
        torch.set_num_threads(max(1, min(budget.threads if budget.threads > 1 else threads, cores())))
        try:
            self._go(budget, after)
        finally:
            torch.set_num_threads(threads)
        self._take(self._best if self._best is not None else self._mean)
        self._network.eval()
        best = max(self._judged, default=None)
        total = sum(p.numel() for p in self._network.parameters())
        return Reached(
            best,
            tuple(self._judged),
            self._step,
            time.monotonic() - began,
            sum(p.numel() for p in self._learned),
            total,
        )

    def _go(self, budget: Budget, after: After | None) -> None:
        planned = self._wanted()
        self._steps = self._resumed() or planned
        clock = _Clock(planned, self._step, self._until)
        while self._step < self._steps and not budget.is_over():
            for batch in self._batches():
                if self._step >= self._steps or budget.is_over():
                    break
                self._update(batch, self._steps)
                if after is not None:
                    after(self._step, self._steps)
                self._steps = clock.settled(self._step, self._steps, budget)
                self._tell(self._steps)
            self._epoch += 1
            last = self._step >= self._steps or budget.is_over()
            if last or self._step - self._at >= self._steps / JUDGED:
                enough = self._judge() and self._step > self._steps / 2
                self._keep()
                if enough:
                    break

    def _wanted(self) -> int:
        lengths = self._lengths(0)
        a_pass = sum(1 for _ in batches(lengths, self._tokens(lengths), self._pace.texts)) / self._pace.accumulate
        least = min(FEWEST, a_pass * PASSES) if self._pace.longer else 0
        return max(1, math.ceil(max(a_pass * self._pace.epochs, least)))

    def _tokens(self, lengths: Sequence[int]) -> int:
        return int(min(self._pace.tokens, max(LEAST_TOKENS, PASSES * sum(lengths) / FEWEST)))

    def _batches(self) -> Iterator[list[list[int]]]:
        """Steps of an epoch: of each the batches whose gradients are added up."""
        lengths = self._lengths(self._epoch)
        dice = np.random.default_rng((self._pace.seed, self._epoch))
        noisy = [int(length * 8 + dice.integers(16)) for length in lengths]  # other neighbours each time
        made = list(batches([max(1, length // 8) for length in noisy], self._tokens(lengths), self._pace.texts))
        order = dice.permutation(len(made))
        for at in range(0, len(made), self._pace.accumulate):
            yield [made[k] for k in order[at : at + self._pace.accumulate]]

    def _update(self, step: Sequence[Sequence[int]], steps: int) -> None:
        self._network.train()
        pace, at = self._pace, self._step
        warm = max(1, int(pace.warm * steps))
        share = (at + 1) / warm if at < warm else max(0.0, (steps - at) / max(1, steps - warm))
        for group in self._optimiser.param_groups:
            group["lr"] = group["full"] * share
        self._optimiser.zero_grad(set_to_none=True)
        for batch in step:
            with low_precision():
                loss = self._loss(batch) / len(step)
            loss.backward()
        nn.utils.clip_grad_norm_(self._learned, pace.clip, foreach=True)
        self._optimiser.step()
        self._step += 1
        if self._step % AVERAGED == 0 or self._step == steps:
            kept = min(pace.average**AVERAGED, (1 + self._step) / (10 + AVERAGED + self._step))
            with torch.no_grad():
                for mean, parameter in zip(self._mean, self._learned, strict=True):
                    mean.lerp_(parameter.detach(), 1 - kept)

    def _judge(self) -> bool:
        """Whether it is enough."""
        self._at = self._step
        if self._judging.judge is None:
            return False
        present = [p.detach().clone() for p in self._learned]
        self._take(self._mean)
        self._network.eval()
        value = self._judging.judge()
        if not self._judged or value > max(self._judged):
            self._best = [p.clone() for p in self._mean]
        self._judged.append(value)
        self._take(present)
        since = len(self._judged) - 1 - int(np.argmax(self._judged))
        return since >= self._pace.patience

    def _take(self, values: Sequence[torch.Tensor]) -> None:
        with torch.no_grad():
            for parameter, value in zip(self._learned, values, strict=True):
                parameter.copy_(value)

    def _tell(self, steps: int) -> None:
        if self._judging.progress is not None and self._step % 10 == 0:
            judged = f", {max(self._judged):.4f} on validation" if self._judged else ""
            self._judging.progress(f"step {self._step} of {steps}{judged}", min(1.0, self._step / steps))

    def _keep(self) -> None:
        """Written whole or not at all, at the end of each epoch."""
        folder = self._judging.folder
        if folder is None:
            return
        folder.mkdir(parents=True, exist_ok=True)
        held: dict[str, torch.Tensor] = {}
        for number, parameter in enumerate(self._learned):
            state = self._optimiser.state.get(parameter, {})
            held[f"{number}.now"], held[f"{number}.mean"] = parameter.detach(), self._mean[number]
            held |= {f"{number}.{name}": state[name] for name in ("exp_avg", "exp_avg_sq", "step") if name in state}
            if self._best is not None:
                held[f"{number}.best"] = self._best[number]
        facts = {
            "step": self._step,
            "epoch": self._epoch,
            "steps": self._steps,
            "judged": self._judged,
            "count": len(self._learned),
        }
        draft = folder / f".{KEPT}"
        save_file(
            {name: tensor.contiguous().clone() for name, tensor in held.items()}, draft, {FACTS: json.dumps(facts)}
        )
        draft.replace(folder / KEPT)

    def _resumed(self) -> int | None:
        """Take up what was kept; the number of steps that was settled then."""
        folder = self._judging.folder
        if folder is None or not (folder / KEPT).exists():
            return None
        facts = kept_facts(folder / KEPT)
        if facts is None or facts["count"] != len(self._learned):
            return None
        held = load_file(folder / KEPT)
        for number, parameter in enumerate(self._learned):
            if held[f"{number}.now"].shape != parameter.shape:
                return None
        self._take([held[f"{number}.now"] for number in range(len(self._learned))])
        self._mean = [held[f"{number}.mean"] for number in range(len(self._learned))]
        if "0.best" in held:
            self._best = [held[f"{number}.best"] for number in range(len(self._learned))]
        for number, parameter in enumerate(self._learned):
            names = [name for name in ("exp_avg", "exp_avg_sq", "step") if f"{number}.{name}" in held]
            if names:
                self._optimiser.state[parameter] = {name: held[f"{number}.{name}"] for name in names}
        self._step = self._at = facts["step"]
        self._epoch, self._judged = facts["epoch"], list(facts["judged"])
        return facts["steps"]


def kept_facts(path: Path) -> Mapping[str, Any] | None:
    """What stands in the head of a kept course; None where it cannot be read."""
    try:
        with path.open("rb") as file:
            head = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        return json.loads(head["__metadata__"][FACTS])
    except (OSError, ValueError, KeyError, OverflowError, MemoryError):
        return None


def low_precision() -> Any:
    """16 bits where the processor multiplies them itself; elsewhere they would be slower."""
    fast = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return torch.autocast("cpu", dtype=torch.bfloat16) if fast else nullcontext()


def groups(network: nn.Module, pace: Pace) -> list[dict[str, Any]]:
    """Parameters with their full rate: by layer, the new ones faster; biases and what normalises do not decay."""
    layers = getattr(getattr(getattr(network, "encoder", None), "config", None), "num_hidden_layers", 0)
    found: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, parameter in network.named_parameters():
        if not parameter.requires_grad:
            continue
        rate = pace.new_rate if is_new(name) else pace.rate * pace.slower ** depth(name, layers)
        decay = 0.0 if parameter.ndim < 2 else pace.decay
        found.setdefault((rate, decay), []).append(parameter)
    return [
        {"params": members, "lr": rate, "full": rate, "weight_decay": decay} for (rate, decay), members in found.items()
    ]


def is_new(name: str) -> bool:
    return not name.startswith("encoder.") or "lora_" in name or "adapter." in name


def depth(name: str, layers: int) -> int:
    """How many layers stand above."""
    _, found, rest = name.partition("layer.")
    return layers - 1 - int(rest.split(".")[0]) if found else layers
