/** `--mount HOST:GUEST[:ro]` */
import { resolve } from 'node:path';
import type { MountOption } from '../machine/vkernel.js';
import { CliError } from './cli-error.js';

/** @param cwd what a relative host path is relative to */
export function parseMount(text: string, cwd: string): MountOption {
  const [host, guest, mode, ...more] = text.split(':');
  const wrong = (why: string): never => {
    throw new CliError(`--mount: '${text}' ${why}; write HOST:GUEST or HOST:GUEST:ro`);
  };
  if (!host || !guest || more.length > 0) return wrong('is not a mount');
  if (!guest.startsWith('/')) return wrong('needs an absolute path in the guest');
  if (mode !== undefined && mode !== 'ro' && mode !== 'rw') return wrong(`has the unknown mode '${mode}'`);
  return { host: resolve(cwd, host), guest, readOnly: mode === 'ro' };
}
