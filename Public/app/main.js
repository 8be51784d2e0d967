/** Starts the app: session, live connection, frame, pages. */
import { buildShell } from './components/shell.js';
import { errorState } from './components/states.js';
import { fill, h } from './core/dom.js';
import { live } from './core/live.js';
import { plant } from './core/plant.js';
import { route, startRouter } from './core/router.js';
import { loadSession } from './core/session.js';

route('/', async () => (await import('./pages/overview.js')).OverviewPage);
route('/alarms', async () => (await import('./pages/alarms.js')).AlarmsPage);
route('/orders', async () => (await import('./pages/orders.js')).OrdersPage);
route('/work-orders', async () => (await import('./pages/work-orders.js')).WorkOrdersPage);
route('/deliveries/:id/evidence', async () => (await import('./pages/evidence.js')).EvidencePage);
route('/deliveries/:id', async () => (await import('./pages/delivery.js')).DeliveryPage);
route('/inventory', async () => (await import('./pages/inventory.js')).InventoryPage);
route('/plant', async () => (await import('./pages/asset.js')).AssetPage);
route('/plant/:asset', async () => (await import('./pages/asset.js')).AssetPage);
route('/devices', async () => (await import('./pages/admin-section.js')).AdminSectionPage);
route('/devices/:device', async () => (await import('./pages/device.js')).DevicePage);
route('/quarantine', async () => (await import('./pages/quarantine.js')).QuarantinePage);
route('/rejected', async () => (await import('./pages/rejected.js')).RejectedPage);
route('/admin', async () => (await import('./pages/admin-section.js')).AdminSectionPage);
route('/admin/storage', async () => (await import('./pages/storage.js')).StoragePage);
route('/admin/users', async () => (await import('./pages/users.js')).UsersPage);
route('/admin/configuration', async () => (await import('./pages/configuration.js')).ConfigurationPage);
route('/admin/changes', async () => (await import('./pages/changes.js')).ChangesPage);
route('/account', async () => (await import('./pages/account.js')).AccountPage);
route('/admin/:section', async () => (await import('./pages/admin-section.js')).AdminSectionPage);
route('/admin/connectors/:key/matching', async () => (await import('./pages/matching.js')).MatchingPage);
route('/admin/:section/:key', async () => (await import('./pages/admin-entry.js')).AdminEntryPage);

async function start() {
  if (!await loadSession()) return;
  live.start();
  await Promise.all([plant.load(), live.ready()]);
  await startRouter(buildShell());
}

/** What must be there first is not: say so, and go on by itself when it is. */
function startOver() {
  start().catch((error) => {
    fill(document.body, h('main', { class: 'start-error' }, h('h1', null, 'Plantwright'), errorState(error, startOver)));
    setTimeout(() => document.querySelector('.start-error') && location.reload(), 10_000);
  });
}

startOver();
