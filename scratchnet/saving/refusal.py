"""How this package says no to a file."""

from reprlib import Repr

from scratchnet.errors import ModelFileError

_repr = Repr()
_repr.maxstring = _repr.maxother = 100


def quoted(value: object) -> str:
    """What a file says: short and escaped, so that it can be printed whatever it is."""
    return _repr.repr(value)


def refusal(
    file: str,
    came: str,
    expected: str = "a model file as Keras writes it",
    do: str = "The file is damaged, cut short or something else: get it again, or save the model anew.",
) -> ModelFileError:
    """The error for a file, whose name starts the message."""
    return ModelFileError(came=f"{file}: {came}", expected=expected, do=do)
