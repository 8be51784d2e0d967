/** The basemap's style: quiet land and water, so that what stands on it speaks. No fonts are fetched. */

/** @typedef {typeof LIGHT} Palette */

const LIGHT = {
  water: '#d3dfe3', land: '#f2f3ee', river: '#c3d4da', border: '#a9b0ab', state: '#d5d9d3', label: '#5c6762', country: '#8b948f',
  halo: '#f6f7f3', text: '#16201c', textHalo: '#ffffff',
};
/** @type {Palette} */
const DARK = {
  water: '#0c1518', land: '#1a221f', river: '#16252a', border: '#4b5853', state: '#28332e', label: '#93a19b', country: '#6d7a75',
  halo: '#161d1a', text: '#edf3f0', textHalo: '#0f1513',
};

/** @param {boolean} dark */
export const palette = (dark) => dark ? DARK : LIGHT;

const FONT = ['Inter, system-ui, sans-serif'];
/** @param {string} layer */
const tiles = (layer) => ({ source: 'basemap', 'source-layer': layer });

/** @param {boolean} dark @returns {any} a MapLibre style without our own things */
export function basemapStyle(dark) {
  const colours = palette(dark);
  return {
    version: 8,
    sources: {
      basemap: {
        type: 'vector', tiles: [`${location.origin}/tiles/{z}/{x}/{y}.mvt`], minzoom: 0, maxzoom: 7,
        attribution: 'Natural Earth',
      },
    },
    layers: [
      { id: 'water', type: 'background', paint: { 'background-color': colours.water } },
      { id: 'land', type: 'fill', ...tiles('land'), paint: { 'fill-color': colours.land } },
      { id: 'lake', type: 'fill', ...tiles('lake'), paint: { 'fill-color': colours.water } },
      {
        id: 'river', type: 'line', ...tiles('river'),
        paint: { 'line-color': colours.river, 'line-width': ['interpolate', ['linear'], ['zoom'], 4, 0.5, 9, 2] },
      },
      { id: 'state', type: 'line', ...tiles('state'), paint: { 'line-color': colours.state, 'line-width': 0.8 } },
      {
        id: 'border', type: 'line', ...tiles('border'),
        paint: { 'line-color': colours.border, 'line-width': ['interpolate', ['linear'], ['zoom'], 3, 0.7, 8, 1.4] },
      },
      {
        id: 'country', type: 'symbol', ...tiles('country'), maxzoom: 7,
        layout: {
          'text-field': ['get', 'name'], 'text-font': FONT, 'text-size': ['interpolate', ['linear'], ['zoom'], 3, 11, 6, 15],
          'text-letter-spacing': 0.08, 'text-max-width': 7,
        },
        paint: { 'text-color': colours.country, 'text-halo-color': colours.halo, 'text-halo-width': 1.2 },
      },
      {
        id: 'place', type: 'symbol', ...tiles('place'), minzoom: 4,
        layout: {
          'text-field': ['get', 'name'], 'text-font': FONT, 'text-size': ['interpolate', ['linear'], ['get', 'rank'], 0, 13, 9, 11],
          'symbol-sort-key': ['get', 'rank'], 'text-padding': 6, 'text-max-width': 8,
        },
        paint: { 'text-color': colours.label, 'text-halo-color': colours.halo, 'text-halo-width': 1.3 },
      },
    ],
  };
}
