"""The head reads numbers of mean 0 and variance 1, and what is written down of it reads the encoder's own."""

import numpy as np
import pytest
import torch
import transformers

from mainspring.steps.learn.text.tuning.network import HEAD, TaggingNetwork

WIDTH, LOOKS, TAGS = 16, 10, 3


def test_standardised_vectors_are_read_and_the_weights_written_down_say_the_same() -> None:
    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=50, hidden_size=WIDTH, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32
    )
    network = TaggingNetwork(transformers.BertModel(config, add_pooling_layer=False), WIDTH, LOOKS, TAGS)
    ids, mask, looks = torch.randint(0, 50, (8, 20)), torch.ones(8, 20).long(), torch.randint(0, LOOKS, (8, 20))
    mask[0, 12:] = 0
    characters = torch.zeros(8, 20, 1).long()
    network.standardise(ids, mask, looks, characters)
    with torch.no_grad():
        left = network.encoder(ids, attention_mask=mask).last_hidden_state  # looks are nothing yet
        read = ((left - network.centre) * network.scale)[mask > 0]
        scores = network.eval()(ids, mask, looks, characters)
    assert read.mean(dim=0).abs().max() < 1e-4
    assert read.var(dim=0).numpy() == pytest.approx(np.ones(WIDTH), abs=1e-3)
    arrays = network.arrays()
    told = left.numpy() @ arrays[f"{HEAD}.weight"].T + arrays[f"{HEAD}.bias"]
    assert told == pytest.approx(scores.numpy(), abs=1e-4)
