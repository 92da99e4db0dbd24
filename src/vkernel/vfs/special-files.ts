/**
 * What all file systems of a machine share: what device nodes and named pipes open, wherever they lie (drivers live in layers above;
 * the machine enters them here), and how many inodes there may be in memory.
 */
import { mapOf, opt, str } from '../../ckpt/state/codecs.js';
import { refRole } from '../../ckpt/state/references.js';
import { derived, role, savable } from '../../ckpt/state/savable.js';
import { ENOSPC, ENXIO, SysError } from '../abi/errno.js';
import { S_IFBLK, S_IFCHR, S_IFIFO } from '../abi/stat.js';
import type { Inode } from './inode.js';
import type { Location } from './location.js';
import type { OpenFile } from './open-file.js';

/** Something that opens inodes of its kind. */
export interface Driver {
  /** @throws SysError ENXIO when there is nothing behind it now */
  open(inode: Inode, flags: number, location: Location | undefined): OpenFile;
}

export const driver = role<Driver>('Driver');

/** Builds the number that st_rdev shows (makedev(3); both parts below 2^12 and 2^20). */
export function makeDevice(major: number, minor: number): number {
  return (minor & 0xff) + (major & 0xfff) * 0x100 + (minor >> 8) * 0x100000;
}
export function majorOf(device: number): number {
  return (device >> 8) & 0xfff;
}
export function minorOf(device: number): number {
  return (device & 0xff) + Math.floor(device / 0x100000) * 0x100;
}

/** Inodes are objects of the host's, which a guest must not make without end. Linux has as many for a machine of 4 GiB. */
export const MOST_INODES = 1 << 19;

export class SpecialFiles {
  /** Inodes of file systems in memory, and KiB of their extended attributes. */
  heldInodes = 0;
  readonly devices = new Map<string, Driver>();
  fifos: Driver | undefined = undefined;

  /** @throws SysError ENOSPC */
  holdInodes(count: number): void {
    if (this.heldInodes + count > MOST_INODES) throw new SysError(ENOSPC);
    this.heldInodes += count;
  }

  releaseInodes(count: number): void {
    this.heldInodes -= count;
  }

  /** Enters the driver of a device number. */
  add(kind: 'c' | 'b', device: number, driver: Driver): void {
    this.devices.set(`${kind}${device}`, driver);
  }

  /** @throws SysError ENXIO for a socket, and for a device without a driver */
  open(inode: Inode, flags: number, location: Location | undefined): OpenFile {
    const driver = this.find(inode);
    if (driver === undefined) throw new SysError(ENXIO);
    return driver.open(inode, flags, location);
  }

  private find(inode: Inode): Driver | undefined {
    if (inode.type === S_IFIFO) return this.fifos;
    const { rdev } = inode.attributes();
    if (inode.type === S_IFCHR) return this.devices.get(`c${rdev}`);
    if (inode.type === S_IFBLK) return this.devices.get(`b${rdev}`);
    return undefined;
  }
}

savable<SpecialFiles>('vfs.SpecialFiles', SpecialFiles, {
  devices: mapOf(str, refRole(driver)),
  fifos: opt(refRole(driver)),
  // Each inode enters itself.
  heldInodes: derived(() => 0),
});
