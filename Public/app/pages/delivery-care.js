/** What a person can do about a delivery that waits for them or that failed. */
import { post, Problem, put } from '../core/api.js';
import { fill, h, icon } from '../core/dom.js';
import { sentence } from '../core/format.js';
import { reasonAdvice, reasonInside, reasonWords } from '../core/reasons.js';
import { mayOperate } from '../core/session.js';
import { labelled } from '../admin/controls.js';
import { card } from '../components/layout.js';
import { copyButton } from '../components/copy.js';
import { toast } from '../components/toast.js';
import { undoable } from '../components/undo.js';

/** @param {unknown} error */
const complain = (error) => toast(error instanceof Error ? error.message : String(error), 'failed');

/**
 * Dismisses a failed delivery, unless it is taken back within a moment.
 * @param {any} delivery @param {{hide: () => void, show: () => void}} view
 */
export function dismiss(delivery, { hide, show }) {
  hide();
  undoable('Delivery dismissed', { undo: show, act: () => post(`/api/v1/deliveries/${delivery.id}/dismiss`).then(() => {}, (error) => {
    show();
    complain(error);
  }) });
}

/** @param {any} delivery @param {() => void} reload @returns {HTMLElement | null} */
export function deliveryCare(delivery, reload) {
  if (delivery.state === 'held') return approval(delivery, reload);
  if (delivery.holdsUp > 0 && delivery.attempts > 0 && delivery.reason) return holdingUp(delivery, reload);
  if (delivery.waitsFor) return waiting(delivery);
  if (['waiting', 'uncertain'].includes(delivery.state) && delivery.reason) return trying(delivery);
  return delivery.state === 'dead' ? failure(delivery, reload) : null;
}

/** @param {any} delivery @param {() => void} reload */
function approval(delivery, reload) {
  if (!mayOperate()) return h('p', { class: 'notice' }, icon('pause'), h('span', null, 'It waits for an operator’s approval.'));
  const note = h('textarea', { class: 'input', rows: 2, maxlength: 1000 }), field = labelled({ name: 'note', label: 'Note (optional)', help: 'Kept with the delivery, and shown on its evidence page.' }, note);
  const decide = (/** @type {boolean} */ approved) => async () => {
    buttons.forEach((button) => button.disabled = true);
    try {
      await post(`/api/v1/deliveries/${delivery.id}/approval`, { approved, note: note.value.trim() || null });
      toast(approved ? 'Approved; it is on its way' : 'Rejected; nothing is sent');
    } catch (error) {
      complain(error);
    }
    reload();
  };
  const buttons = [
    h('button', { type: 'button', class: 'button primary', on: { click: decide(true) } }, icon('check'), 'Approve and send'),
    h('button', { type: 'button', class: 'button', on: { click: decide(false) } }, icon('x'), 'Reject'),
  ];
  return card({ title: 'Shall it be sent?', class: 'care-card' }, h('div', { class: 'form' },
    h('p', { class: 'soft' }, `Its mapping asks for a person’s word. It would go to ${delivery.connector.name} just as it stands here; a rejected one can be retried later, and then asks again.`),
    field.element, h('div', { class: 'actions' }, buttons)));
}

/** It failed so far, and nobody has to do anything. @param {any} delivery */
const trying = (delivery) => h('p', { class: 'notice' }, icon('clock'), h('span', null, h('strong', null, `${reasonWords(delivery.reason)}. `), delivery.detail && delivery.detail !== reasonWords(delivery.reason) ? `${delivery.detail.replace(/[.]?$/, '.')} ` : '', reasonAdvice(delivery.reason) ?? 'It is tried again by itself.'));

/** It is behind another one. @param {any} delivery */
const waiting = (delivery) => h('p', { class: 'notice' }, icon('pause'), h('span', null, 'An older one goes first, so that they reach the ERP in order: ',
  h('a', { href: `/deliveries/${delivery.waitsFor}` }, 'see what it waits for'), '.'));

/** It keeps failing, and others wait for it. @param {any} delivery @param {() => void} reload */
function holdingUp(delivery, reload) {
  const { holdsUp: count, mayStepAside } = delivery, others = `${count} later ${mayStepAside ? `order${count === 1 ? '' : 's'} about the same asset` : `deliver${count === 1 ? 'y' : 'ies'}`}`;
  const head = h('p', { class: 'notice' }, icon('pause'), h('span', null, `It has not come through yet and is tried again: ${reasonInside(delivery.reason)}. ${others} wait${count === 1 ? 's' : ''} for it, so that they reach the ERP in order.`));
  if (!mayStepAside || !mayOperate()) return head;
  const button = h('button', { type: 'button', class: 'button' }, icon('send'), count === 1 ? 'Let the later one go first' : 'Let the later ones go first');
  button.addEventListener('click', async () => {
    button.disabled = true;
    try {
      await post(`/api/v1/deliveries/${delivery.id}/step-aside`);
      toast('The later ones go first; this one is tried on its own');
      reload();
    } catch (error) {
      button.disabled = false;
      complain(error);
    }
  });
  return card({ title: 'Others wait for it', class: 'care-card' }, h('div', { class: 'form' }, head, h('div', { class: 'actions' }, button)));
}

