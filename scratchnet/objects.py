"""Objects as Keras names them in strings and writes them in files: a class and its options."""

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from math import inf, isfinite, nan
from numbers import Integral, Real
from reprlib import Repr
from typing import Any, TypeVar

from scratchnet.errors import ModelFileError, ScratchnetError
from scratchnet.naming import snake_case

_short = Repr()
_short.maxstring = _short.maxother = 100
T = TypeVar("T")
Off = Mapping[str, tuple[Any, ...] | None]  # Keras's other options, and the values that change nothing (None: any)


def shown(value: object) -> str:
    """A repr for a message: short and not deep, whatever a file may hold."""
    return _short.repr(value)


def names(*kinds: type[T], **others: type[T]) -> dict[str, type[T]]:
    """The classes by Keras's strings for them: the class name, its snake case, and what else Keras calls it."""
    return {kind.__name__: kind for kind in kinds} | {snake_case(kind.__name__): kind for kind in kinds} | others


def make(what: str, given: object, known: Mapping[str, type[T]], off: Off | None = None) -> T:
    """The object that a string names, or that {"class_name": …, "config": {…}} describes.

    what: "initializer", "loss", …: for the message
    off: an option that ours doesn't have must have one of these values, by default None or False
    """
    error = ModelFileError if isinstance(given, dict) else ScratchnetError
    name, config = (given.get("class_name"), given.get("config")) if isinstance(given, dict) else (given, {})
    if not isinstance(name, str) or name not in known or not isinstance(config, dict):
        kinds = dict.fromkeys(kind.__name__ for kind in known.values())
        raise error(came=f"{what}={shown(given)}", expected=f"one of {', '.join(kinds)}", do="Choose one of these.")
    kind = known[name]
    own: dict[str, Any] = {option.name: option for option in fields(kind) if option.init}  # type: ignore[arg-type]
    for option, value in config.items():
        allowed = (off or {}).get(option, (None, False))
        if option not in own and allowed is not None and not any(_same(value, off) for off in allowed):
            raise error(
                came=f"The {what} {name} has {option}={shown(value)}",
                expected=f"{option}={allowed[0]!r}, which is all that scratchnet has",
                do="What it belongs to needs Keras.",
            )
    for option, field in own.items():
        if option not in config and field.default is MISSING and field.default_factory is MISSING:
            raise error(came=f"The {what} {name} has no {option}", expected="a value for it", do="Give it one.")
    return kind(**{option: value for option, value in config.items() if option in own})


def _same(one: object, other: object) -> bool:
    """Equal, and not only as 0 is equal to False"""
    return type(one) is type(other) and one == other


def serialize(thing: Any) -> dict[str, Any]:
    """What `make` takes: the class and its options, as Keras writes them."""
    return {"class_name": type(thing).__name__, "config": options(thing)}


def options(thing: Any) -> dict[str, Any]:
    """The fields that its constructor takes, as JSON."""
    return {option.name: plain(getattr(thing, option.name)) for option in fields(thing) if option.init}


def plain(value: Any) -> Any:
    """JSON: a tuple as a list, one of our objects as its class and options."""
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return serialize(value) if is_dataclass(value) and not isinstance(value, type) else value


def check_flags(thing: Any) -> None:
    """A ScratchnetError unless the fields that say yes or no do."""
    for option in fields(thing):
        if option.type is bool and not isinstance(value := getattr(thing, option.name), bool):
            raise ScratchnetError(
                came=f"{option.name}={shown(value)}", expected="True or False", do=f"Choose one for {option.name}."
            )


def number(option: str, value: object, *, least: float = -inf, most: float = inf) -> float:
    """The value as a float; a ScratchnetError unless it is a finite number from `least` to `most`."""
    try:
        exact = float(value) if isinstance(value, Real) and not isinstance(value, bool) else nan
    except OverflowError:  # an int with more digits than a float has room for
        exact = inf
    if not (isfinite(exact) and least <= exact <= most):
        limits = {(-inf, inf): "a finite number", (0, inf): "a finite number of 0 or more"}
        raise ScratchnetError(
            came=f"{option}={shown(value)}",
            expected=limits.get((least, most), f"a number from {least:g} to {most:g}"),
            do=f"Choose another {option}.",
        )
    return exact


def whole(option: str, value: object, *, least: int) -> int:
    """The value as an int; a ScratchnetError unless it is a whole number of `least` or more, in 64 bits."""
    exact = int(value) if isinstance(value, Integral) and not isinstance(value, bool) else least - 1
    if not least <= exact < 2**63:
        raise ScratchnetError(
            came=f"{option}={shown(value)}",
            expected=f"a whole number of {least} or more",
            do=f"Choose another {option}.",
        )
    return exact
