/** A request as it would be sent. */
import { h } from '../core/dom.js';
import { copyButton } from '../components/copy.js';

/** @typedef {{method: string, url: string, headers: Record<string, string> | [string, string][], body: any}} Request */

/** @param {Request} request @param {string} [title] */
export function requestView({ method, url, headers, body }, title) {
  const pairs = Array.isArray(headers) ? headers : Object.entries(headers ?? {}), text = bodyText(body);
  const whole = () => [`${method} ${url}`, ...pairs.map(([name, value]) => `${name}: ${value}`), '', text].join('\n');
  return h('div', { class: 'request' }, title ? h('h3', null, title) : null,
    h('p', { class: 'request-line' }, h('span', { class: 'method' }, method), h('code', null, url), copyButton(whole, 'the request', 'button small plain')),
    h('dl', { class: 'request-headers' }, pairs.map(([name, value]) => h('div', null, h('dt', null, `${name}:`), h('dd', null, value)))),
    text ? h('pre', { tabIndex: 0, 'aria-label': 'Body' }, h('code', null, text)) : null);
}

/** @param {any} body */
function bodyText(body) {
  if (body === null || body === undefined) return '';
  if (typeof body !== 'string') return JSON.stringify(body, null, 2);
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}
