"""Makes one SVG sprite out of single Lucide icons."""

import zipfile
from pathlib import Path
from xml.etree import ElementTree

SVG = "http://www.w3.org/2000/svg"


def make(archive: Path, names: list[str], target: Path) -> None:
    """Writes the named icons as symbols whose ids are their names; strokes take the colour of the text."""
    ElementTree.register_namespace("", SVG)
    sheet = ElementTree.Element(f"{{{SVG}}}svg")
    with zipfile.ZipFile(archive) as icons:
        for name in names:
            icon = ElementTree.fromstring(icons.read(f"{name}.svg"))
            symbol = ElementTree.SubElement(sheet, f"{{{SVG}}}symbol", {
                "id": name, "viewBox": "0 0 24 24", "fill": "none", "stroke": "currentColor",
                "stroke-linecap": "round", "stroke-linejoin": "round"})
            symbol.extend(list(icon))
    ElementTree.ElementTree(sheet).write(target, encoding="utf-8", xml_declaration=False)
