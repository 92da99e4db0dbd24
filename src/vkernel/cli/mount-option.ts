/** `--mount HOST:GUEST[:MODE]` */
import { resolve } from 'node:path';
import type { MountOption } from '../machine/vkernel.js';
import { CliError } from './cli-error.js';

/** @param cwd what a relative host path is relative to */
export function parseMount(text: string, cwd: string): MountOption {
  const [host, guest, mode = 'rw', ...more] = text.split(':');
  const wrong = (why: string): never => {
    throw new CliError(`--mount: '${text}' ${why}; write HOST:GUEST, HOST:GUEST:ro or HOST:GUEST:overlay`);
  };
  if (!host || !guest || more.length > 0) return wrong('is not a mount');
  if (!guest.startsWith('/')) return wrong('needs an absolute path in the guest');
  if (!['rw', 'ro', 'overlay'].includes(mode)) return wrong(`has the unknown mode '${mode}'`);
  return { host: resolve(cwd, host), guest, readOnly: mode === 'ro', overlay: mode === 'overlay' };
}
