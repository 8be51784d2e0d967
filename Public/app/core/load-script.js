/** Loads third-party classic scripts (they define a global) when a page first needs them. */

/** @type {Map<string, Promise<any>>} */
const loading = new Map();

/**
 * @param {string} path below the vendor folder @param {string} globalName
 * @returns {Promise<any>} the global
 */
function load(path, globalName) {
  let promise = loading.get(path);
  if (!promise) {
    promise = new Promise((resolve, reject) => {
      const script = document.createElement('script');
      script.src = new URL(`../../vendor/${path}`, import.meta.url).href;
      script.addEventListener('load', () => resolve(/** @type {any} */ (globalThis)[globalName]));
      script.addEventListener('error', () => reject(new Error(`${path} is not installed (Scripts/install-browser-parts)`)));
      document.head.append(script);
    });
    loading.set(path, promise);
  }
  return promise;
}

export const loadUPlot = () => load('uplot.js', 'uPlot');
export const loadMapLibre = () => load('maplibre-gl.js', 'maplibregl');
