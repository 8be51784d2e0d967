/** What a browser calls itself, as people know it. */

/** The more particular first: most call themselves by others' names too. @type {[RegExp, string][]} */
const BROWSERS = [[/\bEdg\w*\//, 'Edge'], [/\bOPR\//, 'Opera'], [/\bFirefox\//, 'Firefox'], [/\b(?:Headless)?Chrom(?:e|ium)\//, 'Chrome'], [/\bVersion\/[\d.]+.*\bSafari\//, 'Safari']];
/** @type {[RegExp, string][]} */
const SYSTEMS = [[/\bAndroid\b/, 'Android'], [/\b(?:iPhone|iPad)\b/, 'iOS'], [/\bWindows\b/, 'Windows'], [/\bMac OS X\b/, 'macOS'], [/\bCrOS\b/, 'ChromeOS'], [/\bLinux\b/, 'Linux']];

/** @param {string | null | undefined} userAgent */
export function browserName(userAgent) {
  if (!userAgent) return 'Unknown browser';
  const browser = BROWSERS.find(([pattern]) => pattern.test(userAgent))?.[1], system = SYSTEMS.find(([pattern]) => pattern.test(userAgent))?.[1];
  if (!browser) return userAgent.split(' ')[0];
  return system ? `${browser} on ${system}` : browser;
}
