"""A training run: its settings, its folder, what it is trained on, what comes out; nothing of it is lost."""

from scratchnet.runs.data import Examples, load_test
from scratchnet.runs.folder import RunFolder
from scratchnet.runs.results import Mistake, Result, fitted, image_shape, score
from scratchnet.runs.run import Run
from scratchnet.runs.settings import Settings

__all__ = [
    "Examples",
    "Mistake",
    "Result",
    "Run",
    "RunFolder",
    "Settings",
    "fitted",
    "image_shape",
    "load_test",
    "score",
]
