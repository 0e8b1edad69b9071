"""Methods: which weights of an encoder are learned: all, none, or a few that are added beside them."""

import warnings
from collections.abc import Mapping
from typing import Any, Literal, get_args

import numpy as np
import peft
import torch
from torch import nn

from mainspring.errors import LearnError, nearest
from mainspring.steps.learn.text.encoder.adapter import Adapter, Floats
from mainspring.steps.learn.text.encoder.drawing import BESIDE, DOWN, UP
from mainspring.steps.learn.text.encoder.weights import Arrays
from mainspring.steps.learn.text.tuning.network import arrays_of

Method = Literal["full", "frozen", "lora", "adalora", "bottleneck"]
METHODS: tuple[Method, ...] = get_args(Method)
RANK, FIRST_RANK, SIZE = 8, 12, 64
"""Of what is added by LoRA, with which AdaLoRA begins, and how narrow a bottleneck is."""
APART = frozenset({"lora", "adalora"})
"""Of these what is learned can be kept apart from the encoder and given with each call."""
QUIET, SETTLED, EVERY = 0.15, 0.3, 10
"""AdaLoRA keeps all ranks for this share of the steps, has its last ones for that share, and takes some away every so many."""


class Adapted:
    """An encoder with what is learned of it by a method. ``after`` is to be called behind each step, with the gradients still there."""

    def __init__(self, encoder: Any, method: str) -> None:
        """Raises LearnError: there is no such method."""
        if method not in METHODS:
            guess = nearest(method, METHODS)
            raise LearnError(f"encoders are not tuned by {method!r}", where="learn",
                             remedy=f"did you mean {guess!r}?" if guess else f"known: {', '.join(METHODS)}")  # fmt: skip
        self.method = method
        self.allocated = 0
        """How often ranks were given out anew."""
        self._last: int | None = None
        self.encoder: Any = _MADE[method](encoder) if method in _MADE else encoder
        if method == "frozen":
            self.encoder.requires_grad_(False)

    @property
    def penalty(self) -> torch.Tensor:
        """What AdaLoRA wants added to the loss: its two factors are to stay orthogonal (Zhang et al. 2023)."""
        if self.method != "adalora":
            return torch.zeros(())
        weight = self.encoder.peft_config["default"].orth_reg_weight
        parts: list[torch.Tensor] = []
        for name, factor in self.encoder.named_parameters():
            if "lora_A" in name or "lora_B" in name:
                square = factor @ factor.T if "lora_A" in name else factor.T @ factor
                parts.append(torch.linalg.matrix_norm(square - torch.eye(len(square))))
        return weight * torch.stack(parts).mean()

    def after(self, step: int, steps: int) -> None:
        """Give out the ranks anew; ``steps`` is how many there are going to be."""
        if self.method != "adalora":
            return
        config = self.encoder.peft_config["default"]
        settled = max(1, int(SETTLED * steps))
        # The last ranks are given out at the step that is ``settled`` before the end, and at no other: where the clock moved the end
        # past it, that is now, but never before anything is known of what the ranks are worth.
        if self._last is None and self.allocated and step >= steps - settled:
            self._last = step
        config.tinit, config.tfinal = int(QUIET * steps), settled
        config.total_step = settled + (max(step + 1, steps - settled) if self._last is None else self._last)
        self.encoder.base_model.update_and_allocate(step)
        self.allocated += 1

    def arrays(self) -> Arrays:
        """By BERT's names, with what was learned beside the weights put into them, or, of bottlenecks, beside them."""
        if self.method in APART:
            return arrays_of(self.encoder.merge_and_unload())
        if self.method == "bottleneck":
            return {_plain(name): array for name, array in arrays_of(self.encoder).items()}
        return arrays_of(self.encoder)

    def adapter(self) -> Adapter:
        """What was learned beside the weights by a method of :data:`APART`; to be asked before :meth:`arrays`, which puts it into them."""
        layers: dict[str, list[tuple[torch.Tensor, torch.Tensor]]] = {part: [] for part in BESIDE}
        for layer in self.encoder.base_model.model.encoder.layer:
            for part in BESIDE:
                layers[part].append(_factors(getattr(layer.attention.self, part), self.method))
        return Adapter(
            {
                f"{part}.{way}": _stacked([of_layer[k] for of_layer in of_part], axis)
                for part, of_part in layers.items()
                for k, (way, axis) in enumerate(((DOWN, 1), (UP, 0)))
            }
        )

    def learned(self) -> Mapping[str, torch.Tensor]:
        """The weights that are learned, by name: an adapter is no more than these."""
        return {name: p.detach() for name, p in self.encoder.named_parameters() if p.requires_grad}


