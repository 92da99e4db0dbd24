/** inotify_init(2), inotify_add_watch(2), inotify_rm_watch(2). */
import { EEXIST, EINVAL, EMFILE, ENOSPC, ENOTDIR, SysError } from '../abi/errno.js';
import { AT_FDCWD, O_CLOEXEC, O_NONBLOCK, O_RDONLY, R_OK } from '../abi/fcntl.js';
import * as inotify from '../abi/inotify.js';
import {
  IN_ALL_EVENTS,
  IN_DONT_FOLLOW,
  IN_EXCL_UNLINK,
  IN_MASK_ADD,
  IN_MASK_CREATE,
  IN_ONESHOT,
  IN_ONLYDIR,
} from '../abi/inotify.js';
import { InotifyFile } from '../fs/anon/inotify-file.js';
import { syscall, type SyscallDeclaration } from '../kernel/syscall.js';
import type { Task } from '../kernel/task.js';
import { select, whenShown } from '../strace/names.js';
import { checkAccess } from '../vfs/access.js';
import type { ByteString } from '../vfs/inode.js';
import { fd, flags, int, path } from './arguments.js';
import { descriptorLimit, findAt } from './file-lookup.js';
import { anonFs } from './internal-fs.js';

/** /proc/sys/fs/inotify/max_user_watches and max_user_instances; all users of a machine share them. */
export const MAX_WATCHES = 65536;
const MAX_INSTANCES = 128;
/** All watches are counted when an instance gets one more than a multiple of this. */
const COUNTED_EVERY = 1024;
const KEPT = IN_ALL_EVENTS | IN_EXCL_UNLINK | IN_ONESHOT;

function init(task: Task, given: number): number {
  if ((given & ~(O_CLOEXEC | O_NONBLOCK)) !== 0) throw new SysError(EINVAL);
  const fs = anonFs(task.kernel);
  if (instances(task).size >= MAX_INSTANCES) throw new SysError(EMFILE);
  const file = new InotifyFile(fs.root, O_RDONLY | (given & O_NONBLOCK), fs.location('inotify'));
  return task.files.installNew(file, descriptorLimit(task), (given & O_CLOEXEC) !== 0);
}

/** Instances that descriptors refer to. */
function instances({ kernel }: Task): Set<InotifyFile> {
  const found = new Set<InotifyFile>();
  for (const { files } of new Set(Array.from(kernel.tasks.values(), (task) => task.files)))
    for (const file of files) if (file instanceof InotifyFile) found.add(file);
  return found;
}

/** @throws SysError ENOSPC */
function assertRoomFor(task: Task, { watches }: InotifyFile): void {
  if (watches.size % COUNTED_EVERY !== 0 || watches.size === 0) return;
  let all = 0;
  for (const file of instances(task)) all += file.watches.size;
  if (all >= MAX_WATCHES) throw new SysError(ENOSPC);
}

/** @throws SysError EBADF, EINVAL for another kind of file */
function inotifyOf(task: Task, descriptor: number): InotifyFile {
  const file = task.files.get(descriptor);
  if (!(file instanceof InotifyFile)) throw new SysError(EINVAL);
  return file;
}

function addWatch(task: Task, descriptor: number, name: ByteString, mask: number): number {
  if ((mask & IN_ALL_EVENTS) === 0) throw new SysError(EINVAL);
  const creates = (mask & IN_MASK_CREATE) !== 0;
  if (creates && (mask & IN_MASK_ADD) !== 0) throw new SysError(EINVAL);
  const file = inotifyOf(task, descriptor);
  const { inode } = findAt(task, AT_FDCWD, name, { follow: (mask & IN_DONT_FOLLOW) === 0 });
  if ((mask & IN_ONLYDIR) !== 0 && !inode.isDirectory) throw new SysError(ENOTDIR);
  checkAccess(inode, task.process.credentials, R_OK);
  const known = file.watchOf(inode);
  const kept = (mask & KEPT) >>> 0;
  if (known !== undefined) {
    if (creates) throw new SysError(EEXIST);
    known.mask = (mask & IN_MASK_ADD) !== 0 ? (known.mask | kept) >>> 0 : kept;
    return known.wd;
  }
  assertRoomFor(task, file);
  return file.watch(inode, kept);
}

function removeWatch(task: Task, descriptor: number, wd: number): number {
  const file = inotifyOf(task, descriptor);
  const watch = file.watches.get(wd);
  if (watch === undefined) throw new SysError(EINVAL);
  file.forget(watch);
  return 0;
}

const eventNames = whenShown(() => {
  const { IN_ALL_EVENTS: _all, ...names } = select(inotify, 'IN_');
  return names;
});
const initFlags = flags({ IN_CLOEXEC: O_CLOEXEC, IN_NONBLOCK: O_NONBLOCK });

export const inotifySyscalls: readonly SyscallDeclaration[] = [
  syscall('inotify_init', [], (task) => init(task, 0)),
  syscall('inotify_init1', [initFlags], init),
  syscall('inotify_add_watch', [fd, path, flags(eventNames)], addWatch),
  syscall('inotify_rm_watch', [fd, int], removeWatch),
];
