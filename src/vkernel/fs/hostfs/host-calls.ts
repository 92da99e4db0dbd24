/** Calls of the host for files: their errors are those of system calls, and what they say of a file is what the guest sees. */
import process from 'node:process';
import { EIO, errnoNumber, SysError } from '../../abi/errno.js';
import * as binding from '../../cpu/binding.js';
import { loadBinding, type HostFiles } from '../../cpu/binding.js';
import type { ByteString, FileAttributes } from '../../vfs/inode.js';
import { assertName } from '../../vfs/path-walk.js';

/** O_PATH of open(2), which node:fs does not name. */
export const O_PATH = 0x200000;
/** For a path of the host in the place of a name. */
export const AT_FDCWD = -100;
/** Who the guest sees as owner of what belongs to somebody else on the host. */
export const NOBODY = 65534;
/** The most buffers of one call. */
const MOST_SEGMENTS = 64;
const TWO_TO_32 = 2 ** 32;

/** Which file of the host it is, under every name: its inode number on the usual device, "device:inode" on another. */
export type HostKey = number | string;

/** What the host says of a file. */
export interface HostStats extends FileAttributes {
  readonly key: HostKey;
  readonly ino: number;
  /** Of 512 bytes. */
  readonly blocks: number;
}

interface Host {
  readonly files: HostFiles;
  readonly numbers: Float64Array;
  readonly times: BigInt64Array;
  /** Who this process is: it stays that. */
  readonly uid: number;
  readonly groups: ReadonlySet<number>;
  /** The device of the file that was asked for first. */
  device: number | undefined;
}

let loaded: Host | undefined;

function host(): Host {
  if (loaded !== undefined) return loaded;
  const files = loadBinding().hostFiles;
  return (loaded = {
    files,
    numbers: new Float64Array(files.statistics),
    times: new BigInt64Array(files.statistics),
    uid: process.getuid?.() ?? 0,
    groups: new Set([process.getgid?.() ?? 0, ...(process.getgroups?.() ?? [])]),
    device: undefined,
  });
}

/** Runs a call of node:fs. @throws SysError with the host's error; EIO for one Linux does not know */
export function onHost<V>(call: () => V): V {
  try {
    return call();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException | undefined)?.code;
    if (code === undefined || error instanceof SysError) throw error;
    throw new SysError(errnoNumber(code) ?? EIO);
  }
}

/** @throws SysError where a call failed */
function checked(result: number): number {
  if (result < 0) throw new SysError(-result);
  return result;
}

function answer(known: Host): HostStats {
  const { numbers, times, uid, groups } = known;
  const device = numbers[binding.STATISTICS_DEVICE]!;
  const low = numbers[binding.STATISTICS_INODE_LOW]!;
  const high = numbers[binding.STATISTICS_INODE_HIGH]!;
  return {
    key:
      device === (known.device ??= device) && high < 2 ** 20
        ? low + high * TWO_TO_32
        : `${device}:${high}:${low}`,
    ino: inodeNumber(low, high),
    mode: numbers[binding.STATISTICS_MODE]!,
    nlink: numbers[binding.STATISTICS_LINKS]!,
    uid: numbers[binding.STATISTICS_UID] === uid ? 0 : NOBODY,
    gid: groups.has(numbers[binding.STATISTICS_GID]!) ? 0 : NOBODY,
    rdev: numbers[binding.STATISTICS_SPECIAL_DEVICE]!,
    sizeBytes: numbers[binding.STATISTICS_SIZE]!,
    blocks: numbers[binding.STATISTICS_BLOCKS]!,
    atimeNs: times[binding.STATISTICS_ACCESSED_NS]!,
    mtimeNs: times[binding.STATISTICS_MODIFIED_NS]!,
    ctimeNs: times[binding.STATISTICS_CHANGED_NS]!,
    btimeNs: times[binding.STATISTICS_BORN_NS]!,
  };
}

