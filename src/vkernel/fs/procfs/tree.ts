/** What /proc holds: from a path to the description of its node. */
import { S_IFDIR, S_IFLNK, S_IFREG } from '../../abi/stat.js';
import type { Kernel } from '../../kernel/kernel.js';
import type { Task } from '../../kernel/task.js';
import type { ByteString, Owner } from '../../vfs/inode.js';
import type { Location } from '../../vfs/location.js';
import { processNode } from './process-nodes.js';
import { SYSTEM_FILES, type SystemFile } from './system-files.js';

export interface NodeDescription {
  readonly type: number;
  /** Permission bits. */
  readonly mode: number;
  readonly owner?: Owner;
  /** Of a directory. */
  readonly names?: () => ByteString[];
  /** Of a file. */
  readonly content?: () => ByteString | Uint8Array;
  readonly store?: (text: ByteString) => void;
  /** Of a link: its text, and the object it leads to if it is no path. */
  readonly target?: () => ByteString;
  readonly object?: () => Location | undefined;
}

export const directory = (names: () => ByteString[]): NodeDescription => ({
  type: S_IFDIR,
  mode: 0o555,
  names,
});
export const file = (content: () => ByteString | Uint8Array, mode = 0o444): NodeDescription => ({
  type: S_IFREG,
  mode,
  content,
});
export const link = (target: () => ByteString, object?: () => Location | undefined): NodeDescription => ({
  type: S_IFLNK,
  mode: 0o777,
  target,
  ...(object && { object }),
});

/** Who asks: the task whose system call runs. */
export function currentTask(kernel: Kernel): Task | undefined {
  return kernel.scheduler.loaded ?? kernel.processes.get(kernel.bootPid)?.leader;
}

/** The node at a path below /proc; undefined when there is none now. */
export function describe(kernel: Kernel, path: string): NodeDescription | undefined {
  const [first, ...rest] = path.split('/');
  if (path === '') return directory(() => rootNames(kernel));
  if (path === 'self') return link(() => String(currentTask(kernel)?.process.pid ?? ''));
  if (path === 'thread-self') {
    return link(() => {
      const task = currentTask(kernel);
      return task === undefined ? '' : `${task.process.pid}/task/${task.tid}`;
    });
  }
  if (/^[1-9]\d*$/.test(first!)) {
    const process = kernel.processes.get(Number(first));
    if (process !== undefined) return processNode(process, process.leader, rest);
    // The directories of threads other than the leader are not listed, but they are there.
    const task = kernel.tasks.get(Number(first));
    return task === undefined ? undefined : processNode(task.process, task, rest);
  }
  return systemNode(kernel, path);
}

function rootNames(kernel: Kernel): ByteString[] {
  return [...kernel.processes.keys()].map(String).concat(childrenOf(''), 'self', 'thread-self');
}

function systemNode(kernel: Kernel, path: string): NodeDescription | undefined {
  const found: SystemFile | undefined = SYSTEM_FILES.get(path);
  if (found !== undefined) return file(() => found(kernel));
  if (path === 'mounts') return link(() => 'self/mounts');
  return childrenOf(path).length > 0 ? directory(() => childrenOf(path)) : undefined;
}

/** The names right below a directory of system files. */
function childrenOf(path: string): string[] {
  const prefix = path === '' ? '' : `${path}/`;
  const names = new Set<string>();
  for (const known of SYSTEM_FILES.keys()) {
    if (known.startsWith(prefix)) names.add(known.slice(prefix.length).split('/')[0]!);
  }
  if (path === '') names.add('mounts');
  return [...names];
}
