"""Training: a network in Keras, on PyTorch or TensorFlow, a step at a time. The only file that speaks Keras.

Which framework Keras stands on is settled when it is first imported: :mod:`framework` sees to that.
"""

import warnings
from typing import Any, cast

import keras
import numpy as np

from mainspring.steps.learn.tabular.network.course import Rows
from mainspring.steps.learn.tabular.network.weights import Array, Weights

ops: Any = keras.ops
"""Its types say None where a framework's are meant."""


class _Network(keras.Model):
    """The same answers as :class:`Weights`, each member's for itself (n × k × o)."""

    def __init__(self, start: Weights, dropout: float, seed: int) -> None:
        super().__init__(name="network")
        self.held = {name: self._held(name, array) for name, array in start.to_arrays().items() if array.size}
        self.depth = len(start.layers)
        self.numbers = len(start.frequency)
        self.drop = keras.layers.Dropout(dropout, noise_shape=(None, 1, None), seed=seed) if dropout else None
        self.built = True

    def _held(self, name: str, array: Array) -> Any:
        frozen = name == "scale" and len(array) == 1
        weight = self.add_weight(shape=array.shape, initializer="zeros", trainable=not frozen, name=name)
        weight.assign(array)
        return weight

    def call(self, inputs: tuple[Any, Any], training: bool = False) -> Any:
        plain, codes = inputs
        held = self.held
        parts, n = [plain], ops.shape(plain)[0]
        if "mix" in held:
            numbers = plain[:, : self.numbers, None]
            waves = ops.cos(numbers * held["frequency"] + held["phase"])
            mixed = ops.einsum("nfq,fqe->nfe", waves, held["mix"])
            parts.append(ops.reshape(mixed, (n, mixed.shape[1] * mixed.shape[2])))
        if "table" in held:
            found = ops.take(held["table"], codes, axis=0)
            parts.append(ops.reshape(found, (n, found.shape[1] * found.shape[2])))
        hidden = ops.expand_dims(ops.concatenate(parts, axis=1), 1) * held["scale"]
        for number in range(self.depth):
            hidden = ops.relu(ops.matmul(hidden, held[f"matrix{number}"]) + held[f"bias{number}"])
            if self.drop is not None:
                hidden = self.drop(hidden, training=training)
        return ops.einsum("nkh,kho->nko", hidden, held["head"]) + held["bias"]


class Trainer:
    """Learns from ``start`` on; ``loss`` is one of :data:`LOSSES`."""

    def __init__(self, start: Weights, loss: str, dropout: float, decay: float, seed: int) -> None:
        self._start = start.to_arrays()
        self._network = _Network(start, dropout, seed)
        self._optimizer = keras.optimizers.AdamW(weight_decay=decay, global_clipnorm=1.0)
        self._optimizer.exclude_from_weight_decay(var_names=["bias", "scale", "phase", "frequency"])
        self._network.compile(optimizer=self._optimizer, loss=LOSSES[loss], jit_compile=cast(Any, False))

    def step(self, rows: Rows, rate: float) -> None:
        self._optimizer.learning_rate = rate
        self._network.train_on_batch((rows.plain, rows.codes), rows.truth, sample_weight=rows.weights)

    def answers(self, plain: Array, codes: Array) -> Array:
        """What each member answers (n × k × o), by the framework itself."""
        return _plainly(self._network((plain, codes), training=False))

    def weights(self) -> Weights:
        learned = {name: _plainly(held) for name, held in self._network.held.items()}
        return Weights.from_arrays({**self._start, **learned})


def _plainly(tensor: Any) -> Array:
    with warnings.catch_warnings():
        # That Keras asks numpy for copies in a way of former days is no news.
        warnings.simplefilter("ignore", DeprecationWarning)
        return np.array(ops.convert_to_numpy(tensor))


def _squared(truth: Any, answers: Any) -> Any:
    return ops.mean(ops.square(answers[:, :, 0] - ops.expand_dims(truth, 1)), axis=1)


def _absolute(truth: Any, answers: Any) -> Any:
    return ops.mean(ops.abs(answers[:, :, 0] - ops.expand_dims(truth, 1)), axis=1)


def _two(truth: Any, answers: Any) -> Any:
    raw = answers[:, :, 0]
    return ops.mean(ops.softplus(raw) - ops.expand_dims(truth, 1) * raw, axis=1)


def _many(truth: Any, answers: Any) -> Any:
    logs = ops.log_softmax(answers, axis=-1)
    places = ops.one_hot(ops.cast(truth, "int32"), answers.shape[-1], dtype=logs.dtype)
    return -ops.mean(ops.sum(logs * ops.expand_dims(places, 1), axis=-1), axis=1)


LOSSES = {"squared": _squared, "absolute": _absolute, "two": _two, "many": _many}
