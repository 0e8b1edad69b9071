"""Network: a pretrained encoder in PyTorch with a head, and its weights as arrays again."""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers
from torch import nn

from mainspring.steps.learn.text.encoder.adapter import Adapter
from mainspring.steps.learn.text.encoder.drawing import CHARACTER_VECTORS, CHARACTERS_MADE, LOOK_VECTORS, WIDE, Drawing
from mainspring.steps.learn.text.encoder.drawn import Facts, draw, tells_segments
from mainspring.steps.learn.text.encoder.shared import fingerprint_of
from mainspring.steps.learn.text.encoder.weights import Arrays, Shape, plainly_named

HEAD = "head"
SPELLED = 32
"""Numbers of the vector of an n-gram of characters."""
BEGUN = 0.1
"""How large the weights are with which those are read at first (their standard deviation)."""


def pretrained(folder: Path) -> Any:
    """The encoder of a folder as a module in 32 bits. Vectors of a wide vocabulary stay as they are: few of them are ever met."""
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    module = transformers.AutoModel.from_pretrained(folder, dtype=torch.float32, add_pooling_layer=False)
    words = module.get_input_embeddings()
    if words.num_embeddings >= WIDE:
        words.weight.requires_grad_(False)
    return module


class TaggingNetwork(nn.Module):
    """Scores of tags (texts × tokens × tags, those once for each of ``places``). Looks are added to the vectors of tokens, and begin as
    nothing; so are what ``characters`` there are (0: none), by a projection of their sum."""

    def __init__(
        self, encoder: Any, width: int, looks: int, tags: int, *, characters: int = 0, places: int = 1
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.looks = nn.Embedding(looks, width)
        nn.init.zeros_(self.looks.weight)
        self.characters = Spelled(characters, width) if characters else None
        self.drop = nn.Dropout(0.1)
        self.head = nn.Linear(width, tags)
        self.places = places
        # Most of what tells tags is the same wherever in a token a unit stands: only what differs is learned place by place.
        self.apart = nn.Linear(width, places * tags) if places > 1 else None
        if self.apart is not None:
            nn.init.zeros_(self.apart.weight)
            nn.init.zeros_(self.apart.bias)
        self.centre, self.scale = torch.zeros(width), torch.ones(width)

    def forward(
        self, ids: torch.Tensor, mask: torch.Tensor, looks: torch.Tensor, characters: torch.Tensor
    ) -> torch.Tensor:
        """All are (texts × tokens), ``characters`` (texts × tokens × places)."""
        read = self.drop((self._told(ids, mask, looks, characters) - self.centre) * self.scale)
        scores = self.head(read)
        return scores if self.apart is None else scores.repeat(1, 1, self.places) + self.apart(read)

    @torch.no_grad()
    def standardise(self, ids: torch.Tensor, mask: torch.Tensor, looks: torch.Tensor, characters: torch.Tensor) -> None:
        """From now on the head reads vectors whose numbers have mean 0 and variance 1 over these tokens (texts × tokens).

        An encoder of whole texts leaves the tokens of all nearly alike; a head would take hundreds of steps to tell them apart.
        """
        self.eval()
        told = self._told(ids, mask, looks, characters)[mask > 0].float()
        self.centre, self.scale = told.mean(dim=0), 1 / told.std(dim=0).clamp(min=1e-4)

    def _told(
        self, ids: torch.Tensor, mask: torch.Tensor, looks: torch.Tensor, characters: torch.Tensor
    ) -> torch.Tensor:
        words = self.encoder.get_input_embeddings()(ids) + self.looks(looks)
        if self.characters is not None:
            words = words + self.characters(characters)
        return self.encoder(inputs_embeds=words, attention_mask=mask).last_hidden_state

    def arrays(self) -> Arrays:
        """By BERT's names, with the vectors of looks, what is made of characters, and the head."""
        arrays = dict(arrays_of(self.encoder))
        arrays[LOOK_VECTORS] = _array(self.looks.weight)
        if self.characters is not None:
            arrays[CHARACTER_VECTORS] = _array(self.characters.vectors.weight)
            arrays[CHARACTERS_MADE] = _array(self.characters.made.weight)
        weight, bias = self.head.weight, self.head.bias
        if self.apart is not None:
            weight, bias = weight.repeat(self.places, 1) + self.apart.weight, bias.repeat(self.places) + self.apart.bias
        weight = weight * self.scale
        return arrays | {f"{HEAD}.weight": _array(weight), f"{HEAD}.bias": _array(bias - weight @ self.centre)}


class Spelled(nn.Module):
    """Numbers of characters (… × places) → vectors (… × width). All begin as nothing, and what is not met in training stays so: drawn by
    chance it would be noise beside names that are new."""

    def __init__(self, characters: int, width: int) -> None:
        super().__init__()
        self.vectors = nn.Embedding(characters, SPELLED, padding_idx=0)
        nn.init.zeros_(self.vectors.weight)
        self.made = nn.Linear(SPELLED, width, bias=False)
        nn.init.normal_(self.made.weight, std=BEGUN)

    def forward(self, characters: torch.Tensor) -> torch.Tensor:
        return self.made(self.vectors(characters).sum(dim=-2))


def mean_of(told: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Vectors of texts (texts × width): the mean over the tokens that are there, as the served encoder takes it."""
    there = mask.unsqueeze(-1).to(told.dtype)
    return (told * there).sum(dim=1) / there.sum(dim=1).clamp(min=1e-6)


def left(name: str, source: Path, arrays: Arrays, *, pairs: bool = False) -> Path:
    """A new folder with the encoder of this name as it was tuned, on ``pairs`` of texts or single ones.

    Whoever asked for it takes it away.
    """
    folder = Path(tempfile.mkdtemp(prefix="mainspring-encoder-"))
    draw(name, source, folder, arrays, drawing=Drawing(pairs=pairs and tells_segments(arrays)))
    return folder


def left_beside(name: str, source: Path, adapter: Adapter, *, pairs: bool = False) -> Path:
    """The same of what was learned beside the encoder of this name, without it."""
    folder = Path(tempfile.mkdtemp(prefix="mainspring-encoder-"))
    adapter.save(folder)
    Facts.of(name, Shape.of(source), pairs=pairs, on=fingerprint_of(source)).write(folder)
    return folder


def arrays_of(encoder: nn.Module) -> Arrays:
    return plainly_named({name: _array(tensor) for name, tensor in encoder.state_dict().items()})


def _array(tensor: torch.Tensor) -> Any:
    return np.asarray(tensor.detach().float().numpy())
