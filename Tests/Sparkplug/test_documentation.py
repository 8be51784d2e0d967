"""docs/sparkplug.md names for each assertion of the TCK the test that shows it: the test is there and says so."""

import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
ROW = re.compile(r"^\| `([a-z0-9-]+)` \| (.+) \|$", re.MULTILINE)


def claims():
    """{test: assertions that it says it shows}"""
    found = {}
    for folder in ("SparkplugBTests", "MQTTTests"):
        for path in (ROOT / "Tests" / folder).glob("*.swift"):
            for match in re.finditer(r"\.tck\((.*?)\)\s*\)\s*func (\w+)", path.read_text(), re.DOTALL):
                found[f"{path.stem}.{match[2]}"] = set(re.findall(r'"([^"]+)"', match[1]))
    return found


def test_every_assertion_has_its_test():
    text = (ROOT / "docs" / "sparkplug.md").read_text()
    rows = ROW.findall(text)
    assert len(rows) == 89, "the six host tests check 89 assertions"
    known = claims()
    for assertion, shown in rows:
        tests = re.findall(r"`([\w.]+)`", shown)
        if not tests:
            assert f"- `{assertion}`" in text, f"{assertion}: no test and no reason"
        for test in tests:
            assert assertion in known.get(test, ()), f"{test} does not say that it shows {assertion}"


def test_no_claim_is_left_out():
    listed = {assertion for assertion, _ in ROW.findall((ROOT / "docs" / "sparkplug.md").read_text())}
    for test, assertions in claims().items():
        assert assertions <= listed, f"{test}: {assertions - listed}"
