/**
 * Telling who watches files what happens to them (inotify(7)). System calls tell what they did to names and attributes; open files
 * tell when they are closed. Nothing is done for files that nobody watches.
 */
import { role } from '../../ckpt/state/savable.js';
import { SysError } from '../abi/errno.js';
import { IN_DELETE, IN_DELETE_SELF, IN_ISDIR } from '../abi/inotify.js';
import type { ByteString, Inode } from './inode.js';
import type { Location } from './location.js';

/** Something that happened to a file, or to a name in a directory. */
export interface FileEvent {
  /** IN_* of inotify(7). */
  readonly mask: number;
  /** The name in the watched directory; empty for what happened to the watched file itself. */
  readonly name: ByteString;
  /** The same for the two events of a rename; else 0. */
  readonly cookie: number;
  /** The file has lost the name already. */
  readonly unlinked: boolean;
}

/** One watch of one inode. */
export interface InodeWatcher {
  notify(event: FileEvent): void;
  /** The inode is gone, or its file system was unmounted: `IN_DELETE_SELF`, IN_UNMOUNT; no event comes any more. */
  ended(mask: number): void;
}

export const inodeWatcher = role<InodeWatcher>('InodeWatcher');

function tell(inode: Inode, event: FileEvent): void {
  if (inode.watchers === undefined) return;
  for (const watcher of [...inode.watchers]) watcher.notify(event);
}

const kindBit = (inode: Inode): number => (inode.isDirectory ? IN_ISDIR : 0);

/** A file was opened, read, changed or closed: its directory hears of it, too. */
export function notifyFile(inode: Inode, location: Location | undefined, mask: number): void {
  const above = location?.parent?.inode;
  if (inode.watchers === undefined && above?.watchers === undefined) return;
  const what = { mask: mask | kindBit(inode), cookie: 0, unlinked: location?.deleted ?? false };
  if (above !== undefined) tell(above, { ...what, name: location!.name });
  tell(inode, { ...what, name: '' });
}

/** Something happened to an inode that its directory does not hear of: its links changed, or it was moved. */
export function notifyInode(inode: Inode, mask: number): void {
  if (inode.watchers !== undefined)
    tell(inode, { mask: mask | kindBit(inode), name: '', cookie: 0, unlinked: false });
}

/** A directory got, lost or renamed an entry. */
export function notifyName(directory: Inode, mask: number, name: ByteString, entry: Inode, cookie = 0): void {
  if (directory.watchers !== undefined)
    tell(directory, { mask: mask | kindBit(entry), name, cookie, unlinked: false });
}

/** A directory lost an entry, and the inode perhaps its last name. */
export function notifyRemoved(directory: Inode, name: ByteString, entry: Inode): void {
  notifyIfGone(entry);
  notifyName(directory, IN_DELETE, name, entry);
}

/** To be called when a name of an inode is gone, or the last file that was open on it: nobody can watch what is no more. */
export function notifyIfGone(inode: Inode): void {
  if (inode.watchers === undefined || inode.openCount > 0 || linksOf(inode) > 0) return;
  for (const watcher of [...inode.watchers]) watcher.ended(IN_DELETE_SELF);
}

/** A directory's last name takes its "." along. What cannot be asked any more has no name either. */
function linksOf(inode: Inode): number {
  try {
    return inode.attributes().nlink;
  } catch (error) {
    if (error instanceof SysError) return 0;
    throw error;
  }
}
