/** Files without a name, which are gone when nobody holds them open any more: what the addon does for the host's side. */
import { loadBinding } from './binding.js';

/** The descriptor of a file without a name whose bytes are in memory, to be mapped into RAM. Whoever asks closes it. @throws Error */
export function memoryFile(): number {
  return loadBinding().memoryFile();
}

/** Whether `placeFile` can be called: not without the addon. */
export function canPlaceFiles(): boolean {
  try {
    return loadBinding().placeFile !== undefined;
  } catch {
    return false;
  }
}

/**
 * Puts a file that was opened without a name (open(2), O_TMPFILE) in the place of what has the path, if anything.
 * @param between a name that does not exist, in the same directory
 * @returns an errno of linkat(2) or rename(2), or 0
 */
export function placeFile(fd: number, between: string, path: string): Promise<number> {
  return loadBinding().placeFile(fd, between, path);
}
