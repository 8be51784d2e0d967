/** Pausing a connector: its deliveries wait, in order, until it is resumed. */
import { post } from '../core/api.js';
import { fill, h, icon } from '../core/dom.js';
import { toast } from '../components/toast.js';

/** @typedef {{key: string, name: string, paused?: boolean}} Pausable */

/**
 * @param {Pausable} connector @param {() => void} [onChange]
 * @returns {{button: HTMLButtonElement, notice: HTMLElement}} the notice is empty unless it is paused
 */
export function pausing(connector, onChange) {
  const notice = h('div', { role: 'status', class: 'notices' }), button = h('button', { type: 'button', class: 'button' });
  let { paused } = connector;
  const show = () => {
    fill(button, icon(paused ? 'play' : 'pause'), paused ? 'Resume deliveries' : 'Pause deliveries');
    fill(notice, paused ? h('p', { class: 'notice' }, icon('pause'), h('span', null, h('strong', null, `${connector.name} is paused. `), 'Its deliveries wait, in order, until it is resumed. None is lost.')) : null);
  };
  button.addEventListener('click', async () => {
    button.disabled = true;
    try {
      const changed = await post(`/api/v1/connectors/${connector.key}/${paused ? 'resume' : 'pause'}`);
      paused = changed?.paused ?? !paused;
      show();
      toast(paused ? `${connector.name} is paused` : `${connector.name} goes on`);
      onChange?.();
    } catch (error) {
      toast(error instanceof Error ? error.message : String(error), 'failed');
    } finally {
      button.disabled = false;
    }
  });
  show();
  return { button, notice };
}
