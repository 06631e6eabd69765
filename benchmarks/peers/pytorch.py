"""PyTorch without Keras: eager, channels last, the layers of the notebook's networks."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

from benchmarks.peers.base import Trainer
from scratchnet.typing import Array, Shape


class PyTorch(Trainer):
    def __init__(self, threads: int | None) -> None:
        super().__init__(threads)
        if threads:
            torch.set_num_threads(threads)

    def build(self, config: dict[str, Any], weights: Sequence[Array]) -> None:
        modules = list(_modules(config["layers"], [array.shape for array in weights]))
        self.model = nn.Sequential(*modules).to(memory_format=torch.channels_last)
        self.set_weights(weights)
        self.optimizer = torch.optim.Adadelta(self.model.parameters(), lr=1.0, rho=0.95, eps=1e-7)  # as Keras has it

    def fit(self, x: Array, y: Array, batch_size: int) -> None:
        self.model.train()
        images, classes = _images(x), torch.from_numpy(y.argmax(axis=1))
        right = torch.zeros((), dtype=torch.int64)
        for places in torch.randperm(len(x)).split(batch_size):
            logits, truth = self.model(images[places]), classes[places]
            self.optimizer.zero_grad()
            nn.functional.cross_entropy(logits, truth).backward()
            self.optimizer.step()
            right += (logits.argmax(dim=1) == truth).sum()

    def predict(self, x: Array, batch_size: int) -> Array:
        self.model.eval()
        with torch.inference_mode():
            answers: Array = torch.cat(
                [self.model(batch).softmax(dim=1) for batch in _images(x).split(batch_size)]
            ).numpy()
        return answers

    def get_weights(self) -> list[Array]:
        return [_turned_back(parameter.detach().numpy()).copy() for parameter in self.model.parameters()]

    def set_weights(self, weights: Sequence[Array]) -> None:
        with torch.no_grad():
            for parameter, array in zip(self.model.parameters(), weights, strict=True):
                parameter.copy_(torch.from_numpy(_turned(array)))


class _Flatten(nn.Module):  # type: ignore[misc,unused-ignore]  # Any, where PyTorch is not installed
    """In the order of HWC, as everybody else's weights have it: with channels last, nothing moves."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.permute(0, 2, 3, 1).flatten(1)


def _modules(layers: Sequence[dict[str, Any]], shapes: Sequence[Shape]) -> Iterator[nn.Module]:
    """The stack, but for the last softmax, which the loss wants to have itself.  shapes: of a kernel and a bias a layer"""
    kernels = iter(shapes[::2])
    for layer in layers:
        config = layer["config"]
        match layer["class_name"]:
            case "Conv2D":
                KH, KW, C, F = next(kernels)
                yield nn.Conv2d(C, F, (KH, KW))
            case "MaxPooling2D":
                yield nn.MaxPool2d(tuple(config["pool_size"]))
            case "Flatten":
                yield _Flatten()
            case "Dense":
                yield nn.Linear(*next(kernels))
            case "Dropout":
                yield nn.Dropout(config["rate"])
            case name:
                raise NotImplementedError(f"PyTorch's peer doesn't know {name} layers")
        if config.get("activation") == "relu":
            yield nn.ReLU()


def _images(x: Array) -> torch.Tensor:
    """(N, H, W, C) as PyTorch counts, (N, C, H, W), where they lie."""
    return torch.from_numpy(x).permute(0, 3, 1, 2)


def _turned(array: Array) -> Array:
    """HWIO → OIHW, and a matrix transposed, which is how PyTorch has its weights."""
    return np.ascontiguousarray(array.transpose(3, 2, 0, 1) if array.ndim == 4 else array.T)


def _turned_back(array: Array) -> Array:
    return array.transpose(2, 3, 1, 0) if array.ndim == 4 else array.T
