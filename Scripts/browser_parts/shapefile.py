"""Reads ESRI shapefiles (.shp, .dbf) into GeoJSON geometries and plain dictionaries."""

import struct
from collections.abc import Iterator
from pathlib import Path

POINT, POLYLINE, POLYGON = 1, 3, 5
DIGITS = 5
"""Decimals kept of a coordinate: about one metre."""


def geometries(path: Path) -> Iterator[dict | None]:
    """One GeoJSON geometry a record, None for a NULL shape. Uses the .shx offsets when there is an index: some files
    have padding between their records."""
    data = path.read_bytes()
    index = path.with_suffix(".shx")
    if index.exists():
        entries = index.read_bytes()[100:]
        offsets = [struct.unpack(">i", entries[at:at + 4])[0] * 2 for at in range(0, len(entries), 8)]
    else:
        offsets = list(_walk(data))
    for offset in offsets:
        yield _geometry(data, offset + 8)


def _walk(data: bytes) -> Iterator[int]:
    offset = 100
    while offset < len(data):
        yield offset
        offset += 8 + struct.unpack(">i", data[offset + 4:offset + 8])[0] * 2


def _geometry(data: bytes, at: int) -> dict | None:
    kind = struct.unpack_from("<i", data, at)[0]
    if kind == POINT:
        x, y = struct.unpack_from("<2d", data, at + 4)
        return {"type": "Point", "coordinates": [round(x, DIGITS), round(y, DIGITS)]}
    if kind not in (POLYLINE, POLYGON):
        return None
    part_count, point_count = struct.unpack_from("<2i", data, at + 36)
    starts = struct.unpack_from(f"<{part_count}i", data, at + 44)
    numbers = struct.unpack_from(f"<{point_count * 2}d", data, at + 44 + 4 * part_count)
    points = [[round(numbers[i], DIGITS), round(numbers[i + 1], DIGITS)] for i in range(0, len(numbers), 2)]
    parts = [points[begin:end] for begin, end in zip(starts, (*starts[1:], point_count))]
    if kind == POLYLINE:
        return {"type": "MultiLineString", "coordinates": parts}
    return {"type": "MultiPolygon", "coordinates": _rings(parts)}


def _rings(parts: list) -> list:
    """Clockwise rings begin a polygon, the others are holes of the one before."""
    polygons: list = []
    for ring in parts:
        area = sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, ring[1:]))
        if area <= 0 or not polygons:
            polygons.append([ring])
        else:
            polygons[-1].append(ring)
    return polygons


def attributes(path: Path) -> Iterator[dict[str, str]]:
    """The rows of a .dbf file, all values as stripped text."""
    data = path.read_bytes()
    count, header, length = struct.unpack_from("<IHH", data, 4)
    fields, at = [], 32
    while data[at] != 0x0D:
        fields.append((data[at:at + 11].split(b"\0")[0].decode("ascii"), data[at + 16]))
        at += 32
    for number in range(count):
        row, position = {}, header + number * length + 1
        for name, size in fields:
            row[name] = _text(data[position:position + size])
            position += size
        yield row


def _text(data: bytes) -> str:
    """Some of the files are in UTF-8, the others in the Windows code page."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("cp1252", "replace")
    return text.strip(" \0")
