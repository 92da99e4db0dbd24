/** Cores of the versions that there were, which all later ones resume. */
import { join } from 'node:path';
import { REPOSITORY } from './guest-program.js';

export const FIXTURES = join(REPOSITORY, 'test/fixtures');

/** @param stateVersion as in the core */
export function fixtureOf(stateVersion: number, kind: 'plain' | 'compressed'): string {
  return join(FIXTURES, `state-${stateVersion}-${kind}.core`);
}
