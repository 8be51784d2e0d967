/** What differs between two documents, member by member. */

/** @typedef {{path: string[], before: any, after: any}} Change undefined where there is nothing */

/** Members that stand for nothing in either form. @param {any} value */
const isNothing = (value) => value === null || value === undefined || value === false || (typeof value === 'object' && Object.keys(value).length === 0);

/** @param {any} before @param {any} after @param {string[]} [path] @returns {Change[]} */
export function difference(before, after, path = []) {
  if (isNothing(before) && isNothing(after)) return [];
  if (isObject(before) && isObject(after)) {
    return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((name) => difference(before[name], after[name], [...path, name]));
  }
  if (isObject(after) && isNothing(before)) return difference({}, after, path);
  if (isObject(before) && isNothing(after)) return difference(before, {}, path);
  return JSON.stringify(before) === JSON.stringify(after) ? [] : [{ path, before: isNothing(before) ? undefined : before, after: isNothing(after) ? undefined : after }];
}

/** @param {any} value */
const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

/** A member's place as people read it. @param {string[]} path */
export function pathText(path) {
  const words = path.map((part) => part.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase());
  const text = path[0] === 'fields' ? `field “${path.slice(1).join('.')}”` : path[0] === 'lookups' ? `table “${path[1]}”${path.length > 2 ? `, ${path.slice(2).filter((part) => part !== 'table').join(' ')}` : ''}` : words.join(', ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** @param {any} value */
export function valueText(value) {
  if (value === undefined) return '';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
