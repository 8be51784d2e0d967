/** A device's ledger in a plain sentence. */
import { formatCount, plural } from '../core/format.js';
import { formatDuration } from '../core/time.js';

/** @typedef {import('./device-ledger.js').Ledger} Ledger */

/** @param {number} count */
const were = (count) => count === 1 ? 'was' : 'were';

/** @param {string[]} parts */
const listed = (parts) => parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;

/**
 * @param {Ledger} ledger @param {string} today like 2026-11-22, in UTC
 * @returns {{text: string, isGood: boolean}}
 */
export function ledgerWords({ total, days, expectedInterval }, today) {
  const missed = sequenceWords(total.sequenceGaps);
  if (total.received === 0) return { text: `No reading of this device has come.${missed}`, isGood: missed === '' };
  const now = days.find(({ day }) => day === today), counts = now && now.received > 0 ? now : total, when = counts === now ? 'that came today' : 'so far';
  const kept = counts.stored + counts.merged, lost = counts.rejected + counts.conflict;
  const trouble = [counts.rejected ? `${formatCount(counts.rejected)} ${were(counts.rejected)} rejected` : '', counts.conflict ? `${formatCount(counts.conflict)} told another value for a time that is stored` : ''].filter(Boolean);
  const first = lost === 0 ? `${kept === 1 ? 'The one reading' : `All ${formatCount(kept)} readings`} ${when} ${kept === 1 ? 'is' : 'are'} stored`
    : `${formatCount(kept)} of ${plural(kept + lost, 'reading')} ${when} are stored; ${listed(trouble)}`;
  const twice = counts.duplicate ? `; ${formatCount(counts.duplicate)} ${were(counts.duplicate)} told twice` : '';
  const late = counts.late ? `; ${formatCount(counts.late)} came late` : '';
  const gaps = counts.gaps ? ` ${plural(counts.gaps, 'gap')}: ${formatDuration(counts.gapSeconds * 1000)} without readings.` : expectedInterval ? ' No gap.' : '';
  return { text: `${first}${twice}${late}.${gaps}${missed}`, isGood: lost === 0 && counts.gaps === 0 && missed === '' };
}

/** @param {number} count of messages that a sequence left out */
const sequenceWords = (count) => count === 0 ? '' : ` ${plural(count, 'message')} of its edge node never reached the server (Sparkplug sequence).`;

/** @param {Ledger['clock']} clock @returns {string | null} a warning */
export function clockWords({ offsetSeconds, suspicious }) {
  if (!suspicious) return null;
  if (offsetSeconds === null) return 'The clock of this device looks wrong: its times do not fit when its messages arrive.';
  const length = formatDuration(Math.abs(offsetSeconds) * 1000);
  return `The clock of this device is ${length} ${offsetSeconds > 0 ? 'behind' : 'ahead'}: its readings stand at the wrong time. Set its clock or its time zone.`;
}
