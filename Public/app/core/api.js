/** The REST interface: JSON in and out, errors as RFC 9457 problems. */

/** @typedef {{pointer: string, code?: string, detail: string}} FieldError */

/** An answer that is not a success, or no answer at all (status 0). */
export class Problem extends Error {
  /**
   * @param {number} status @param {string} code @param {string} detail @param {FieldError[]} [errors]
   */
  constructor(status, code, detail, errors = []) {
    super(detail);
    this.name = 'Problem';
    this.status = status;
    this.code = code;
    this.errors = errors;
  }

  get isOffline() {
    return this.status === 0 || this.status === 503;
  }
}

/** @type {WeakMap<object, string>} the version (ETag) of what was read */
const versions = new WeakMap();

/** The version of a document as it was read, for writing only over that one. @param {any} document */
export const versionOf = (document) => versions.get(document) ?? null;

/**
 * @param {string} method @param {string} path
 * @param {{body?: unknown, signal?: AbortSignal, conditions?: Record<string, string>}} [options]
 * @returns {Promise<any>} the parsed body, or null when there is none
 */
export async function request(method, path, { body, signal, conditions = {} } = {}) {
  /** @type {RequestInit} */
  const options = { method, signal, credentials: 'same-origin', headers: { accept: 'application/json', ...conditions } };
  if (body !== undefined) {
    options.headers = { ...options.headers, 'content-type': 'application/json' };
    options.body = JSON.stringify(body);
  }
  let response;
  try {
    response = await fetch(path, options);
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Problem(0, 'offline', 'Plantwright cannot be reached. Check the network and try again.');
  }
  if (response.status === 401 && path !== '/api/v1/session') leaveForSignIn();
  const text = await response.text();
  const value = parse(text);
  if (!response.ok) throw problem(response, value);
  const version = response.headers.get('etag');
  if (version && typeof value === 'object' && value !== null) versions.set(value, version);
  return value;
}

/** @param {string} text */
function parse(text) {
  if (text === '') return null;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** @param {Response} response @param {any} value */
function problem(response, value) {
  const detail = value?.detail ?? value?.title ?? `The server answered ${response.status} ${response.statusText}`.trim();
  return new Problem(response.status, value?.code ?? 'error', detail, value?.errors ?? []);
}

function leaveForSignIn() {
  if (location.pathname !== '/sign-in') location.assign('/sign-in');
}

/** @param {string} path @param {AbortSignal} [signal] */
export const get = (path, signal) => request('GET', path, { signal });
/** @param {string} path @param {unknown} [body] @param {AbortSignal} [signal] */
export const post = (path, body, signal) => request('POST', path, { body, signal });
/** @param {string} path @param {unknown} body @param {Record<string, string>} [conditions] */
export const put = (path, body, conditions) => request('PUT', path, { body, conditions });
/** @param {string} path @param {Record<string, string>} [conditions] */
export const remove = (path, conditions) => request('DELETE', path, { conditions });

/**
 * All items of a list, following its cursors.
 * @param {string} path @param {AbortSignal} [signal] @param {number} [most]
 * @returns {Promise<any[]>}
 */
export async function all(path, signal, most = 10_000) {
  const items = [];
  let cursor = null;
  do {
    const page = await get(withQuery(path, { limit: '1000', cursor }), signal);
    items.push(...page.items);
    cursor = page.nextCursor ?? null;
  } while (cursor && items.length < most);
  return items;
}

/**
 * Adds query parameters; null, undefined and '' are left out.
 * @param {string} path @param {Record<string, string | number | null | undefined>} parameters
 */
export function withQuery(path, parameters) {
  const url = new URL(path, location.origin);
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== null && value !== undefined && value !== '') url.searchParams.set(name, String(value));
  }
  return url.pathname + url.search;
}
