/** Files without a name, which are gone when nobody holds them open any more: what the addon does for the host's side. */
import { loadBinding } from './binding.js';

/** The descriptor of a file without a name whose bytes are in memory, to be mapped into RAM. Whoever asks closes it. @throws Error */
export function memoryFile(): number {
  return loadBinding().memoryFile();
}

/** Whether `nameFile` can be called: not without the addon. */
export function canNameFiles(): boolean {
  try {
    return loadBinding().nameFile !== undefined;
  } catch {
    return false;
  }
}

/** linkat(2): gives a file that was opened without a name (open(2), O_TMPFILE) one that does not exist yet. @returns an errno, or 0 */
export function nameFile(fd: number, path: string): number {
  return loadBinding().nameFile(fd, path);
}
