/** Why a delivery waits, failed or was left out, as people say it, and what can be done about it. */
import { sentence } from './format.js';

/** @type {Record<string, [string, string]>} reason → [words, what to do] */
const REASONS = {
  'outcome-unknown': ['Nobody knows whether the ERP has it', 'The request was sent, but no answer came, and this ERP cannot be asked for it.'],
  'equipment-unknown': ['The ERP does not know the equipment', 'Match the asset with its equipment, or change the field here; then retry.'],
  'connector-deleted': ['Its connector was deleted', 'Dismiss it, or make the connector again with the same key.'],
  interrupted: ['The server ended during the call', 'It is looked up by itself before it is tried again.'],
  'not-found': ['The ERP does not have it', 'It is sent again by itself.'],
  'not-found-yet': ['Not in the ERP yet', 'The ERP may still be saving it; it is looked up again before it is sent again.'],
  'no-order': ['There is no order to do it to', 'The order that it is about was never made, or was deleted.'],
  'waits-for-order': ['Waits for its order', 'The order that it is about is not in the ERP yet.'],
  'work-begun': ['Work had begun already', 'The order was not cancelled, since somebody works on it.'],
  'no-picture': ['There is nothing to draw', 'Its readings, its alarm or its device are no longer kept. The order itself is not touched.'],
  'picture-failed': ['The picture could not be drawn', 'It is tried again by itself.'],
  rejected: ['Not approved', 'A person decided against it. Retry asks for approval again.'],
  limit: ['Beyond the limit', 'The mapping allows no more for this asset in this time.'],
  unauthorized: ['The ERP refuses the sign-in', 'Check the connector’s credentials, then retry.'],
  'credentials-refused': ['The ERP refuses the sign-in', 'Check the connector’s credentials, then retry.'],
  'permission-denied': ['The ERP’s user may not do this', 'Give the user the right in the ERP, then retry.'],
  paused: ['The connector is paused', 'It goes out when the connector is resumed.'],
  'rate-limited': ['The ERP asks for a pause', 'It is tried again by itself.'],
  'connect-failed': ['The ERP cannot be reached', 'It is tried again by itself.'],
  'connection-lost': ['The connection broke off', 'Whether the ERP has it is asked before it is sent again.'],
  timeout: ['The ERP took too long to answer', 'Whether the ERP has it is asked before it is sent again.'],
  'circuit-open': ['The ERP does not answer', 'It is tried again by itself as soon as the ERP answers.'],
};

/** @param {string} reason */
export const reasonWords = (reason) => REASONS[reason]?.[0] ?? sentence(reason);

/** The same inside a sentence: “the ERP refuses the sign-in”. @param {string} reason */
export const reasonInside = (reason) => reasonWords(reason).replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase());

/** @param {string | null | undefined} reason */
export const reasonAdvice = (reason) => REASONS[reason ?? '']?.[1] ?? null;
