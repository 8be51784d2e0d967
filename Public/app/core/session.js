/** Who is signed in. */
import { get, Problem, remove } from './api.js';

/** @typedef {{name: string, email: string, role: 'viewer' | 'operator' | 'admin'}} Session */

/** @type {Session} */
let current = { name: '', email: '', role: 'viewer' };

/** Loads the session; goes to the sign-in page when there is none. */
export async function loadSession() {
  try {
    current = await get('/api/v1/session');
    return true;
  } catch (error) {
    if (error instanceof Problem && error.status === 401) {
      location.replace('/sign-in');
      return false;
    }
    throw error;
  }
}

export const session = () => current;
export const mayOperate = () => current.role !== 'viewer';
export const mayAdmin = () => current.role === 'admin';

export async function signOut() {
  await remove('/api/v1/session');
  location.assign('/sign-in');
}
