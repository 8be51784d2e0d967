/** The form of an asset. */
import { sentence } from '../core/format.js';
import { byName, plant } from '../core/plant.js';
import { numberControl, selectControl, textControl } from './controls.js';

const LEVELS = ['enterprise', 'site', 'area', 'line', 'work-unit'];

/** @type {Pick<import('./sections.js').Section, 'groups' | 'toForm' | 'toBody' | 'pointerOf'>} */
export const assetForm = {
  groups: ({ connectors }, value) => [
    {
      title: 'Asset',
      controls: [
        textControl({ name: 'name', label: 'Name', required: true }),
        selectControl({ name: 'level', label: 'Level', choices: LEVELS.map((level) => ({ value: level, text: sentence(level) })) }),
        selectControl({
          name: 'parent', label: 'Part of', empty: 'Nothing (top of the tree)',
          choices: [...plant.assets.values()].filter(({ key }) => !plant.pathTo(key).some((asset) => asset.key === value.key)).sort(byName)
            .map((asset) => ({ value: asset.key, text: plant.pathTo(asset.key).map(({ name }) => name).join(' › ') })),
        }),
      ],
    },
    {
      title: 'Location', help: 'Where it stands on the map, in degrees (WGS 84). Leave both empty when it has no place of its own.',
      controls: [numberControl({ name: 'latitude', label: 'Latitude', placeholder: '52.3874' }), numberControl({ name: 'longitude', label: 'Longitude', placeholder: '4.6462' })],
    },
    ...(connectors.length ? [{
      title: 'In the ERP', help: 'The equipment number or functional location of this asset. Templates read it as ${asset.equipment}.',
      controls: connectors.map(({ key, name }) => textControl({ name: `equipment/${key}`, label: name, mono: true })),
    }] : []),
  ],
  toForm: (value) => ({
    ...value, latitude: value.location?.lat, longitude: value.location?.lon,
    ...Object.fromEntries(Object.entries(value.equipment ?? {}).map(([key, reference]) => [`equipment/${key}`, reference])),
  }),
  toBody: ({ name, level, parent, latitude, longitude, ...rest }) => ({
    name, level, parent, location: latitude === null && longitude === null ? null : { lat: latitude, lon: longitude },
    equipment: Object.fromEntries(Object.entries(rest).filter(([key, reference]) => key.startsWith('equipment/') && reference).map(([key, reference]) => [key.slice(10), reference])),
  }),
  pointerOf: (pointer) => pointer.replace(/^\/location\/lon.*/, '/longitude').replace(/^\/location.*/, '/latitude'),
};
