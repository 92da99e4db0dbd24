import { CliError } from './cli-error.js';

/** A whole number of an option. */
export function parseNumber(text: string, option: string, lowest: number, highest: number): number {
  const value = /^-?\d+$/.test(text) ? Number(text) : NaN;
  if (value >= lowest && value <= highest) return value;
  throw new CliError(`${option}: '${text}' is not a whole number from ${lowest} to ${highest}`);
}
