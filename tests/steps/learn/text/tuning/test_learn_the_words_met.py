"""Of a vocabulary only the tokens that are met are learned; put back, it is whole, and the others are as they were."""

from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import nn

from mainspring.steps.learn.text.tuning.met import meet, put_back


class Encoder(nn.Module):
    def __init__(self, words: int) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.config = SimpleNamespace(num_hidden_layers=0)
        self.words: Any = nn.Embedding(words, 4)

    def get_input_embeddings(self) -> Any:
        return self.words

    def set_input_embeddings(self, words: Any) -> None:
        self.words = words


def test_the_tokens_met_are_learned_and_no_others() -> None:
    encoder = Encoder(50)
    before = encoder.words.weight.detach().clone()
    meet(encoder, [3, 40, 3])
    learned = [p for p in encoder.parameters() if p.requires_grad]
    assert [tuple(p.shape) for p in learned] == [(2, 4)]
    optimiser = torch.optim.SGD(learned, lr=1.0)
    encoder.get_input_embeddings()(torch.tensor([[40, 3], [40, 40]])).sum().backward()
    optimiser.step()
    put_back(encoder)
    after = encoder.get_input_embeddings().weight.detach()
    moved = (after - before).abs().sum(dim=1)
    assert moved[[3, 40]].tolist() == pytest.approx([4.0, 12.0], abs=1e-5)
    assert moved.count_nonzero() == 2


def test_a_token_that_was_not_met_cannot_be_asked_for() -> None:
    encoder = Encoder(50)
    meet(encoder, [3])
    with pytest.raises(IndexError):
        encoder.get_input_embeddings()(torch.tensor([4]))


def test_what_met_nothing_stays_as_it_is() -> None:
    encoder = Encoder(5)
    put_back(encoder)
    assert isinstance(encoder.words, nn.Embedding)
