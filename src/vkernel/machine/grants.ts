/** What a resumed machine may see of the host: a core names places in the guest, the user says what is there. */
import { realpathSync } from 'node:fs';
import type { HostPaths } from '../fs/hostfs/hostfs.js';
import type { KernelLog } from '../kernel/log.js';
import { MachineError } from './machine-error.js';
import type { ResumeOptions } from './options.js';

/** The grants of `root` and `mounts`, as the file systems of a core ask for them. */
export function grantsOf(
  options: Pick<ResumeOptions, 'root' | 'rootReadOnly' | 'mounts'>,
  log: KernelLog,
): HostPaths {
  const { root, rootReadOnly, mounts = [] } = options;
  const whole = root === undefined ? undefined : { host: root, guest: '/', readOnly: rootReadOnly };
  return {
    granted(guestPath) {
      const grant = guestPath === '/' ? whole : mounts.find(({ guest }) => guest === guestPath);
      if (grant === undefined) throw new MachineError(missingGrant(guestPath));
      try {
        return { path: realpathSync(grant.host), readOnly: grant.readOnly ?? false };
      } catch (error) {
        throw new MachineError(`${grant.host}: ${(error as Error).message}`, 125, { cause: error });
      }
    },
    report: log,
  };
}

function missingGrant(guestPath: string): string {
  const option = guestPath === '/' ? '--root DIR' : `--mount DIR:${guestPath}`;
  return `the machine used a directory of its host at ${guestPath}: say with ${option} which one it gets now`;
}
