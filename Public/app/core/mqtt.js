/** Topic filters of MQTT 5 (section 4.7): what is wrong with one, and which topics it takes. */

/** @param {string} filter @returns {string | null} what is wrong, in a sentence */
export function filterMistake(filter) {
  if (filter === '') return 'A topic filter is needed.';
  if (filter.startsWith('$share/')) return 'Shared subscriptions ($share) are not possible: they would lose the order of a device’s messages.';
  const levels = filter.split('/'), at = levels.findIndex((level) => /[+#]/.test(level) && level.length > 1);
  if (at >= 0) return `A wildcard stands alone in its level; “${levels[at]}” mixes it with text.`;
  const rest = levels.indexOf('#');
  if (rest >= 0 && rest < levels.length - 1) return '# takes all levels that follow, so it can only be the last one.';
  return null;
}

/** Whether the filter takes the topic. @param {string} filter @param {string} topic */
export function filterTakes(filter, topic) {
  const wanted = filter.split('/'), levels = topic.split('/');
  if (/^[+#]/.test(filter) && topic.startsWith('$')) return false;
  for (let at = 0; at < wanted.length; at += 1) {
    if (wanted[at] === '#') return true;
    if (at >= levels.length || (wanted[at] !== '+' && wanted[at] !== levels[at])) return false;
  }
  return levels.length === wanted.length;
}

/** A topic that the filter takes, to begin a sample with. @param {string} filter */
export const exampleTopic = (filter) => filter.replace(/\/?#$/, '').replaceAll('+', 'device-1');

/** The filter in words: what it takes. @param {string} filter @returns {string} */
export function filterInWords(filter) {
  const levels = filter.split('/'), any = levels.flatMap((level, at) => level === '+' ? [`level ${at + 1}`] : []);
  if (filter === '#') return 'Takes every topic.';
  const words = levels.at(-1) === '#' ? `Takes ${exampleTopic(filter)} and everything below it` : any.length ? `Takes ${exampleTopic(filter)}, for example` : 'Takes exactly this topic';
  return `${words}${any.length ? `; ${any.join(' and ')} may be anything` : ''}.`;
}
