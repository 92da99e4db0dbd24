/** Sizes and durations as people write them. */
import { CliError } from './cli-error.js';

const UNITS = ['', 'K', 'M', 'G', 'T'];
const PAGE_BYTES = 4096;

/** "512M", "1GiB", "1.5g" or a number of bytes; units are powers of 1024. @returns bytes, rounded up to whole pages */
export function parseSize(text: string, option: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?$/i.exec(text.trim());
  const bytes = match ? Number(match[1]) * 1024 ** UNITS.indexOf(match[2]!.toUpperCase()) : 0;
  if (bytes <= 0 || bytes > Number.MAX_SAFE_INTEGER / 2) {
    throw new CliError(`${option}: '${text}' is not a size; write it as 512M, 1GiB or in bytes`);
  }
  return Math.ceil(bytes / PAGE_BYTES) * PAGE_BYTES;
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
