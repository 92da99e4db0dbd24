/** What an incremental freeze leaves out: pages that the machine's last core has. */
import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Kernel } from '../../vkernel/kernel/kernel.js';
import type { AddressSpace } from '../../vkernel/mm/address-space.js';
import { changesSinceSaved, FRAME_CHANGED, FRAME_UNCHANGED } from '../../vkernel/mm/saved-pages.js';
import { PAGE_BYTES } from '../elfcore/core-image.js';
import { CheckpointError } from './checkpoint-error.js';
import type { BasePages } from './page-plan.js';
import { openCore, type OpenedCore } from './thaw.js';

/** The core that a machine was frozen into last, or resumed from: what `markSaved` was about. */
export interface FrozenPages {
  readonly file: string;
  readonly digest: Uint8Array;
  /** The page of a frame at that time. */
  readonly pageOf: BasePages;
}

export interface Base {
  /** The earlier core. */
  readonly file: string;
  readonly frozen: FrozenPages | undefined;
}

export interface OpenedBase {
  readonly core: OpenedCore;
  readonly pageOf: BasePages;
}

/**
 * @param target the file that is going to build on it
 * @throws CheckpointError unless the file is that core; CoreFormatError or StateError when it is damaged
 */
export async function openBase({ file, frozen }: Base, target: string): Promise<OpenedBase> {
  const core = openCore(file);
  try {
    if (core.chain.some((one) => realPath(one) === realPath(target)))
      throw new CheckpointError(`${target} cannot replace a core that it builds on`);
    if (frozen === undefined || Buffer.compare(core.core.digest, frozen.digest) !== 0) {
      const last = frozen === undefined ? 'there is none yet' : `that is ${frozen.file}`;
      throw new CheckpointError(`${file} is not the core that this machine was frozen into last: ${last}`);
    }
    await core.prepare();
    return { core, pageOf: frozen.pageOf };
  } catch (error) {
    core.close();
    throw error;
  }
}

/** The same for each name of a file; the path itself where there is none. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}

/** Private memory by the dirty bits, page caches by their bytes. */
export function basePages(kernel: Kernel, { core, pageOf }: OpenedBase): BasePages {
  const { frames } = kernel;
  const changes = changesSinceSaved(addressSpaces(kernel), frames.totalFrames);
  const page = Buffer.alloc(PAGE_BYTES);
  const ram = Buffer.from(frames.ram);
  const isSame = (frame: number, before: number): boolean => {
    core.pages.read(before, page);
    return ram.compare(page, 0, PAGE_BYTES, frame * PAGE_BYTES, (frame + 1) * PAGE_BYTES) === 0;
  };
  return (frame) => {
    const before = pageOf(frame);
    if (before === undefined || changes[frame] === FRAME_CHANGED) return undefined;
    return changes[frame] === FRAME_UNCHANGED || isSame(frame, before) ? before : undefined;
  };
}

/** Each address space once. */
export function addressSpaces({ tasks }: Kernel): Set<AddressSpace> {
  return new Set(Array.from(tasks.values(), ({ mm }) => mm));
}
