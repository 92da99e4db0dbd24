/** Sizes and durations as people write them. */
import { CliError } from './cli-error.js';

const UNITS = ['', 'K', 'M', 'G', 'T'];
const PAGE_BYTES = 4096;
/** The longest timer of Node. */
const LONGEST_MS = 0x7fff_ffff;

/** "512M", "1GiB", "1.5g" or a number of bytes; units are powers of 1024. @returns bytes, rounded up to whole pages */
export function parseSize(text: string, option: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?$/i.exec(text.trim());
  const bytes = match ? Number(match[1]) * 1024 ** UNITS.indexOf(match[2]!.toUpperCase()) : 0;
  if (bytes <= 0 || bytes > Number.MAX_SAFE_INTEGER / 2) {
    throw new CliError(`${option}: '${text}' is not a size; write it as 512M, 1GiB or in bytes`);
  }
  return Math.ceil(bytes / PAGE_BYTES) * PAGE_BYTES;
}

const DURATIONS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** "500ms", "5s", "1.5m", "2h". @returns milliseconds, at least one */
export function parseDuration(text: string, option: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text.trim());
  const ms = match ? Math.round(Number(match[1]) * DURATIONS[match[2]!]!) : 0;
  if (ms < 1 || ms > LONGEST_MS)
    throw new CliError(`${option}: '${text}' is no time; write it as 500ms, 5s or 2m`);
  return ms;
}

/** "4s", "2m10s", "3h05m", "2d04h". */
export function durationText(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const parts = [
    Math.floor(seconds / 86_400),
    Math.floor(seconds / 3600) % 24,
    Math.floor(seconds / 60) % 60,
    seconds % 60,
  ];
  const first = parts.findIndex((part) => part > 0);
  if (first < 0 || first === 3) return `${seconds}s`;
  return `${parts[first]}${'dhms'[first]}${String(parts[first + 1]).padStart(2, '0')}${'dhms'[first + 1]}`;
}
