"""What can be said of the app's files without a browser."""

import re
from pathlib import Path

PUBLIC = Path(__file__).resolve().parents[2] / "Public"
IMPORT = re.compile(r"^(?:import|export)\b[^;]*?from '(\.[^']+)'|^import '(\.[^']+)'", re.MULTILINE)


def needed_at_once(module: Path, found: set[Path]) -> set[Path]:
    if module not in found:
        found.add(module)
        for pair in IMPORT.findall(module.read_text()):
            needed_at_once((module.parent / (pair[0] or pair[1])).resolve(), found)
    return found


def test_the_shell_preloads_what_the_app_needs_at_once() -> None:
    main = PUBLIC / "app/main.js"
    wanted = {str(path.relative_to(PUBLIC)) for path in needed_at_once(main, set()) - {main}}
    listed = re.findall(r'<link rel="modulepreload" href="__ASSETS__/([^"]+)">', (PUBLIC / "index.html").read_text())
    assert sorted(listed) == sorted(wanted)


def test_every_icon_is_in_the_sprite() -> None:
    sprite = set(re.findall(r'<symbol id="([^"]+)"|id="([a-z0-9-]+)"', (PUBLIC / "vendor/icons.svg").read_text()))
    known = {name for pair in sprite for name in pair if name}
    used: set[str] = set()
    for path in (PUBLIC / "app").rglob("*.js"):
        text = path.read_text()
        used.update(re.findall(r"\bicon\('([a-z0-9-]+)'", text))
        used.update(re.findall(r"\bemptyState\('([a-z0-9-]+)'", text))
        used.update(re.findall(r"\bicon: '([a-z0-9-]+)'", text))
    assert used - known == set()


def test_nothing_becomes_markup() -> None:
    for path in (PUBLIC / "app").rglob("*.js"):
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", path.read_text()), path


def test_every_style_sheet_is_imported() -> None:
    imported = set(re.findall(r'url\("([a-z-]+\.css)"\)', (PUBLIC / "styles/main.css").read_text()))
    assert imported == {path.name for path in (PUBLIC / "styles").glob("*.css")} - {"main.css"}
