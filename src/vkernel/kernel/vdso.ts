/** The vDSO's two pages (vdso(7)): the clocks of the data page tick here; the code is the same for everybody. */
import { opt } from '../../ckpt/state/codecs.js';
import { ref } from '../../ckpt/state/references.js';
import { derived, savable } from '../../ckpt/state/savable.js';
import { O_RDONLY } from '../abi/fcntl.js';
import { makeVdsoImage } from '../loader/vdso-image.js';
import { VVAR } from '../loader/vdso-code.js';
import { FRAME_WORDS, PAGE_BYTES, type FrameAllocator } from '../mm/frames.js';
import { SharedMemory, SharedMemoryFileSystem } from '../mm/shared-anonymous.js';
import { VdsoFile } from '../mm/vdso-file.js';
import { NS_PER_SECOND, type Clock } from '../time/clock.js';

/** The coarse clocks tick as CONFIG_HZ=250 has it. */
export const COARSE_TICK_NS = 4_000_000;

export class Vdso {
  /** Undefined until the first program starts. */
  file: VdsoFile | undefined = undefined;
  /** The frame of the data page, while there is one. */
  dataFrame = 0;
  /** When the coarse clocks ticked last, on the monotonic clock, and what they show since: not before the scheduler's first look. */
  monotonicNs = -Infinity;
  realtimeNs = 0n;

  /** What every program maps. @throws SysError ENOMEM */
  fileFrom(frames: FrameAllocator): VdsoFile {
    if (this.file !== undefined) return this.file;
    const memory = new SharedMemory(new SharedMemoryFileSystem(frames), 1, 2 * PAGE_BYTES);
    frames.bytes(memory.page(1)!).set(makeVdsoImage());
    this.dataFrame = memory.page(0)!;
    this.file = new VdsoFile(memory, O_RDONLY).retain();
    if (this.monotonicNs >= 0) this.show(frames);
    return this.file;
  }

  /** Lets the coarse clocks tick when it is time; to be called wherever the clock is looked at. */
  tick(nowNs: number, clock: Clock, frames: FrameAllocator): void {
    if (nowNs - this.monotonicNs < COARSE_TICK_NS) return;
    this.monotonicNs = nowNs;
    this.realtimeNs = clock.realtimeNs();
    if (this.dataFrame !== 0) this.show(frames);
  }

  private show({ words }: FrameAllocator): void {
    const page = this.dataFrame * FRAME_WORDS;
    // It changes with each tick, so that a reader notices one that comes between two reads.
    words[page + VVAR.sequence / 4]!++;
    const realtime = page + VVAR.realtime / 4;
    words[realtime] = Number(this.realtimeNs / 1_000_000_000n) >>> 0;
    words[realtime + 2] = Number(this.realtimeNs % 1_000_000_000n);
    const monotonic = page + VVAR.monotonic / 4;
    words[monotonic] = Math.floor(this.monotonicNs / NS_PER_SECOND);
    words[monotonic + 2] = this.monotonicNs % NS_PER_SECOND;
  }
}

savable('Vdso', Vdso, {
  file: opt(ref(() => VdsoFile)),
  dataFrame: derived((self: Vdso) => (self.file?.inode as SharedMemory | undefined)?.pages.get(0) ?? 0),
  // A resumed machine's clocks tick before anything runs.
  monotonicNs: derived(() => -Infinity),
  realtimeNs: derived(() => 0n),
});
