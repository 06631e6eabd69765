"""JSON that a file has, read with suspicion."""

import json
import math
from typing import Any, NoReturn

from scratchnet.errors import ModelFileError
from scratchnet.saving.data import Json
from scratchnet.saving.refusal import quoted, refusal

_LONGEST = 2**22  # characters; a layer takes about a thousand
_LARGEST = 2**63  # whole number


def parsed(text: str | bytes, file: str, what: str, *, finite: bool = True) -> Json:
    """The JSON object that a file has for `what`;  finite: its numbers must be ones that can be calculated with"""

    def refuse(value: str) -> NoReturn:
        raise refusal(file, f"its {what} has {quoted(value)} for a number")

    def whole(digits: str) -> int:
        return int(digits) if len(digits) <= 20 and abs(int(digits)) < _LARGEST else refuse(digits)

    def real(digits: str) -> float:
        return value if math.isfinite(value := float(digits)) else refuse(digits)

    def once(pairs: list[tuple[str, Any]]) -> Json:
        if len(found := dict(pairs)) < len(pairs):
            raise refusal(file, f"its {what} says something twice")
        return found

    checks: Json = {"parse_constant": refuse, "parse_float": real, "parse_int": whole} if finite else {}
    try:
        value = json.loads(text, object_pairs_hook=once, **checks) if len(text) <= _LONGEST else None
    except ModelFileError:
        raise
    except ValueError as error:
        raise refusal(file, f"its {what} is no JSON ({error})") from error
    if not isinstance(value, dict):
        raise refusal(file, f"its {what} is no JSON object of at most {_LONGEST} characters")
    return value
