/**
 * NT_DRAGONFLY_TLS, owner "DragonFly": the bases of FS and GS of the thread and the size of what they point
 * to (-1: unknown). The type is high because some types are read whatever the owner: with type 2 gdb would
 * take this for a register section.
 */
import type { CoreThread, TlsSegment } from './core-image.js';
import { checkLength, viewOf } from './field.js';

export const TLS_OWNER = 'DragonFly';
export const NT_DRAGONFLY_TLS = 0x1000;
const TLS_BYTES = 32;

export function encodeTls({ fs, gs }: CoreThread['tls']): Uint8Array {
  const bytes = new Uint8Array(TLS_BYTES);
  const view = viewOf(bytes);
  [fs, gs].forEach(({ base, size }, i) => {
    view.setBigUint64(i * 16, base, true);
    view.setBigInt64(i * 16 + 8, size, true);
  });
  return bytes;
}

export function decodeTls(bytes: Uint8Array): CoreThread['tls'] {
  checkLength(bytes, TLS_BYTES, 'NT_DRAGONFLY_TLS');
  const view = viewOf(bytes);
  const segment = (at: number): TlsSegment => ({
    base: view.getBigUint64(at, true),
    size: view.getBigInt64(at + 8, true),
  });
  return { fs: segment(0), gs: segment(16) };
}
