"""The made-up plant: profiles, assets, devices, and what they would measure at any time."""

import math
import random

DAY = 86_400_000

PROFILES = [
    {"key": "motor", "name": "Electric motor", "reportingInterval": 1, "metrics": [
        {"key": "vibration", "name": "Vibration", "unit": "mm/s", "kind": "gauge"},
        {"key": "temperature", "name": "Bearing temperature", "unit": "Cel", "kind": "gauge"},
        {"key": "current", "name": "Current", "unit": "A", "kind": "gauge"},
        {"key": "running", "name": "Running", "unit": "", "kind": "state"}]},
    {"key": "truck", "name": "Refrigerated truck", "reportingInterval": 1, "metrics": [
        {"key": "position", "name": "Position", "unit": "", "kind": "location"},
        {"key": "cargo_temperature", "name": "Cargo temperature", "unit": "Cel", "kind": "gauge"},
        {"key": "speed", "name": "Speed", "unit": "km/h", "kind": "gauge"}]},
    {"key": "silo", "name": "Raw material silo", "reportingInterval": 1, "metrics": [
        {"key": "level", "name": "Level", "unit": "t", "kind": "gauge"}]},
    {"key": "soil", "name": "Soil probe", "reportingInterval": 1, "metrics": [
        {"key": "moisture", "name": "Soil moisture", "unit": "%", "kind": "gauge"},
        {"key": "temperature", "name": "Soil temperature", "unit": "Cel", "kind": "gauge"}]},
    {"key": "hvac", "name": "Office climate", "reportingInterval": 1, "metrics": [
        {"key": "occupancy", "name": "Occupancy", "unit": "{persons}", "kind": "gauge"},
        {"key": "co2", "name": "CO₂", "unit": "[ppm]", "kind": "gauge"},
        {"key": "mode", "name": "Mode", "unit": "", "kind": "state"}]},
    {"key": "water", "name": "Water meter", "reportingInterval": 1, "metrics": [
        {"key": "flow", "name": "Flow", "unit": "m3/h", "kind": "gauge"},
        {"key": "pressure", "name": "Pressure", "unit": "bar", "kind": "gauge"},
        {"key": "total", "name": "Total volume", "unit": "m3", "kind": "counter"}]},
]

SHAPES = {"vibration": (2.1, 0.5), "temperature": (54, 6), "current": (11.5, 1.6), "cargo_temperature": (-18.5, 1.2),
          "speed": (62, 30), "level": (42, 18), "moisture": (34, 6), "occupancy": (38, 36), "co2": (620, 180),
          "flow": (128, 42), "pressure": (4.2, 0.5)}

ROUTES = [[(52.38, 4.64), (52.09, 5.12), (51.98, 5.91)], [(51.92, 4.48), (52.16, 4.49), (52.37, 4.90)],
          [(51.44, 5.48), (51.69, 5.30), (52.09, 5.12)], [(53.22, 6.57), (52.99, 6.56), (52.52, 6.10)],
          [(51.59, 4.78), (51.81, 4.67), (51.92, 4.48)], [(52.22, 6.89), (52.25, 6.16), (52.21, 5.97)]]


def _asset(key, name, level, parent, location=None):
    place = {"lat": location[0], "lon": location[1]} if location else None
    return {"key": key, "name": name, "level": level, "parent": parent, "location": place, "equipment": {}}


def _device(key, name, profile, asset):
    return {"key": key, "name": name, "profile": profile, "asset": asset, "identifier": key}


def assets_and_devices() -> tuple[list[dict], list[dict]]:
    """The tree and what hangs in it."""
    assets = [
        _asset("lowlands", "Lowlands Industries", "enterprise", None),
        _asset("haarlem", "Haarlem factory", "site", "lowlands", (52.3874, 4.6462)),
        _asset("machining", "Machining", "area", "haarlem"),
        _asset("line-1", "Line 1", "line", "machining", (52.3890, 4.6500)),
        _asset("line-2", "Line 2", "line", "machining", (52.3861, 4.6431)),
        _asset("raw-material", "Raw material", "area", "haarlem"),
        _asset("silo-1", "Silo 1", "work-unit", "raw-material", (52.3882, 4.6402)),
        _asset("westland", "Westland greenhouse", "site", "lowlands", (52.0021, 4.2050)),
        _asset("cold-chain", "Cold chain", "site", "lowlands"),
        _asset("utrecht", "Utrecht office", "site", "lowlands", (52.0907, 5.1214)),
        _asset("alkmaar", "Alkmaar water district", "site", "lowlands", (52.6324, 4.7534))]
    devices = []
    for line in (1, 2):
        for number in range(1, 7):
            key = f"motor-{(line - 1) * 6 + number:02d}"
            assets.append(_asset(f"{key}-unit", f"Conveyor {line}.{number}", "work-unit", f"line-{line}"))
            devices.append(_device(key, f"Motor {line}.{number}", "motor", f"{key}-unit"))
    devices.append(_device("silo-1-level", "Silo 1 level", "silo", "silo-1"))
    devices += [_device(f"soil-{n:02d}", f"Soil probe {n}", "soil", "westland") for n in range(1, 9)]
    for number in range(1, 7):
        assets.append(_asset(f"truck-{number}", f"Truck {number}", "work-unit", "cold-chain"))
        devices.append(_device(f"truck-{number}", f"Truck {number}", "truck", f"truck-{number}"))
    devices += [_device(f"floor-{n}", f"Floor {n}", "hvac", "utrecht") for n in range(1, 6)]
    devices += [_device(f"meter-{n:02d}", f"Meter {n}", "water", "alkmaar") for n in range(1, 7)]
    return assets, devices


def value(device: str, metric: str, at: int):
    """What a device measures at a time (Unix milliseconds): smooth, and the same each time it is asked."""
    seed = random.Random(f"{device}/{metric}").random()
    if metric == "position":
        return _position(int(device.split("-")[1]) - 1, at)
    if metric == "running":
        return (at // 60_000 + int(seed * 50)) % 55 > 3
    if metric == "mode":
        return ("cooling", "heating", "idle", "fault")[int((at / DAY * 6 + seed * 4) % 3.06)]
    if metric == "total":
        return round(18_000 + at / 3_600_000 * 0.9 % 10_000, 1)
    base, span = SHAPES.get(metric, (10, 2))
    slow = math.sin((at / DAY + seed) * 2 * math.pi) * 0.5 + math.sin((at / DAY * 7 + seed * 5) * 2 * math.pi) * 0.25
    noise = random.Random(f"{device}{metric}{at // 1000}").gauss(0, 0.05)
    result = base + span * (slow + noise)
    if device == "motor-03" and metric in ("vibration", "temperature"):
        result += base * 0.9 * (at % (6 * 3_600_000)) / (6 * 3_600_000)
    return round(max(result, 0) if metric in ("occupancy", "speed", "moisture") else result, 2)


def _position(route: int, at: int) -> dict:
    stops = ROUTES[route]
    there = stops + stops[-2:0:-1]
    progress = (at / 1_500_000 + route * 0.37) % 1 * len(there)
    leg = int(progress) % len(there)
    (lat1, lon1), (lat2, lon2) = there[leg], there[(leg + 1) % len(there)]
    share = progress - int(progress)
    return {"lat": round(lat1 + (lat2 - lat1) * share, 5), "lon": round(lon1 + (lon2 - lon1) * share, 5)}
