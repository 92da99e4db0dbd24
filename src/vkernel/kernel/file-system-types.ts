/** What mount(2) can make, by the name of the type. The layers above enter what they have. */
import type { FileSystem } from '../vfs/file-system.js';
import type { ByteString } from '../vfs/inode.js';
import type { Kernel } from './kernel.js';
import type { Task } from './task.js';

/** mount(2)'s data, taken apart: "size=64k,mode=700". A word without "=" has an empty value. */
export type MountData = ReadonlyMap<ByteString, ByteString>;

export interface FileSystemType {
  readonly name: string;
  /** The file system to mount: a new one, or the only one of its kind. @throws SysError EINVAL for data that it does not know */
  make(task: Task, data: MountData): FileSystem;
}

const types = new Map<string, FileSystemType>();

export function addFileSystemType(type: FileSystemType): void {
  types.set(type.name, type);
}

export function fileSystemType(name: string): FileSystemType | undefined {
  return types.get(name);
}

/** Their names, in the order in which they were entered. */
export function fileSystemTypeNames(): string[] {
  return [...types.keys()];
}

/** A file system of that type which is mounted already. */
export function mountedOf({ mounts }: Kernel, name: string): FileSystem | undefined {
  return mounts.mounts.find(({ fs }) => fs.type === name)?.fs;
}
