/** Makes a field of a message a metric: one that a profile has, or a new one. */
import { get, Problem, put, versionOf } from '../core/api.js';
import { fill, h } from '../core/dom.js';
import { byName, plant } from '../core/plant.js';
import { guessKind, metricKey, metricName } from '../core/payload.js';
import { formDialog } from '../components/dialog.js';
import { toast } from '../components/toast.js';
import { selectControl, textControl } from './controls.js';
import { valueText } from './payload-tree.js';
import { KINDS } from './profile-form.js';

/** The profile that was last chosen, offered for the next field. @type {string | null} */
let lastProfile = null;

/**
 * @param {{path: string, value: any, profile: string | null, taken: string[]}} field `taken`: metrics that have a field already
 * @returns {Promise<string | null>} the metric's key, or null when it was cancelled
 */
export async function mapField({ path, value, profile: wanted, taken }) {
  const profiles = [...plant.profiles.values()].sort(byName), guess = metricKey(path);
  const profile = selectControl({ name: 'profile', label: 'Profile', empty: profiles.length ? undefined : 'There is no profile yet', choices: profiles.map(({ key, name }) => ({ value: key, text: name })) });
  const fields = [
    textControl({ name: 'key', label: 'Key', mono: true, help: 'Small letters, digits and _' }), textControl({ name: 'name', label: 'Name' }),
    textControl({ name: 'unit', label: 'Unit (UCUM)', mono: true, placeholder: 'Cel, bar, %' }), selectControl({ name: 'kind', label: 'Kind', choices: KINDS }),
  ];
  const holder = h('div'), creation = h('div', { class: 'form-grid' }, fields.map(({ element }) => element)), error = h('div', { role: 'alert' });
  let metric = selectControl({ name: 'metric', label: 'Metric', choices: [] });
  const isNew = () => metric.get() === null;
  const offer = () => {
    const metrics = plant.profiles.get(profile.get())?.metrics ?? [];
    metric = selectControl({
      name: 'metric', label: 'Metric', empty: 'A new metric …',
      choices: metrics.map(({ key, name, unit }) => ({ value: key, text: `${name}${unit ? ` (${unit})` : ''}${taken.includes(key) ? ' – has a field already' : ''}` })),
    });
    metric.set(metrics.find(({ key }) => key === guess && !taken.includes(key))?.key);
    metric.element.addEventListener('change', () => creation.hidden = !isNew());
    creation.hidden = !isNew();
    fill(holder, metric.element);
  };
  profile.set(wanted ?? (plant.profiles.has(lastProfile ?? '') ? lastProfile : profiles[0]?.key));
  profile.element.addEventListener('change', offer);
  offer();
  const kind = guessKind(value);
  [guess, metricName(path), '', kind].forEach((text, at) => fields[at].set(text));
  const done = await formDialog({
    title: 'Make this field a metric', verb: () => isNew() ? 'Add metric and map' : 'Map to this metric',
    body: h('div', { class: 'form' }, h('p', null, h('code', null, path), h('span', { class: 'sub' }, `Now ${valueText(value)}`)), profile.element, holder, creation, error),
    submit: async () => {
      fill(error);
      fields.forEach((control) => control.clear());
      if (!isNew()) return true;
      const added = Object.fromEntries(fields.map((control) => [control.name, control.get()]));
      return await addMetric(profile.get(), added, fields, error);
    },
  });
  if (!done) return null;
  lastProfile = profile.get();
  return isNew() ? fields[0].get() : metric.get();
}

/** @param {string | null} profile @param {any} metric @param {import('./controls.js').Control[]} fields @param {HTMLElement} error */
async function addMetric(profile, metric, fields, error) {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(metric.key)) {
    fields[0].fail('', 'A key has letters, digits and _, and begins with a letter.')?.focus();
    return false;
  }
  if (!profile) {
    fill(error, h('p', { class: 'form-error' }, 'Make a profile first (Configuration, Profiles).'));
    return false;
  }
  try {
    const document = await get(`/api/v1/profiles/${profile}`), version = versionOf(document);
    if (document.metrics.some((/** @type {any} */ { key }) => key === metric.key)) {
      fields[0].fail('', 'The profile has a metric with this key; choose it in the list above.')?.focus();
      return false;
    }
    await put(`/api/v1/profiles/${profile}`, { ...document, metrics: [...document.metrics, { ...metric, name: metric.name || metric.key }] }, version ? { 'if-match': version } : {});
    plant.forget();
    await plant.load();
    toast(`Metric “${metric.key}” added to ${document.name}`);
    return true;
  } catch (problem) {
    const errors = problem instanceof Problem ? problem.errors : [];
    const place = errors.map(({ pointer, detail }) => fields.find(({ name }) => pointer.endsWith(`/${name}`))?.fail('', detail)).find(Boolean);
    if (place) place.focus();
    else fill(error, h('p', { class: 'form-error' }, problem instanceof Error ? problem.message : String(problem)));
    return false;
  }
}
