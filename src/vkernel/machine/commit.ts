/** What a guest changed in its overlay goes into a directory of the host when the machine has ended. */
import { mkdirSync, realpathSync } from 'node:fs';
import { relative } from 'node:path';
import { HostFs } from '../fs/hostfs/hostfs.js';
import { commitOverlay } from '../fs/overlay/commit.js';
import { OverlayFs } from '../fs/overlay/overlay.js';
import type { Kernel } from '../kernel/kernel.js';
import type { KernelLog } from '../kernel/log.js';
import type { MountTable } from '../vfs/mount.js';
import { MachineError } from './machine-error.js';

/** Makes sure, before the guest runs, that there is something to commit and a directory for it. @returns its real path @throws MachineError */
export function prepareCommit({ mounts }: Kernel, directory: string): string {
  overlayOf(mounts);
  try {
    mkdirSync(directory, { recursive: true });
    return realpathSync(directory);
  } catch (error) {
    throw new MachineError(`commit: ${(error as Error).message}`, 125, { cause: error });
  }
}

/**
 * Writes the changes of the root's overlay into a directory that `prepareCommit` gave, and logs what could not be written.
 * @throws MachineError when the directory is not there any more
 */
export function commitChanges({ mounts, frames }: Kernel, directory: string, log: KernelLog): void {
  const overlay = overlayOf(mounts);
  const lower = overlay.root.lower?.fs;
  const target = openTarget(mounts.allocateDevice(), frames, directory);
  const sharesLower = lower instanceof HostFs && overlaps(lower.hostPath, target.grantedPath());
  const { skipped } = commitOverlay(overlay, target.root, sharesLower);
  target.handles.closeAll();
  for (const line of skipped) log(`not committed: ${Buffer.from(line, 'latin1').toString()}`);
}

function overlayOf({ mounts }: MountTable): OverlayFs {
  const fs = mounts[0]?.fs;
  if (!(fs instanceof OverlayFs))
    throw new MachineError('commit: only the changes of an overlay can be committed');
  return fs;
}

function openTarget(device: number, pool: Kernel['frames'], hostPath: string): HostFs {
  try {
    return new HostFs(device, pool, { hostPath, guestPath: '', readOnly: false });
  } catch (error) {
    throw new MachineError(`commit: ${hostPath}: ${String(error)}`, 125, { cause: error });
  }
}

/** One of the directories is in the other, or they are the same. */
function overlaps(one: string | undefined, other: string): boolean {
  if (one === undefined) return false;
  return [relative(one, other), relative(other, one)].some((path) => !/^\.\.(\/|$)/.test(path));
}
