"""What is explored: a model or a run, its kept epochs, and the test images."""

import json
import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from scratchnet import datasets, losses
from scratchnet.errors import DataError, RunError, ScratchnetError
from scratchnet.layers import Dense, DepthwiseConv2D, Layer, Rescaling
from scratchnet.losses import SparseCategoricalCrossentropy
from scratchnet.models import Sequential, load_even_uncompiled
from scratchnet.parity.measure import usual
from scratchnet.parity.recording import Recording
from scratchnet.parity.shadow import cancelled
from scratchnet.runs import RunFolder, image_shape, load_test
from scratchnet.tracing import Trace
from scratchnet.typing import Array

KEPT_MODELS, KEPT_TRACES = 64, 8


@dataclass(frozen=True)
class Question:
    """What a trace is asked for.

    label: of the loss that is gone back from; None for the model's own answer;  logit: gone back from instead
    training: with dropout and the image's own moments, masks being those of step `seed`
    epoch: whose weights; None for the model's
    backward: False where only the answer is wanted
    """

    label: int | None = None
    logit: int | None = None
    training: bool = False
    seed: int = 0
    epoch: int | None = None
    backward: bool = True


@dataclass(frozen=True, eq=False)
class Answer:
    """key: by which the server finds it again;  tensors: of the one image, without the samples' axis"""

    key: str
    trace: Trace
    tensors: dict[str, Array]
    label: int | None


