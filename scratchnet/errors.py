"""What scratchnet raises when something handed to it can't be used."""

from collections.abc import Iterator
from contextlib import contextmanager


class ScratchnetError(ValueError):
    """A mistake in what was handed in, noticed before anything was changed.

    Every message answers the same three questions:

    came: what was handed in, with its value or shape
    expected: what would have been right
    do: what to do about it, as a sentence
    """

    def __init__(self, *, came: str, expected: str, do: str) -> None:
        self.came, self.expected, self.do = came, expected, do
        super().__init__(f"{came}. Expected {expected}. {do}")


class ShapeError(ScratchnetError):
    """An array, or a stack of layers, whose shapes don't fit together."""


class DataError(ScratchnetError):
    """A data set, or an image, that can't be read or doesn't fit the model."""


class ModelFileError(ScratchnetError):
    """A file that holds no model, or one that this library can't represent."""


class RunError(ScratchnetError):
    """A run folder that can't be made, resumed or shared."""


@contextmanager
def of_a_file() -> Iterator[None]:
    """What is wrong with a model that a file describes is wrong with the file: a ModelFileError."""
    try:
        yield
    except ModelFileError:
        raise
    except (ValueError, TypeError, OverflowError) as error:
        came, expected = (
            (error.came, error.expected) if isinstance(error, ScratchnetError) else (str(error), "one that can")
        )
        raise ModelFileError(
            came=f"The file describes no model that can be: {came:.300}",
            expected=expected,
            do="It was damaged or put together by hand: save the model anew.",
        ) from error
