/** What stands on the map: located assets and moving devices, as GeoJSON points. */
import { rank } from '../core/severity.js';

/** @typedef {{lat: number, lon: number}} Place */
/** @typedef {{key: string, name: string, profile: string, location?: Place | null}} OverviewDevice */
/**
 * @typedef {{key: string, name: string, level: string, parent: string | null, location: Place | null,
 *   severity: import('../core/severity.js').Severity | null, devices: OverviewDevice[]}} OverviewAsset
 */
/** @typedef {{asset: OverviewAsset, place: Place, moving: boolean, rank: number, devices: OverviewDevice[]}} Point */

/** @param {any} value @returns {value is Place} */
export const isPlace = (value) => typeof value?.lat === 'number' && typeof value?.lon === 'number';

/**
 * One point for every asset with a place of its own, or with a device that says where it is. An asset without a place
 * counts for the nearest one above that has one.
 * @param {OverviewAsset[]} assets @param {Map<string, Place>} positions of moving devices, by device
 * @returns {Point[]}
 */
export function pointsOf(assets, positions) {
  /** @type {Map<string, Point>} */
  const points = new Map();
  const byKey = new Map(assets.map((asset) => [asset.key, asset]));
  for (const asset of assets) {
    const mover = asset.devices.find(({ key }) => positions.has(key));
    const place = mover ? positions.get(mover.key) : asset.location;
    if (place) points.set(asset.key, { asset, place, moving: mover !== undefined, rank: rank(asset.severity), devices: [...asset.devices] });
  }
  for (const asset of assets) {
    if (points.has(asset.key)) continue;
    const above = nearestPoint(asset, byKey, points);
    if (!above) continue;
    above.rank = Math.max(above.rank, rank(asset.severity));
    above.devices.push(...asset.devices);
  }
  return [...points.values()];
}

/** @param {OverviewAsset} asset @param {Map<string, OverviewAsset>} byKey @param {Map<string, Point>} points */
function nearestPoint(asset, byKey, points) {
  for (let parent = byKey.get(asset.parent ?? ''); parent; parent = byKey.get(parent.parent ?? '')) {
    const point = points.get(parent.key);
    if (point && !point.moving) return point;
  }
  return null;
}

/** @param {Point[]} points @returns {any} */
export function geoJSON(points) {
  return {
    type: 'FeatureCollection',
    features: points.map(({ asset, place, moving, rank: worst }) => ({
      type: 'Feature',
      geometry: { type: 'Point', coordinates: [place.lon, place.lat] },
      properties: { key: asset.key, name: asset.name, kind: moving ? 'truck' : 'site', rank: worst },
    })),
  };
}

/** @param {Point[]} points @returns {[[number, number], [number, number]] | null} south-west and north-east corners */
export function boundsOf(points) {
  if (points.length === 0) return null;
  const longitudes = points.map(({ place }) => place.lon), latitudes = points.map(({ place }) => place.lat);
  return [[Math.min(...longitudes), Math.min(...latitudes)], [Math.max(...longitudes), Math.max(...latitudes)]];
}