class Subject:
    """A model as it answers questions. Nothing of it is changed."""

    def __init__(
        self,
        path: str | Path,
        *,
        data: str | Path | None = None,
        limit: int | None = None,
        reference: str | Path | None = None,
    ) -> None:
        """Of a .keras or .h5 file, or of a run's folder.

        data, limit: whose test images are offered, and how many;  reference: a recording with whole tensors, of Keras
        Raises ScratchnetError.
        """
        path = Path(path)
        self.source = str(path)
        self.epochs: dict[int, Path] = {}
        self.history: dict[str, list[float]] | None = None
        trained_on = None
        if path.is_dir():
            path, trained_on = self._open_run(path)
        self._path = path
        self.model = _load(path)
        self.image_shape = image_shape(self.model)
        self.config = [layer.get_config() for layer in self.model.layers]
        self.white = 255 if _takes_bytes(self.model) else 1
        self.tests = self._tests(data or trained_on, limit, asked=data is not None)
        self.reference = None if reference is None else self._recorded(reference)
        self._models: OrderedDict[int, Sequential] = OrderedDict()
        self._traces: OrderedDict[str, Answer] = OrderedDict()
        self._wrong: dict[int | None, Array] = {}
        self._one_at_a_time, self._loading, self._predicting = (threading.Lock() for _ in range(3))
        self._count = 0

    def _open_run(self, path: Path) -> tuple[Path, str | Path | None]:
        """The model's file, and the data that it was trained on."""
        folder = RunFolder(path)
        record = folder.record()
        models = [path / name for name in ("model.keras", "checkpoint.keras") if (path / name).exists()]
        if record is None or not models:
            raise RunError(
                came=f"{path}, a folder without a run that has done an epoch",
                expected="a run's folder, or a .keras or .h5 file",
                do="Train one: scratchnet train.",
            )
        self.epochs = folder.epochs()
        try:
            self.history = json.loads((path / "history.json").read_bytes(), parse_constant=lambda _: None)  # of NaN
        except (OSError, ValueError):  # not finished, or not ours: the page goes without
            self.history = None
        return models[0], folder.data

    def _tests(self, data: str | Path | None, limit: int | None, *, asked: bool) -> tuple[Array, Array] | None:
        """Images that fit, as the network takes them, and labels. Those that nobody asked for may be missing."""
        try:
            x, labels = load_test(data, limit)
        except DataError:
            if asked:
                raise
            return None
        if x.shape[1:] != self.image_shape or labels.max() >= self.classes:
            if asked:
                raise DataError(
                    came=f"Test images of shape {x.shape[1:]} in {labels.max() + 1} classes",
                    expected=f"{self.image_shape} in {self.classes} classes, for which the model was made",
                    do="Give such images with --data, or leave it out and draw.",
                )
            return None
        return (x if self.white == 1 else np.rint(self.white * x)), labels

    def _recorded(self, path: str | Path) -> Recording:
        """What another library made of images, of the same layers."""
        recording = Recording(path, kernels="plain")
        recording.whole(0)  # which tells what is to be done, where there are no whole tensors
        if recording.layers() != {layer.name: (layer.output_shape, _size(layer)) for layer in self.model.layers}:
            raise DataError(
                came=f"{path}, a recording of other layers",
                expected="one of this model",
                do=f"Record it: python -m reference.dump {self._path} --whole --output FILE.",
            )
        return recording

    # ---------- what it is
    @property
    def classes(self) -> int:
        return max(2, self.model.output_shape[0])

    def describe(self) -> dict[str, Any]:
        """All that the page knows before it has asked anything: JSON."""
        model = self.model
        return {
            "name": model.name,
            "source": self.source,
            "file": str(self._path),
            "dtype": model.dtype.name,
            "input_shape": self.image_shape,
            "classes": self.classes,
            "loss": None if model.loss is None else losses.serialize(model.loss),
            "parameters": model.count_params(),
            "layers": [
                self._describe(layer, options) for layer, options in zip(model.layers, self.config, strict=True)
            ],
            "epochs": list(self.epochs),
            "history": self.history,
            "tests": 0 if self.tests is None else len(self.tests[0]),
            "reference": None if self.reference is None else self._describe_reference(self.reference),
        }

    def _describe_reference(self, recording: Recording) -> dict[str, Any]:
        """differs: the first weight that isn't this model's;  tolerance: of what parity calls equal"""
        dtype = recording.whole(0).x.dtype.name
        return {
            "version": recording.version,
            "images": recording.images,
            "dtype": dtype,
            "differs": recording.differs_in(self.model),
            "tolerance": max(usual(dtype), usual(self.model.dtype.name)).difference,
        }

    def _describe(self, layer: Layer, options: dict[str, Any]) -> dict[str, Any]:
        windows = getattr(layer, "windows", None)
        return {
            "name": layer.name,
            "kind": type(layer).__name__,
            "options": options,
            "activation": layer.activation,
            "input_shape": layer.input_shape,
            "output_shape": layer.output_shape,
            "padding": getattr(layer, "padding", None) if windows is None else windows.padding,
            "weights": {name: array.shape for name, array in layer.weights.items()},
            "parameters": _size(layer),
        }

    def at_epoch(self, epoch: int | None) -> Sequential:
        """The model with the weights it had after that epoch. Raises ScratchnetError."""
        if epoch is None:
            return self.model
        if epoch not in self.epochs:
            raise ScratchnetError(
                came=f"epoch={epoch}",
                expected=f"one of {', '.join(map(str, self.epochs))}" if self.epochs else "none: no epochs were kept",
                do="Train with --checkpoints every.",
            )
        with self._loading:
            if epoch not in self._models:
                model = Sequential.from_data(self.model.to_data(), kernels="plain")
                model.load_weights(self.epochs[epoch])
                self._models[epoch] = model
                if len(self._models) > KEPT_MODELS:
                    self._models.popitem(last=False)
            return self._models[epoch]

    # ---------- what it answers
    def trace(self, x: Array, question: Question) -> Answer:
        """What every layer makes of one image, x: (H, W, C), and the gradients. Raises ScratchnetError."""
        with self._one_at_a_time, np.errstate(all="ignore"):  # the page counts what is no number
            model = self.at_epoch(question.epoch)
            batch = x.reshape(1, *(model.input_shape or x.shape))
            options: dict[str, Any] = {"training": question.training, "step": question.seed}
            label = question.label
            if not question.backward:
                seen = model.trace(batch, **options)
            elif question.logit is not None:
                seen = model.trace(batch, logit=question.logit, **options)
            elif model.loss is None:
                raise ScratchnetError(
                    came="gradients of a loss that the model hasn't", expected="a compiled model", do="Choose a logit."
                )
            else:
                if label is None:
                    label = self.prediction(model.trace(batch, **options).output[0])
                seen = model.trace(batch, self._target(model, label), **options)
            self._count += 1
            answer = Answer(str(self._count), seen, _tensors(seen, x), label)
            self._traces[answer.key] = answer
            if len(self._traces) > KEPT_TRACES:
                self._traces.popitem(last=False)
            return answer

    def prediction(self, output: Array) -> int:
        """The class that an answer, (K,), is for."""
        return int(self._predictions(output[None])[0])

    def _predictions(self, outputs: Array) -> Array:
        """(N, K) → (N,); a single number is for class 1 where it is nearer to it"""
        if outputs.shape[1] > 1:
            return outputs.argmax(axis=1)
        return (outputs[:, 0] > (0 if getattr(self.model.loss, "from_logits", False) else 0.5)).astype(int)

    def _target(self, model: Sequential, label: int) -> Array:
        if not 0 <= label < self.classes:
            raise ScratchnetError(came=f"label={label}", expected=f"from 0 to {self.classes - 1}", do="Choose another.")
        if isinstance(model.loss, SparseCategoricalCrossentropy):
            return np.array([label])
        K = model.output_shape[0]
        return np.array([[label]]) if K == 1 else np.eye(K)[[label]]

    def weights(self, name: str, epoch: int | None, unit: int | None, row: int | None) -> dict[str, Array]:
        """The weights of a layer: all, those of one unit, or those of one row of a Dense kernel."""
        layer = _named(self.at_epoch(epoch), name)
        return _part(layer, layer.weights, unit, row)

    def gradients(self, key: str, name: str, unit: int | None, row: int | None) -> dict[str, Array]:
        """The gradients of a layer's weights in a trace. Raises ScratchnetError where that is forgotten."""
        answer = self._traces.get(key)
        if answer is None:
            raise ScratchnetError(
                came=f"The trace {key}", expected=f"one of the last {KEPT_TRACES}", do="Ask for the trace again."
            )
        return _part(_named(self.model, name), answer.trace[name].grads, unit, row)

    # ---------- test images
    def wrong(self, epoch: int | None) -> Array:
        """The places of the test images that the model takes for something else."""
        with self._predicting:
            if epoch not in self._wrong:
                assert self.tests is not None  # asked for by index only where there are some
                x, labels = self.tests
                model = self.at_epoch(epoch)
                fast = Sequential.from_data(model.to_data(), compile=False)  # a model of its own, with the fast kernels
                output = fast.predict(x.reshape(-1, *(model.input_shape or x.shape[1:])), 128)
                self._wrong[epoch] = np.flatnonzero(self._predictions(output) != labels)
            return self._wrong[epoch]

    def image(self, index: int) -> tuple[Array, int]:
        """A test image and its label. Raises ScratchnetError."""
        count = 0 if self.tests is None else len(self.tests[0])
        if self.tests is None or not 0 <= index < count:
            raise ScratchnetError(came=f"test={index}", expected=f"a test image below {count}", do="Choose another.")
        return self.tests[0][index], int(self.tests[1][index])

    def recorded(self, index: int) -> tuple[Array, int, dict[str, Array]]:
        """An image of the recording as this model takes it, its label, and the other library's tensors of it alone."""
        if self.reference is None:
            raise ScratchnetError(came="An image of a recording", expected="one", do="Start with --reference FILE.")
        x, t, tensors = self.reference.whole(index)
        label = int(t[0].argmax()) if t[0].size > 1 else int(t[0].item())
        own = {name: tensor[0] if _of_samples(name) else tensor for name, tensor in tensors.items()}
        return x[0].astype(self.model.dtype).reshape(self.image_shape), label, own

    def cancelled(self, tensors: dict[str, Array]) -> dict[str, float]:
        """How large the terms are that a tensor's numbers are left of, by name: parity's, and the loss is of the answer."""
        last = self.model.layers[-1].name
        sizes = cancelled(tensors, last) | {"loss": float(np.abs(tensors[f"{last}/y"]).max())}
        return {name: size for name, size in sizes.items() if np.isfinite(size)}

    def taken(self, pixels: Array) -> Array:
        """Bytes, (H, W, C), as the network takes them: from 0 to 1, unless it begins by bringing them there."""
        if self.white == 255:
            return pixels.astype(self.model.dtype)
        return datasets.scale_images(pixels[None], self.model.dtype)[0]

    def drawn(self, pixels: Array, *, normalize: bool) -> Array:
        """A picture as the network takes it: (height, width, C) bytes → (H, W, C). Raises DataError for a blank one.

        normalize: a digit is made one of MNIST's; otherwise the picture is only resized
        """
        H, W, C = self.image_shape
        if normalize and C == 1:
            image = datasets.normalize_digit(pixels[..., 0], (H, W))
        else:
            image = datasets.resize(pixels, (H, W))
        return self.taken(image.reshape(H, W, C))


