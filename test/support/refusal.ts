import { expect } from 'chai';

/** The names of the errors whose message is written for the user. */
const REFUSALS = ['CoreFormatError', 'StateError', 'CheckpointError', 'MachineError'];

/** That it throws an error for the user, with exactly this message, which is a line. */
export function expectRefusal(work: () => unknown, message: string): void {
  let thrown: unknown;
  try {
    work();
  } catch (error) {
    thrown = error;
  }
  expectRefused(thrown, message);
}

/** @param what for people */
export function expectRefused(thrown: unknown, message: string, what = ''): void {
  if (!(thrown instanceof Error)) throw new Error(`it was not refused: ${what} ${message}`);
  expect(thrown.message, what).to.equal(message);
  expect(thrown.name, what).to.be.oneOf(REFUSALS);
  expect(message).to.match(/^[\x20-\x7e]{1,400}$/);
}