/** @param {any} delivery @param {() => void} reload */
function failure(delivery, reload) {
  const isUnknown = delivery.reason === 'outcome-unknown', advice = reasonAdvice(delivery.reason);
  const head = h('p', { class: 'notice is-bad' }, icon('circle-alert'), h('span', null, h('strong', null, `${reasonWords(delivery.reason ?? 'failed')}. `), delivery.detail ?? '', advice && !isUnknown ? ` ${advice}` : ''));
  if (!mayOperate()) return card({ title: 'It was not delivered', class: 'care-card' }, head);
  const holder = h('div', { class: 'form' });
  const retry = (/** @type {any} */ body, /** @type {string} */ words) => async (/** @type {Event} */ event) => {
    const button = /** @type {HTMLButtonElement} */ (event.currentTarget);
    button.disabled = true;
    try {
      await post(`/api/v1/deliveries/${delivery.id}/retry`, body);
      toast(words);
      reload();
    } catch (error) {
      button.disabled = false;
      complain(error);
    }
  };
  const away = h('button', { type: 'button', class: 'button', on: { click: () => dismiss(delivery, { hide: () => element.hidden = true, show: () => element.hidden = false }) } }, icon('minus'), 'Dismiss');
  const edit = h('button', { type: 'button', class: 'button', on: { click: () => editor(delivery, holder, head, reload) } }, icon('pencil'), 'Change fields …');
  fill(holder, head, isUnknown ? unknown(delivery, retry, away) : h('div', { class: 'actions' },
    h('button', { type: 'button', class: 'button primary', on: { click: retry(undefined, 'The delivery is tried again') } }, icon('rotate-ccw'), 'Retry'), edit, away));
  const element = card({ title: isUnknown ? 'Please look into the ERP' : 'It was not delivered', class: 'care-card' }, holder);
  return element;
}

/** @param {any} delivery @param {(body: any, words: string) => (event: Event) => void} retry @param {HTMLElement} away */
function unknown(delivery, retry, away) {
  return h('div', { class: 'form' },
    h('p', null, 'We sent the request, but its answer was lost, and this ERP cannot be asked whether it has the order. Sending it again could make a second one. So only a person who looks there can decide:'),
    h('div', { class: 'secret-line' }, h('code', { tabIndex: 0, 'aria-label': 'What to search for in the ERP' }, delivery.idempotencyKey), copyButton(delivery.idempotencyKey, 'the key to search for')),
    h('ul', { class: 'decisions' },
      h('li', null, h('div', null, h('h3', null, `${delivery.connector.name} does not have it`), h('p', { class: 'soft' }, 'It is sent once more.')),
        h('button', { type: 'button', class: 'button primary', on: { click: retry({ knownAbsent: true }, 'It is sent once more') } }, icon('send'), 'It is not there: send it')),
      h('li', null, h('div', null, h('h3', null, `${delivery.connector.name} has it`), h('p', { class: 'soft' }, 'Nothing is left to do here.')), away)));
}

/** @param {any} delivery @param {HTMLElement} holder @param {HTMLElement} head what went wrong @param {() => void} reload */
function editor(delivery, holder, head, reload) {
  const controls = Object.entries(delivery.fields ?? {}).map(([name, value]) => {
    const text = String(value ?? ''), input = text.length > 60 || text.includes('\n') ? h('textarea', { class: 'input', rows: 3, value: text }) : h('input', { class: 'input', type: 'text', value: text, autocomplete: 'off' });
    return { name, value, input, ...labelled({ name, label: sentence(name), span: input.tagName === 'TEXTAREA' }, input) };
  });
  const error = h('div', { role: 'alert' });
  const read = () => Object.fromEntries(controls.filter(({ input }) => input.value !== '').map(({ name, value, input }) => [name, input.value === String(value) ? value : typeof value === 'number' && Number.isFinite(Number(input.value)) ? Number(input.value) : input.value]));
  const save = async (/** @type {Event} */ event) => {
    event.preventDefault();
    fill(error);
    controls.forEach((control) => control.clear());
    submit.disabled = true;
    try {
      await put(`/api/v1/deliveries/${delivery.id}/fields`, { fields: read() });
      await post(`/api/v1/deliveries/${delivery.id}/retry`);
      toast('Saved; the delivery is tried again');
      reload();
    } catch (problem) {
      submit.disabled = false;
      const errors = problem instanceof Problem && problem.errors.length ? problem.errors : [{ pointer: '', detail: problem instanceof Error ? problem.message : String(problem) }];
      const places = errors.map(({ pointer, detail }) => controls.find(({ name }) => pointer === `/fields/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`)?.fail('', detail) ?? fill(error, h('p', { class: 'form-error' }, detail)));
      /** @type {any} */ (places.find(Boolean))?.focus();
    }
  };
  const submit = h('button', { type: 'submit', class: 'button primary' }, icon('rotate-ccw'), 'Save and retry');
  fill(holder, head, h('form', { class: 'form', noValidate: true, on: { submit: save } }, h('p', { class: 'soft' }, 'Changes this delivery only. To change those to come, change its mapping.'),
    h('div', { class: 'form-grid' }, controls.map(({ element }) => element)), error,
    h('div', { class: 'actions' }, submit, h('button', { type: 'button', class: 'button', on: { click: reload } }, 'Cancel'))));
  controls[0]?.input.focus();
}

/** @param {any} delivery */
export function retryButton(delivery) {
  if (delivery.state !== 'dead' || !mayOperate()) return null;
  const button = h('button', { type: 'button', class: 'button small' }, icon('rotate-ccw'), 'Retry');
  button.addEventListener('click', async () => {
    button.disabled = true;
    try {
      await post(`/api/v1/deliveries/${delivery.id}/retry`);
      toast('The delivery is tried again');
    } catch (error) {
      button.disabled = false;
      toast(error instanceof Error ? error.message : String(error), 'failed');
    }
  });
  return button;
}