def _load(path: Path) -> Sequential:
    """The model with the plain kernels, which need no compiling and are fast enough for one image."""
    model = load_even_uncompiled(path, kernels="plain")
    image_shape(model)  # refuses a model of something else
    usual = {"softmax": "categorical_crossentropy", "sigmoid": "binary_crossentropy"}
    model.compile("sgd", model.loss or usual.get(model.layers[-1].activation))  # which drops the optimizer's arrays
    return model


def _takes_bytes(model: Sequential) -> bool:
    first = model.layers[0]
    return isinstance(first, Rescaling) and abs(first.scale) < 1


def _tensors(seen: Trace, x: Array) -> dict[str, Array]:
    tensors = {"x": seen.layers[0].x[0].reshape(x.shape)}
    for layer in seen.layers:
        tensors[f"{layer.name}/y"] = layer.y[0]
        if layer.z is not layer.y:
            tensors[f"{layer.name}/z"] = layer.z[0]
        if layer.dy is not None:
            tensors[f"{layer.name}/dy"] = layer.dy[0]
        if layer.dz is not None and layer.dz is not layer.dy:
            tensors[f"{layer.name}/dz"] = layer.dz[0]
        tensors |= {f"{layer.name}/{name}": decision[0] for name, decision in layer.decisions.items()}
    if seen.layers[0].dx is not None:
        tensors["dx"] = seen.layers[0].dx[0].reshape(x.shape)
    if seen.loss is not None:
        tensors["loss"] = seen.loss[0]
    return tensors