class Bottleneck(nn.Module):
    """A narrow layer beside the output of a wide one (Houlsby et al. 2019), which begins as nothing."""

    def __init__(self, inside: nn.Module, width: int) -> None:
        super().__init__()
        self.inside = inside
        down, up = nn.Linear(width, SIZE), nn.Linear(SIZE, width)
        nn.init.zeros_(up.weight)
        nn.init.zeros_(up.bias)
        self.adapter = nn.ModuleDict({"down": down, "up": up})

    def forward(self, hidden: torch.Tensor, entered: torch.Tensor) -> torch.Tensor:
        made = self.inside(hidden, entered)
        return made + self.adapter["up"](torch.relu(self.adapter["down"](made)))


def _with(encoder: Any, config: peft.PeftConfig) -> Any:
    with warnings.catch_warnings():
        # It asks transformers by a name that is going to be another.
        warnings.simplefilter("ignore", FutureWarning)
        return peft.get_peft_model(encoder, config)


def _lora(encoder: Any) -> Any:
    config = peft.LoraConfig(r=RANK, lora_alpha=2 * RANK, lora_dropout=0.05, target_modules=list(BESIDE), bias="none")
    return _with(encoder, config)


def _adalora(encoder: Any) -> Any:
    # The numbers of steps are put in once the clock has settled them.
    config = peft.AdaLoraConfig(
        init_r=FIRST_RANK, target_r=RANK, lora_alpha=2 * FIRST_RANK, lora_dropout=0.05, target_modules=list(BESIDE), deltaT=EVERY,
        tinit=0, tfinal=1, total_step=1_000_000,
    )  # fmt: skip
    return _with(encoder, config)


def _bottleneck(encoder: Any) -> Any:
    encoder.requires_grad_(False)
    for layer in encoder.encoder.layer:
        layer.output = Bottleneck(layer.output, encoder.config.hidden_size)
    return encoder


def _factors(projection: Any, method: str) -> tuple[torch.Tensor, torch.Tensor]:
    """Of a projection from width to width: (width × ranks) and (ranks × width), with the scale, and without ranks that were taken away."""
    down, up = projection.lora_A["default"], projection.lora_B["default"]
    scale = projection.scaling["default"]
    if method == "lora":
        return scale * down.weight.detach().T, up.weight.detach().T
    worth = projection.lora_E["default"].detach()
    kept = worth[:, 0] != 0
    # As the library itself scales them.
    scale = scale / (projection.ranknum["default"].detach() + 1e-5)
    return (scale * down.detach() * worth)[kept].T, up.detach().T[kept]


def _stacked(layers: list[torch.Tensor], axis: int) -> Floats:
    """(layers × …); those of fewer ranks are filled with zeros along ``axis``."""
    most = max(layer.shape[axis] for layer in layers)
    filled = [np.pad(one.numpy(), [(0, most - one.shape[k] if k == axis else 0) for k in (0, 1)]) for one in layers]
    return np.ascontiguousarray(np.stack(filled), np.float32)


_MADE = {"lora": _lora, "adalora": _adalora, "bottleneck": _bottleneck}


def _plain(name: str) -> str:
    return name.replace(".output.inside.", ".output.").replace(".output.adapter.", ".adapter.")
