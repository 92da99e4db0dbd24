/** /dev/null, zero, full, random and urandom (null(4), full(4), random(4)). */
import { oneOf } from '../../../ckpt/state/codecs.js';
import { external, ref } from '../../../ckpt/state/references.js';
import { savable } from '../../../ckpt/state/savable.js';
import { ENOSPC, SysError } from '../../abi/errno.js';
import type { Inode } from '../../vfs/inode.js';
import type { Location } from '../../vfs/location.js';
import { OpenFile, openFileFields, writeInt, type IoctlMemory } from '../../vfs/open-file.js';
import { randomService, type Random } from '../../vfs/services.js';
import { driver, type Driver } from '../../vfs/special-files.js';
import { waitSource } from '../../vfs/wait-source.js';

export type MemoryDeviceKind = 'null' | 'zero' | 'full' | 'random';

/** RNDGETENTCNT of random(4), and the answer of a pool that is full. */
const RNDGETENTCNT = 0x80045200;
const POOL_BITS = 256;

export class MemoryDevice implements Driver {
  readonly kind: MemoryDeviceKind;
  readonly random: Random;

  constructor(kind: MemoryDeviceKind, random: Random) {
    this.kind = kind;
    this.random = random;
  }

  open(inode: Inode, flags: number, location: Location | undefined): MemoryDeviceFile {
    return new MemoryDeviceFile(inode, this, flags, location);
  }
}

export class MemoryDeviceFile extends OpenFile {
  readonly deviceDriver: MemoryDevice;

  constructor(inode: Inode, deviceDriver: MemoryDevice, flags: number, location?: Location) {
    super(inode, flags, location);
    this.deviceDriver = deviceDriver;
  }

  override get seekable(): boolean {
    return true;
  }

  override read(into: Uint8Array): number {
    const { kind, random } = this.deviceDriver;
    if (kind === 'null') return 0;
    if (kind === 'random') into.set(random.bytes(into.length));
    else into.fill(0);
    return into.length;
  }

  override write(from: Uint8Array): number {
    if (this.deviceDriver.kind === 'full' && from.length > 0) throw new SysError(ENOSPC);
    return from.length;
  }

  /** Linux's null_lseek: every seek ends at 0. */
  override seek(): number {
    this.offset = 0;
    return 0;
  }

  override ioctl(request: number, argument: number, memory: IoctlMemory): number {
    if (this.deviceDriver.kind !== 'random' || request !== RNDGETENTCNT)
      return super.ioctl(request, argument, memory);
    writeInt(memory, argument, POOL_BITS);
    return 0;
  }
}

savable<MemoryDevice>(
  'devfs.MemoryDevice',
  MemoryDevice,
  { kind: oneOf('null', 'zero', 'full', 'random'), random: external(randomService) },
  { roles: [driver] },
);
savable<MemoryDeviceFile>(
  'devfs.MemoryDeviceFile',
  MemoryDeviceFile,
  { ...openFileFields, deviceDriver: ref(() => MemoryDevice) },
  { roles: [waitSource] },
);