def _of_samples(name: str) -> bool:
    """Whether a recorded tensor has an axis for samples: a gradient of weights hasn't."""
    return name == "loss" or name.rpartition("/")[2] in {"z", "y", "dx", "dy", "dz"}


def _size(layer: Layer) -> int:
    return sum(array.size for array in layer.weights.values())


def _named(model: Sequential, name: str) -> Layer:
    names = {layer.name: layer for layer in model.layers}
    if name not in names:
        raise ScratchnetError(
            came=f"The layer {name!r}", expected=f"one of {', '.join(names)}", do="Choose one of these names."
        )
    return names[name]


def _part(layer: Layer, arrays: dict[str, Array], unit: int | None, row: int | None) -> dict[str, Array]:
    """unit: only what belongs to this filter or unit;  row: only this row of a Dense kernel"""
    if row is not None and not isinstance(layer, Dense):
        raise ScratchnetError(came=f"row={row} of {layer.name}", expected="a Dense layer", do="Choose a unit instead.")
    if row is not None:
        _check_index("row", row, layer.input_shape[-1])
        return {name: array[row] for name, array in arrays.items() if name == "kernel"}
    if unit is not None:
        _check_index("unit", unit, layer.output_shape[-1])
        return {name: _filters_last(layer, array)[..., unit] for name, array in arrays.items()}
    return arrays


def _filters_last(layer: Layer, array: Array) -> Array:
    """With one axis for the filters: a depthwise kernel has two, C and M."""
    depthwise = isinstance(layer, DepthwiseConv2D) and array.ndim == 4
    return array.reshape(*array.shape[:2], -1) if depthwise else array


def _check_index(option: str, index: int, size: int) -> None:
    if not 0 <= index < size:
        raise ScratchnetError(came=f"{option}={index}", expected=f"from 0 to {size - 1}", do="Choose another.")
