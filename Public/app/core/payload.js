/** Payloads of messages: text or bytes, and the values inside a JSON one by their path. */

/** @typedef {{topic: string, payload: string, payloadBase64?: string | null, from?: string}} Sample a message to try a source on */

/** @param {string} text @returns {{value: any} | null} */
export function parsedJSON(text) {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return null;
  }
}

/** The value at a dotted path. @param {any} value @param {string} path @returns {any} undefined where there is none */
export function valueAt(value, path) {
  return path.split('.').reduce((found, part) => found === null || found === undefined ? undefined : found[part], value);
}

/** The path that a field mapping uses: inside an element, when the readings are the elements of an array. @param {string} path @param {string | null} items @returns {string | null} null outside of the elements */
export function fieldPath(path, items) {
  if (!items) return path;
  if (path.includes(', ')) return path.split(', ').map((part) => fieldPath(part, items)).join(', ');
  const rest = path.startsWith(`${items}.`) ? path.slice(items.length + 1) : null;
  return rest === null ? null : rest.replace(/^\d+\./, '');
}

/** A key that a metric of this name could have. @param {string} path */
export function metricKey(path) {
  if (path.includes(', ')) return metricKey(path.split(', ')[0].split('.').slice(0, -1).join('.') || 'position');
  const last = path.split(/[./]/).filter((part) => !/^\d+$/.test(part)).at(-1) ?? 'value';
  const key = last.replace(/([a-z\d])([A-Z])/g, '$1_$2').toLowerCase().replace(/[^a-z0-9]+/g, '_').replace(/^_+|_+$/g, '');
  return /^[a-z]/.test(key) ? key : `value_${key}`.replace(/_$/, '');
}

/** @param {string} path */
export function metricName(path) {
  const words = metricKey(path).replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** What kind of metric holds such a value. @param {any} value @returns {'gauge' | 'state' | 'location'} */
export function guessKind(value) {
  if (typeof value === 'number') return 'gauge';
  if (typeof value === 'object' && value !== null) return 'location';
  return typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value)) ? 'gauge' : 'state';
}

/** @param {string} base64 @returns {string} the first bytes in hexadecimal, 16 a line */
export function hexDump(base64) {
  const bytes = atob(base64).slice(0, 512);
  /** @type {string[]} */
  const lines = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const line = bytes.slice(at, at + 16).split('');
    const hex = line.map((letter) => letter.charCodeAt(0).toString(16).padStart(2, '0')).join(' ');
    lines.push(`${at.toString(16).padStart(4, '0')}  ${hex.padEnd(47)}  ${line.map((letter) => /[ -~]/.test(letter) ? letter : '·').join('')}`);
  }
  return lines.join('\n');
}
