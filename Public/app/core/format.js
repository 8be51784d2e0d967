/** Numbers, units and values as people read them. */

/** @typedef {{key: string, name: string, unit: string, kind: 'gauge' | 'counter' | 'state' | 'location', rollover?: number | null}} Metric */

/** UCUM codes whose usual sign differs from the code. @type {Record<string, string>} */
const UNIT_SIGNS = {
  '1': '', Cel: '°C', '[degF]': '°F', 'm3': 'm³', 'm3/h': 'm³/h', 'm2': 'm²', 'm/s2': 'm/s²', '[ppm]': 'ppm', Ohm: 'Ω',
  deg: '°', 'kW.h': 'kWh', 'W/m2': 'W/m²', '{rpm}': 'rpm', '{count}': '', '{persons}': 'people', 'umol/(m2.s)': 'µmol/m²s',
  'g/m3': 'g/m³', min: 'min', h: 'h', '[in_i]': 'in', 'km/h': 'km/h', 'L/min': 'L/min', 'ug/m3': 'µg/m³', 'kg/m3': 'kg/m³',
};

/** @param {string | undefined} unit a UCUM code */
export function unitSign(unit) {
  if (!unit) return '';
  if (unit in UNIT_SIGNS) return UNIT_SIGNS[unit];
  return unit.replace(/^\{(.*)\}$/, '$1').replaceAll('.', '·');
}

/** @type {Map<number, Intl.NumberFormat>} */
const formats = new Map();

/** @param {number} digits */
function numberFormat(digits) {
  let format = formats.get(digits);
  if (!format) {
    format = new Intl.NumberFormat(undefined, { maximumFractionDigits: digits, minimumFractionDigits: digits });
    formats.set(digits, format);
  }
  return format;
}

/** A number with decimals that fit its size: 0.123, 12.3, 1,234. @param {number} value */
export function formatNumber(value) {
  if (!Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  if (Number.isInteger(value)) return numberFormat(0).format(value);
  return numberFormat(size >= 1000 ? 0 : size >= 100 ? 1 : size >= 10 ? 1 : size >= 1 ? 2 : 3).format(value);
}

/** @param {number} value */
export const formatCount = (value) => numberFormat(0).format(value);

/**
 * A metric's value without its unit.
 * @param {unknown} value
 * @returns {string}
 */
export function formatValue(value) {
  if (value === null || value === undefined) return '–';
  if (typeof value === 'number') return formatNumber(value);
  if (typeof value === 'boolean') return value ? 'On' : 'Off';
  if (typeof value === 'object') {
    const { lat, lon } = /** @type {{lat?: number, lon?: number}} */ (value);
    return typeof lat === 'number' && typeof lon === 'number' ? `${lat.toFixed(4)}, ${lon.toFixed(4)}` : '–';
  }
  return sentence(String(value));
}

/** @param {unknown} value @param {Metric | undefined} metric */
export function formatWithUnit(value, metric) {
  const unit = unitSign(metric?.unit);
  const text = formatValue(value);
  return unit && text !== '–' ? `${text} ${unit}` : text;
}

/** `work-unit` → `Work unit`. @param {string} text */
export function sentence(text) {
  const words = text.replaceAll('-', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** @param {number} count @param {string} one @param {string} [many] */
export function plural(count, one, many = `${one}s`) {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** @param {number} bytes as people read them, in powers of 1,024 */
export function formatBytes(bytes) {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'], step = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  const amount = bytes / 1024 ** step;
  return `${numberFormat(step === 0 || amount >= 100 ? 0 : 1).format(amount)} ${units[step]}`;
}
