/** Client-side navigation with real links: a path pattern picks the page element that is shown. */

/** @typedef {() => Promise<new () => import('./element.js').Page>} PageLoader */
/** @typedef {{pattern: RegExp, names: string[], load: PageLoader}} Route */

/** @type {Route[]} */
const routes = [];
/** @type {Element | null} */
let outlet = null;
/** Asked before the page is left; a text means: ask the user first. @type {(() => string | null) | null} */
let guard = null;
let shown = '';
/** After a navigation the heading gets the focus, also one that comes late; until the user does something else. */
let wantsHeading = false;

/** @param {string} pattern like `/plant/:asset` @param {PageLoader} load */
export function route(pattern, load) {
  /** @type {string[]} */
  const names = [];
  const source = pattern.replace(/:([a-zA-Z]+)/g, (_, name) => {
    names.push(name);
    return '([^/]+)';
  });
  routes.push({ pattern: new RegExp(`^${source}$`), names, load });
}

/** @param {string} path */
function match(path) {
  for (const { pattern, names, load } of routes) {
    const found = pattern.exec(path);
    if (found) return { load, params: Object.fromEntries(names.map((name, at) => [name, decodeURIComponent(found[at + 1])])) };
  }
  return null;
}

/** Starts showing pages inside an element. @param {Element} element */
export async function startRouter(element) {
  outlet = element;
  document.addEventListener('click', onClick);
  addEventListener('popstate', onPopState);
  document.addEventListener('content', focusHeading);
  for (const type of ['keydown', 'pointerdown']) document.addEventListener(type, () => wantsHeading = false, true);
  // Assistive technology moves the focus without a key.
  document.addEventListener('focusin', ({ target }) => {
    if (!(target instanceof HTMLHeadingElement)) wantsHeading = false;
  });
  addEventListener('beforeunload', (event) => {
    if (guard?.()) event.preventDefault();
  });
  await show(false);
}

/** @param {string} to @param {{replace?: boolean}} [options] */
export async function navigate(to, { replace = false } = {}) {
  if (!mayLeave()) return;
  history[replace ? 'replaceState' : 'pushState'](null, '', to);
  await show(true);
}

/** Keeps the page while the user has unsaved changes. @param {() => string | null} ask @param {AbortSignal} signal */
export function guardLeaving(ask, signal) {
  guard = ask;
  signal.addEventListener('abort', () => {
    if (guard === ask) guard = null;
  });
}

function mayLeave() {
  const question = guard?.();
  if (question && !confirm(question)) return false;
  guard = null;
  return true;
}

async function onPopState() {
  if (mayLeave()) await show(true);
  else history.pushState(null, '', shown);
}

/** @param {MouseEvent} event */
function onClick(event) {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const link = /** @type {Element} */ (event.target).closest?.('a[href]');
  if (!(link instanceof HTMLAnchorElement) || link.target || link.hasAttribute('download')) return;
  if (link.origin !== location.origin || link.hash || !match(link.pathname)) return;
  event.preventDefault();
  navigate(link.pathname + link.search);
}

/** @param {boolean} moveFocus */
async function show(moveFocus) {
  const path = location.pathname;
  shown = path + location.search;
  const found = match(path);
  const PageElement = found ? await found.load() : (await import('../pages/not-found.js')).NotFoundPage;
  if (path !== location.pathname || !outlet) return;
  const page = new PageElement();
  page.params = found?.params ?? {};
  outlet.replaceChildren(page);
  document.dispatchEvent(new CustomEvent('routed', { detail: { path } }));
  if (!moveFocus) return;
  scrollTo(0, 0);
  wantsHeading = true;
  focusHeading();
}

function focusHeading() {
  const heading = wantsHeading ? outlet?.querySelector('h1') : null;
  if (!heading || heading === document.activeElement) return;
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
}
