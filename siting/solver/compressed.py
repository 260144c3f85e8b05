"""Lists of large objects, compressed one by one and decompressed on access.

The periods of a year say much the same, so that their matrices pack to a sixth; opening one takes a thousandth of the
time that solving it takes.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Generic, Protocol, TypeVar

import pyarrow as pa

T = TypeVar("T")
S = TypeVar("S")
T_co = TypeVar("T_co", covariant=True)

_CODEC = "zstd"
_LONG = 16
"""A tuple at least this long is a list of labels: things have it in common, and it is never packed."""


class Items(Protocol[T_co]):
    """What a tuple, a compressed list and a view have in common."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[T_co]: ...

    def __getitem__(self, i: int, /) -> T_co: ...


class CompressedList(Generic[T]):
    """A sequence whose items are packed.

    Parameters
    ----------
    items : iterable, optional
        Packed one by one, as they come.
    """

    def __init__(self, items: Iterable[T] = ()) -> None:
        # One store: many pieces of memory, with what was freed between them, would leave holes larger than they are.
        self._store = bytearray()
        self._spans: list[tuple[int, int, int]] = []
        self._common: list[tuple[Any, ...]] = []
        self._place: dict[int, int] = {}
        for item in items:
            self.append(item)

    def append(self, item: T) -> None:
        """Pack one more."""
        buffer = io.BytesIO()
        _Packer(buffer, self._common, self._place).dump(item)
        self._keep(pa.compress(buffer.getbuffer(), codec=_CODEC, asbytes=True), buffer.tell())

    def __len__(self) -> int:
        return len(self._spans)

    def __getitem__(self, i: int) -> T:
        packed, size = self._packed(i)
        item: T = _Opener(io.BytesIO(pa.decompress(packed, size, codec=_CODEC, asbytes=True)), self._common).load()
        return item

    def __iter__(self) -> Iterator[T]:
        return (self[i] for i in range(len(self)))

    def some(self, chosen: Iterable[int]) -> CompressedList[T]:
        """A compressed list with some of the items."""
        part: CompressedList[T] = CompressedList()
        for i in chosen:
            part._keep(*self._packed(i))
        part._common, part._place = self._common, self._place
        return part

    def __getstate__(self) -> dict[str, Any]:
        # Places go by identity, which no other process knows; there nothing is appended.
        return {**self.__dict__, "_place": {}}

    def _keep(self, packed: bytes, size: int) -> None:
        start = len(self._store)
        self._store += packed
        self._spans.append((start, len(self._store), size))

    def _packed(self, i: int) -> tuple[bytes, int]:
        start, end, size = self._spans[i]
        return bytes(self._store[start:end]), size


class View(Generic[S, T]):
    """A sequence seen through a function, item by item as they are asked for."""

    def __init__(self, items: Items[S], see: Callable[[S], T]) -> None:
        self._items, self._see = items, see

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, i: int) -> T:
        return self._see(self._items[i])

    def __iter__(self) -> Iterator[T]:
        return map(self._see, self._items)


class _Packer(pickle.Pickler):
    def __init__(self, buffer: io.BytesIO, common: list[tuple[Any, ...]], place: dict[int, int]) -> None:
        super().__init__(buffer, pickle.HIGHEST_PROTOCOL)
        self._common, self._place = common, place

    def persistent_id(self, item: Any) -> int | None:
        if type(item) is not tuple or len(item) < _LONG:
            return None
        if id(item) not in self._place:
            self._place[id(item)] = len(self._common)
            self._common.append(item)
        return self._place[id(item)]


class _Opener(pickle.Unpickler):
    def __init__(self, buffer: io.BytesIO, common: list[tuple[Any, ...]]) -> None:
        super().__init__(buffer)
        self._common = common

    def persistent_load(self, place: int) -> tuple[Any, ...]:
        return self._common[place]
