/** The form of a device. */
import { byName, plant } from '../core/plant.js';
import { selectControl, textControl } from './controls.js';

/** @type {Pick<import('./sections.js').Section, 'groups' | 'toBody'>} */
export const deviceForm = {
  groups: () => [{
    title: 'Device',
    controls: [
      textControl({ name: 'name', label: 'Name', required: true }),
      selectControl({
        name: 'profile', label: 'Profile', empty: 'Choose …', help: 'What it measures.',
        choices: [...plant.profiles.values()].sort(byName).map(({ key, name }) => ({ value: key, text: name })),
      }),
      selectControl({
        name: 'asset', label: 'Asset', empty: 'None', help: 'Where it belongs.',
        choices: [...plant.assets.values()].map((asset) => ({ value: asset.key, text: plant.pathTo(asset.key).map(({ name }) => name).join(' › ') }))
          .sort((a, b) => a.text.localeCompare(b.text)),
      }),
      textControl({ name: 'identifier', label: 'Identifier on the wire', mono: true, nullable: true, help: 'The device’s level of the topic. Left empty, its key is used.' }),
    ],
  }],
  toBody: ({ identifier, ...body }) => identifier ? { ...body, identifier } : body,
};
