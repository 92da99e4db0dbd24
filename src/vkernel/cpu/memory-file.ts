import { loadBinding } from './binding.js';

/** The descriptor of a file without a name whose bytes are in memory, to be mapped into RAM. Whoever asks closes it. @throws Error */
export function memoryFile(): number {
  return loadBinding().memoryFile();
}
