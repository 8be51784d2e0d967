"""Reads single tiles out of a PMTiles version 3 archive."""

import gzip
import struct
from pathlib import Path


class PMTiles:
    """One archive; tiles are returned as stored (gzip)."""

    def __init__(self, path: Path):
        self._file = path.read_bytes()
        (self._root, self._root_size, _, _, self._leaves, _, self._tiles, _) = struct.unpack_from("<8Q", self._file, 8)

    def tile(self, z: int, x: int, y: int) -> bytes | None:
        wanted, offset, size = _identifier(z, x, y), self._root, self._root_size
        for _ in range(4):
            entry = _find(_directory(gzip.decompress(self._file[offset:offset + size])), wanted)
            if entry is None:
                return None
            first, run, length, at = entry
            if run:
                begin = self._tiles + at
                return self._file[begin:begin + length] if wanted < first + run else None
            offset, size = self._leaves + at, length
        return None


def _identifier(z: int, x: int, y: int) -> int:
    total, side = sum(4 ** level for level in range(z)), 1 << z
    d, s = 0, side // 2
    while s:
        right, up = (x & s) > 0, (y & s) > 0
        d += s * s * ((3 * right) ^ up)
        if not up:
            if right:
                x, y = s - 1 - (x & (s - 1)), s - 1 - (y & (s - 1))
            x, y = y, x
        s //= 2
    return total + d


def _directory(data: bytes) -> list[tuple[int, int, int, int]]:
    position = 0

    def number() -> int:
        nonlocal position
        result = shift = 0
        while True:
            byte = data[position]
            position += 1
            result |= (byte & 127) << shift
            if byte < 128:
                return result
            shift += 7

    count = number()
    identifiers, last = [], 0
    for _ in range(count):
        last += number()
        identifiers.append(last)
    runs = [number() for _ in range(count)]
    lengths = [number() for _ in range(count)]
    offsets: list[int] = []
    for index in range(count):
        value = number()
        offsets.append(offsets[-1] + lengths[index - 1] if value == 0 and index else value - 1)
    return list(zip(identifiers, runs, lengths, offsets))


def _find(entries: list[tuple[int, int, int, int]], wanted: int) -> tuple[int, int, int, int] | None:
    low, high = 0, len(entries)
    while low < high:
        middle = (low + high) // 2
        if entries[middle][0] <= wanted:
            low = middle + 1
        else:
            high = middle
    return entries[low - 1] if low else None
