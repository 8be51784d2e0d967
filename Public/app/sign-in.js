/** The sign-in page. The link's token is spent by pressing a button, so that link previews do not spend it. */
import { post } from './core/api.js';
import { fill, h, icon } from './core/dom.js';

const token = new URLSearchParams(location.search).get('token');
const logo = new URL('../favicon.svg', import.meta.url).href;

function frame(/** @type {import('./core/dom.js').Child[]} */ ...children) {
  fill(document.body, h('main', { class: 'sign-in' }, h('div', { class: 'sign-in-card' },
    h('p', { class: 'brand' }, h('img', { src: logo, alt: '', width: 36, height: 36 }), h('span', null, 'Plantwright')), ...children)));
}

/** @param {string} oneTimeToken */
function showButton(oneTimeToken) {
  const message = h('p', { class: 'form-error', role: 'alert', hidden: true });
  const button = h('button', { type: 'button', class: 'button primary large' }, 'Sign in', icon('arrow-right'));
  button.addEventListener('click', async () => {
    button.disabled = true;
    message.hidden = true;
    try {
      await post('/api/v1/session', { token: oneTimeToken });
      location.replace('/');
    } catch (error) {
      message.textContent = error instanceof Error ? error.message : String(error);
      message.hidden = false;
      button.disabled = false;
      help.hidden = false;
    }
  });
  const help = instructions();
  help.hidden = true;
  frame(h('h1', null, 'Welcome'), h('p', { class: 'lead' }, 'You opened a one-time sign-in link. It works once, on this browser.'),
    button, message, help);
  button.focus();
}

function instructions() {
  return h('div', { class: 'instructions' },
    h('p', null, 'An administrator makes a one-time link on the machine that runs Plantwright:'),
    h('pre', { tabIndex: 0 }, h('code', null, 'plantwright user create --email you@example.com --role admin')),
    h('p', null, 'Open the printed link in this browser. For the demo, the link was printed when it started.'));
}

if (token) showButton(token);
else frame(h('h1', null, 'Sign in'), h('p', { class: 'lead' }, 'Plantwright has no passwords: you sign in with a one-time link.'), instructions());
