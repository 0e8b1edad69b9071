"""A small automation, learned once; a test gets a copy of its workspace."""

import random
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from mainspring import Workspace

Untaught = Callable[[Path, Sequence[str]], Path]
"""Writes a small encoder into a folder, with weights of chance, that knows these words."""
CONTRACTS = ["Month-to-month", "One year", "Two year"]
GAINS = "true_positive: 120, false_positive: -20, false_negative: -100"
DECLARATION = """
name: retention
source: {{table: customers.csv, key: customer}}
learn: {{target: churn, positive: "Yes", optimise: profit, limits: {{time: 40s}}, candidates: [linear, decision_tree]}}
decide:
  gains: {{{gains}}}
  rules: [{{if: "contract == 'Two year'", then: skip, because: bound by contract}}]
{decide}
act: {{offer: {{table: offers}}}}
{rest}
"""


def declare(folder: Path, decide: str = "", rest: str = "", gains: str = GAINS) -> Path:
    """The declaration of ``retention`` beside its customers."""
    dice = random.Random(7)
    lines = ["customer,tenure,contract,charges,churn"]
    for number in range(300):
        tenure, contract, charges = dice.randint(0, 70), dice.choice(CONTRACTS), round(dice.uniform(20, 110), 2)
        leaning = 0.9 - tenure / 60 - 0.4 * CONTRACTS.index(contract) + charges / 150
        lines.append(f"C{number},{tenure},{contract},{charges},{'Yes' if dice.random() < leaning else 'No'}")
    (folder / "customers.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    path = folder / "retention.yaml"
    path.write_text(DECLARATION.format(decide=decide, rest=rest, gains=gains), encoding="utf-8")
    return path


def customers(count: int, seed: int = 1) -> list[dict]:
    """New customers, some with odd values."""
    dice = random.Random(seed)
    return [
        {
            "customer": f"N{number}", "tenure": dice.choice([dice.randint(0, 70), None]), "contract": dice.choice([*CONTRACTS, "新"]),
            "charges": round(dice.uniform(20, 110), 2),
        }
        for number in range(count)
    ]  # fmt: skip


@pytest.fixture(scope="session")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("retention")
    with Workspace(folder / "space") as workspace:
        workspace.run(declare(folder))
    return folder / "space"


@pytest.fixture
def space(learned: Path, tmp_path: Path) -> Path:
    """The folder of a workspace in which ``retention`` has been learned."""
    return Path(shutil.copytree(learned, tmp_path / "space"))


@pytest.fixture
def workspace(space: Path) -> Iterator[Workspace]:
    with Workspace(space) as opened:
        yield opened


@pytest.fixture(scope="session")
def untaught() -> Untaught:
    tokenizers, transformers = pytest.importorskip("tokenizers"), pytest.importorskip("transformers")
    torch = pytest.importorskip("torch")

    def write(place: Path, words: Sequence[str]) -> Path:
        known = {word: at for at, word in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *words])}
        tokenizer = tokenizers.Tokenizer(tokenizers.models.WordLevel(known, "[UNK]"))
        tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
        tokenizer.post_processor = tokenizers.processors.TemplateProcessing(
            single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
        )
        torch.manual_seed(0)
        config = transformers.BertConfig(
            vocab_size=len(known), hidden_size=64, num_hidden_layers=2, num_attention_heads=4, intermediate_size=128,
            max_position_embeddings=40,
        )  # fmt: skip
        transformers.BertModel(config).save_pretrained(place)
        tokenizer.save(str(place / "tokenizer.json"))
        return place

    return write
