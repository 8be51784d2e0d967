/// A linear conversion between two units of UCUM (Unified Code for Units of Measure, case sensitive codes).
public struct UnitConversion: Hashable, Sendable {
    private let scale: Double
    private let offset: Double

    /// Looks a conversion up.
    ///
    /// - Returns: nil when a unit is unknown or they measure different things; a unit always converts to itself.
    public init?(from source: String, to target: String) {
        if source == target {
            (scale, offset) = (1, 0)
            return
        }
        guard let from = Self.units[source], let to = Self.units[target], from.quantity == to.quantity else {
            return nil
        }
        scale = from.scale / to.scale
        offset = (from.offset - to.offset) / to.scale
    }

    /// Whether a unit is in the table.
    public static func isKnown(_ unit: String) -> Bool { units[unit] != nil }

    /// A number of the source unit in the target unit.
    public func convert(_ value: Double) -> Double { value * scale + offset }

    /// A unit: `value × scale + offset` is in the base unit of its quantity.
    private struct Unit {
        var quantity: Quantity
        var scale: Double
        var offset = 0.0
    }

    private enum Quantity {
        case temperature, length, area, mass, time, pressure, speed, acceleration, flow, volume, energy, power
        case voltage, current, charge, resistance, frequency, fraction, angle, conductivity, density, illuminance
        case force, torque, information
    }

    private static let units: [String: Unit] = {
        var units: [String: Unit] = [
            "K": Unit(quantity: .temperature, scale: 1), "Cel": Unit(quantity: .temperature, scale: 1, offset: 273.15),
            "[degF]": Unit(quantity: .temperature, scale: 5.0 / 9, offset: 459.67 * 5 / 9),
        ]
        for (quantity, scales) in scales {
            for (code, scale) in scales { units[code] = Unit(quantity: quantity, scale: scale) }
        }
        return units
    }()

    private static let scales: [Quantity: [String: Double]] = [
        .length: [
            "m": 1, "km": 1_000, "dm": 0.1, "cm": 0.01, "mm": 0.001, "um": 1e-6, "nm": 1e-9, "[in_i]": 0.0254,
            "[ft_i]": 0.3048, "[yd_i]": 0.9144, "[mi_i]": 1_609.344, "[nmi_i]": 1_852,
        ],
        .area: ["m2": 1, "cm2": 1e-4, "mm2": 1e-6, "km2": 1e6, "har": 1e4, "[sft_i]": 0.09290304],
        .mass: [
            "g": 1, "kg": 1_000, "mg": 0.001, "ug": 1e-6, "t": 1e6, "[lb_av]": 453.59237, "[oz_av]": 28.349523125,
        ],
        .time: ["s": 1, "ms": 0.001, "us": 1e-6, "ns": 1e-9, "min": 60, "h": 3_600, "d": 86_400, "wk": 604_800],
        .pressure: [
            "Pa": 1, "hPa": 100, "kPa": 1_000, "MPa": 1e6, "bar": 1e5, "mbar": 100, "atm": 101_325,
            "[psi]": 6_894.757293168361, "mm[Hg]": 133.322387415, "m[H2O]": 9_806.65,
        ],
        .speed: [
            "m/s": 1, "mm/s": 0.001, "cm/s": 0.01, "km/h": 1 / 3.6, "m/min": 1.0 / 60, "[mi_i]/h": 0.44704,
            "[kn_i]": 1_852.0 / 3_600, "[ft_i]/s": 0.3048,
        ],
        .acceleration: ["m/s2": 1, "mm/s2": 0.001, "[g]": 9.80665, "m[g]": 0.00980665],
        .flow: [
            "m3/s": 1, "m3/h": 1.0 / 3_600, "m3/min": 1.0 / 60, "L/s": 0.001, "L/min": 0.001 / 60,
            "L/h": 0.001 / 3_600, "[gal_us]/min": 0.003785411784 / 60,
        ],
        .volume: [
            "m3": 1, "L": 0.001, "l": 0.001, "dL": 1e-4, "mL": 1e-6, "ml": 1e-6, "cm3": 1e-6, "dm3": 0.001,
            "[gal_us]": 0.003785411784, "[cft_i]": 0.028316846592,
        ],
        .energy: [
            "J": 1, "kJ": 1_000, "MJ": 1e6, "GJ": 1e9, "W.s": 1, "W.h": 3_600, "kW.h": 3.6e6, "MW.h": 3.6e9,
            "cal": 4.184, "kcal": 4_184, "[Btu]": 1_055.05585262,
        ],
        .power: ["W": 1, "mW": 0.001, "kW": 1_000, "MW": 1e6, "V.A": 1, "kV.A": 1_000, "[HP]": 745.6998715822702],
        .voltage: ["V": 1, "mV": 0.001, "uV": 1e-6, "kV": 1_000],
        .current: ["A": 1, "mA": 0.001, "uA": 1e-6, "kA": 1_000],
        .charge: ["C": 1, "A.h": 3_600, "mA.h": 3.6],
        .resistance: ["Ohm": 1, "mOhm": 0.001, "kOhm": 1_000, "MOhm": 1e6],
        .frequency: [
            "Hz": 1, "kHz": 1_000, "MHz": 1e6, "GHz": 1e9, "/s": 1, "/min": 1.0 / 60, "1/min": 1.0 / 60,
            "{rpm}": 1.0 / 60, "/h": 1.0 / 3_600,
        ],
        .fraction: ["1": 1, "%": 0.01, "[ppth]": 0.001, "[ppm]": 1e-6, "[ppb]": 1e-9],
        .angle: ["rad": 1, "mrad": 0.001, "deg": .pi / 180, "'": .pi / 10_800, "''": .pi / 648_000],
        .conductivity: ["S/m": 1, "mS/cm": 0.1, "uS/cm": 1e-4],
        .density: ["g/L": 1, "mg/L": 0.001, "kg/m3": 1, "mg/m3": 1e-6, "ug/m3": 1e-9, "g/m3": 0.001, "g/cm3": 1_000],
        .illuminance: ["lx": 1, "klx": 1_000],
        .force: ["N": 1, "mN": 0.001, "kN": 1_000, "[lbf_av]": 4.4482216152605],
        .torque: ["N.m": 1, "mN.m": 0.001, "kN.m": 1_000],
        .information: ["bit": 1, "By": 8, "kBy": 8_000, "MBy": 8e6, "GBy": 8e9, "KiBy": 8_192, "MiBy": 8_388_608],
    ]
}
