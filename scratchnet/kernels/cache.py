"""Compiled code, kept from one process to the next."""

import pickle
import re
import secrets
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from hashlib import sha256
from inspect import getfile
from pathlib import Path
from typing import Any

import numba
from numba.core.caching import FunctionCache
from numba.core.serialize import dumps


class Cache(FunctionCache):
    """Numba's cache of a function, which knows neither its checked mode nor what other files than the function's say.

    The folder is Numba's: NUMBA_CACHE_DIR, or else __pycache__ beside the file, or else one of the user's. Machines of
    several kinds may share it. Raises RuntimeError where none can be written.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function)  # type: ignore[no-untyped-call]
        name = re.sub("[<>]", "", f"{Path(getfile(function)).stem}.{function.__qualname__}")
        text = _text_of_kernels() + repr(self._impl.locator.get_source_stamp()).encode()  # the stamp is of its own file
        self._cache_file = _Folder(Path(self.cache_path), name, sha256(text).digest())  # type: ignore[assignment]

    def _index_key(self, signature: Any, codegen: Any) -> tuple[Any, ...]:
        """All that the code depends on but the text: Numba says types, CPU, its features and what a closure holds."""
        key = super()._index_key(signature, codegen)  # type: ignore[no-untyped-call]
        checked = numba.config.BOUNDSCHECK  # type: ignore[attr-defined]  # from the environment
        return (*key, checked, self._impl.filename_base, numba.__version__, sys.version)


class _Folder:
    """A function's entries: a file each, named by its key, which holds the digest of the text it was compiled from.

    Numba keeps an index of them. Processes that start together overwrite it in turns, and the code of one machine can
    come under the key of another. Here nothing is shared, and a file is the old one or the new one.
    """

    def __init__(self, folder: Path, name: str, text: bytes) -> None:
        self._folder, self._name, self._text = folder, name, text

    def load(self, key: tuple[Any, ...]) -> Any:
        with suppress(OSError):
            entry = self._file(key).read_bytes()
            text, seal, code = entry[:32], entry[32:64], entry[64:]
            if text == self._text and seal == sha256(code).digest():  # of this text, and whole
                return pickle.loads(code)
        return None

    def save(self, key: tuple[Any, ...], data: Any) -> None:
        """What can't be written is compiled again some day. What was compiled from another text goes."""
        code, file = dumps(data), self._file(key)  # type: ignore[no-untyped-call]
        new = file.with_suffix(f".{secrets.token_hex(4)}.tmp")
        with suppress(OSError):
            new.write_bytes(self._text + sha256(code).digest() + code)
            new.replace(file)
            for other in self._folder.glob(f"{self._name}-*.code"):
                with other.open("rb") as entry:
                    stale = entry.read(32) != self._text
                if stale:
                    other.unlink()
        with suppress(OSError):
            new.unlink(missing_ok=True)

    def _file(self, key: tuple[Any, ...]) -> Path:
        return self._folder / f"{self._name}-{sha256(repr(key).encode()).hexdigest()[:16]}.code"


@cache
def _text_of_kernels() -> bytes:
    """The digest of every file here: a kernel is compiled from its own text and from that of all it calls."""
    files = sorted(Path(__file__).parent.rglob("*.py"))
    return sha256(b"".join(sha256(file.read_bytes()).digest() for file in files)).digest()
