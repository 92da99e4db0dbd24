/** Ids of running vkernels: what ps shows and people type. */
import { hostRandomBytes } from '../machine/host-random.js';
import { CliError } from './cli-error.js';
import { LONGEST_ID } from './runtime-directory.js';

/** Nothing that reads alike; a letter first, so that no id looks like a process id. */
const LETTERS = 'abcdefghjkmnpqrstuvwxyz';
const LETTERS_AND_DIGITS = `${LETTERS}23456789`;
const ID_LENGTH = 6;

export function randomId(): string {
  return Array.from(hostRandomBytes(ID_LENGTH), (byte, i) => {
    const alphabet = i === 0 ? LETTERS : LETTERS_AND_DIGITS;
    return alphabet[byte % alphabet.length]!;
  }).join('');
}

/** @throws CliError */
export function checkName(name: string): string {
  if (/^[a-z][a-z0-9-]*$/.test(name) && name.length <= LONGEST_ID) return name;
  throw new CliError(
    `--name: '${name}' is no name; use up to ${LONGEST_ID} small letters, digits and dashes, a letter first`,
  );
}
