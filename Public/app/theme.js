// Runs before the first paint, so that a chosen theme never flashes the other one. A classic script on purpose.
(function () {
  let chosen = null;
  try {
    chosen = localStorage.getItem('plantwright.theme');
  } catch {
    // Storage may be blocked: then the system's preference holds.
  }
  if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset.theme = chosen;
})();
