/** signalfd(2): signals as bytes to read. It holds nothing but a set: the signals are those of whoever reads. */
import { u64 } from '../../ckpt/state/codecs.js';
import { ref } from '../../ckpt/state/references.js';
import { savable } from '../../ckpt/state/savable.js';
import { EAGAIN, EINVAL, SysError } from '../abi/errno.js';
import { POLLIN } from '../abi/poll.js';
import { encodeSignalfdSiginfo, SIGNALFD_SIGINFO_BYTES } from '../arch/signalfd-siginfo.js';
import type { WaitQueue } from '../lib/wait-queue.js';
import type { Inode } from '../vfs/inode.js';
import type { Location } from '../vfs/location.js';
import { OpenFile, openFileFields } from '../vfs/open-file.js';
import { waitSource } from '../vfs/wait-source.js';
import { Kernel } from './kernel.js';
import type { SignalSet } from './signal-set.js';

export class SignalFile extends OpenFile {
  readonly kernel: Kernel;
  /** The signals it reads. */
  set: SignalSet;

  constructor(kernel: Kernel, inode: Inode, flags: number, location: Location, set: SignalSet) {
    super(inode, flags, location);
    this.kernel = kernel;
    this.set = set;
  }

  override get waiters(): WaitQueue {
    return this.kernel.signalArrivals.waiters;
  }

  change(set: SignalSet): void {
    this.set = set;
    this.waiters.wakeAll();
  }

  /** @throws SysError EINVAL for less than one structure */
  override read(into: Uint8Array): number {
    const most = Math.floor(into.length / SIGNALFD_SIGINFO_BYTES);
    if (most === 0) throw new SysError(EINVAL);
    const task = this.kernel.current!;
    for (let count = 0; count < most; count++) {
      const info = task.pending.take(this.set) ?? task.process.pending.take(this.set);
      if (info === undefined) return count === 0 ? -EAGAIN : count * SIGNALFD_SIGINFO_BYTES;
      into.set(encodeSignalfdSiginfo(info), count * SIGNALFD_SIGINFO_BYTES);
    }
    return most * SIGNALFD_SIGINFO_BYTES;
  }

  override poll(): number {
    const task = this.kernel.current!;
    const pending = task.pending.pending | task.process.pending.pending;
    return (pending & this.set) === 0n ? 0 : POLLIN;
  }

  override info(): string {
    return `sigmask:\t${this.set.toString(16).padStart(16, '0')}\n`;
  }
}

savable<SignalFile>(
  'SignalFile',
  SignalFile,
  { ...openFileFields, kernel: ref(() => Kernel), set: u64 },
  { roles: [waitSource] },
);
