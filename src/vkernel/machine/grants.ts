/** What a resumed machine may see of the host: a core names places in the guest, the user says what is there. */
import { realpathSync } from 'node:fs';
import type { HostFileProblem, HostPaths } from '../fs/hostfs/hostfs.js';
import { MachineError } from './machine-error.js';
import type { MountOption, ResumeOptions } from './options.js';

/** The grants of `root` and `mounts`, as the file systems of a core ask for them. Nothing is missing with `files` "strict". */
export function grantsOf(
  options: Pick<ResumeOptions, 'root' | 'rootReadOnly' | 'mounts' | 'files'>,
  report: (problem: HostFileProblem) => void,
): HostPaths {
  const { root, rootReadOnly, mounts = [], files } = options;
  const whole: MountOption | undefined =
    root === undefined ? undefined : { host: root, guest: '/', readOnly: rootReadOnly ?? false };
  return {
    granted(guestPath) {
      const grant = guestPath === '/' ? whole : mounts.find(({ guest }) => guest === guestPath);
      if (grant === undefined) {
        const message = missingGrant(guestPath);
        if (files === 'strict') throw new MachineError(message);
        report({ path: guestPath, hostPath: undefined, problem: 'not granted', message });
        return undefined;
      }
      try {
        const readOnly = grant.readOnly === true || grant.overlay === true;
        return { path: realpathSync(grant.host), readOnly };
      } catch (error) {
        throw new MachineError(`${grant.host}: ${(error as Error).message}`, 125, { cause: error });
      }
    },
    report,
  };
}

/** What to refuse a resume with for files that are not what they were: one line about the first. */
export function refusal([first, ...more]: readonly HostFileProblem[]): MachineError {
  const others = more.length === 0 ? '' : `, and so it is with ${more.length} more`;
  return new MachineError(`${first!.message}${others}`);
}

function missingGrant(guestPath: string): string {
  const option = guestPath === '/' ? '--root DIR' : `--mount DIR:${guestPath}`;
  return `the machine used a directory of its host at ${guestPath}: say with ${option} which one it gets now`;
}