/** As much of it as a number holds. */
const inodeNumber = (low: number, high: number): number => low + (high % 2 ** 20) * TWO_TO_32;

/** Bytes of a path of the host. */
const bytesOf = (path: string): ByteString => Buffer.from(path).toString('latin1');

/** Where something lies: the one place where names become places of the host; those of a hostile core come here too. */
export interface Place {
  readonly directory: number;
  readonly name: ByteString;
}

/** @throws SysError EINVAL unless the name is one component that stays in the directory */
export function placeBelow(directory: number, name: ByteString): Place {
  assertName(name);
  return { directory, name };
}

/** A path that the user granted, or that names a descriptor. */
export const placeAt = (path: string): Place => ({ directory: AT_FDCWD, name: bytesOf(path) });

/** What a descriptor is open on. */
export const placeOf = (descriptor: number): Place => ({ directory: descriptor, name: '' });

/** For node:fs: Linux resolves /proc/self/fd/N/name from the directory that descriptor N is open on, whatever happened to its path. */
export function pathOf({ directory, name }: Place): Buffer {
  if (directory === AT_FDCWD) return Buffer.from(name, 'latin1');
  return Buffer.from(`/proc/self/fd/${directory}${name === '' ? '' : '/'}${name}`, 'latin1');
}

/** No link is followed. @throws SysError */
export function statOf({ directory, name }: Place): HostStats {
  const known = host();
  checked(known.files.stat(directory, name));
  return answer(known);
}

export interface Opened {
  readonly descriptor: number;
  readonly stats: HostStats;
}

/** @throws SysError */
export function openAt({ directory, name }: Place, flags: number, mode = 0): Opened {
  const known = host();
  const descriptor = checked(known.files.open(directory, name, flags, mode));
  return { descriptor, stats: answer(known) };
}

/** One read of the host: fewer bytes at the end of the file, and wherever else the host gives fewer. @throws SysError */
export function readFrom(
  descriptor: number,
  into: Uint8Array | readonly Uint8Array[],
  position: number,
): number {
  return checked(host().files.read(descriptor, clipped(into), position));
}

/** @throws SysError */
export function writeTo(
  descriptor: number,
  from: Uint8Array | readonly Uint8Array[],
  position: number,
): number {
  return checked(host().files.write(descriptor, clipped(from), position));
}

const clipped = (segments: Uint8Array | readonly Uint8Array[]): Uint8Array | readonly Uint8Array[] =>
  segments.length <= MOST_SEGMENTS || segments instanceof Uint8Array
    ? segments
    : segments.slice(0, MOST_SEGMENTS);

export function closeDescriptor(descriptor: number): void {
  host().files.close(descriptor);
}

/** @throws SysError */
export function readLinkAt({ directory, name }: Place): ByteString {
  const found = host().files.readlink(directory, name);
  if (typeof found === 'number') throw new SysError(-found);
  return found;
}

/** An entry of a host's directory; the type is 0 where its file system does not say (readdir(3)). */
export interface HostEntry {
  readonly name: ByteString;
  readonly ino: number;
  readonly type: number;
}

/** Where the name starts in a struct linux_dirent64. */
const NAME_AT = 19;

/** The entries of a directory but "." and "..", by name. @throws SysError */
export function listOf(descriptor: number): HostEntry[] {
  const listed = host().files.list(descriptor);
  if (typeof listed === 'number') throw new SysError(-listed);
  const bytes = Buffer.from(listed.buffer, listed.byteOffset, listed.length);
  const entries: HostEntry[] = [];
  for (let at = 0; at < bytes.length; at += bytes.readUInt16LE(at + 16)) {
    const name = bytes.toString('latin1', at + NAME_AT, bytes.indexOf(0, at + NAME_AT));
    if (name === '.' || name === '..') continue;
    const ino = inodeNumber(bytes.readUInt32LE(at), bytes.readUInt32LE(at + 4));
    entries.push({ name, ino, type: bytes[at + 18]! });
  }
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
}
