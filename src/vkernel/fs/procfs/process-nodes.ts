/** /proc/PID and /proc/PID/task/TID. */
import { EACCES, ENOENT, SysError } from '../../abi/errno.js';
import type { Process } from '../../kernel/process.js';
import type { Task } from '../../kernel/task.js';
import type { ByteString, Owner } from '../../vfs/inode.js';
import { linkText, type Location } from '../../vfs/location.js';
import { maps, smaps, smapsRollup } from './maps.js';
import { mountinfo, mounts } from './mounts.js';
import { limits, oomScore, stat, statm, status } from './process-status.js';
import { directory, file, link, type NodeDescription } from './tree.js';

type TaskFile = (task: Task) => ByteString | Uint8Array;

const COMM_BYTES = 15;

/** Files of a process and, but for `task`, of each of its threads. */
const FILES: ReadonlyMap<string, TaskFile> = new Map<string, TaskFile>([
  ['auxv', (task) => task.process.program?.auxv ?? ''],
  ['cgroup', () => '0::/\n'],
  ['cmdline', (task) => memoryText(task, 'argStart', 'argEnd')],
  ['comm', (task) => `${task.comm}\n`],
  ['environ', (task) => memoryText(task, 'envStart', 'envEnd')],
  ['limits', limits],
  ['maps', maps],
  ['mountinfo', mountinfo],
  ['mounts', mounts],
  ['oom_score', oomScore],
  ['oom_score_adj', () => '0\n'],
  ['personality', (task) => `${task.process.personality.toString(16).padStart(8, '0')}\n`],
  ['smaps', smaps],
  ['smaps_rollup', smapsRollup],
  ['stat', stat],
  ['statm', statm],
  ['status', status],
]);
const OWNER_ONLY = new Set(['auxv', 'environ', 'personality']);

/** Links to places. */
const LINKS: ReadonlyMap<string, (task: Task) => Location | undefined> = new Map([
  ['cwd', (task: Task): Location | undefined => task.fs.cwd],
  ['exe', (task: Task) => task.process.program?.location],
  ['root', (task: Task) => task.fs.root],
]);

const DIRECTORIES = ['fd', 'fdinfo'];

/**
 * @param task the thread whose directory it is; the leader for the process's own
 * @param path below that directory; empty for the directory itself
 */
export function processNode(
  process: Process,
  task: Task | undefined,
  path: readonly string[],
): NodeDescription | undefined {
  if (task === undefined) return undefined;
  const found = path[0] === 'task' ? taskNode(process, path.slice(1)) : ownNode(task, path, ['task']);
  const owner: Owner = { uid: process.credentials.euid, gid: process.credentials.egid };
  return found === undefined ? undefined : { ...found, owner };
}

function taskNode(process: Process, path: readonly string[]): NodeDescription | undefined {
  const [tid, ...rest] = path;
  if (tid === undefined) return directory(() => [...process.tasks.keys()].map(String));
  const task = /^[1-9]\d*$/.test(tid) ? process.tasks.get(Number(tid)) : undefined;
  return task === undefined ? undefined : ownNode(task, rest, []);
}

function ownNode(task: Task, path: readonly string[], more: readonly string[]): NodeDescription | undefined {
  const [name, below, ...rest] = path;
  if (name === undefined) return directory(() => [...FILES.keys(), ...LINKS.keys(), ...DIRECTORIES, ...more]);
  if (rest.length > 0) return undefined;
  if (name === 'fd' || name === 'fdinfo') return descriptorNode(task, name, below);
  if (below !== undefined) return undefined;
  const place = LINKS.get(name);
  if (place !== undefined) return placeLink(task, () => place(task));
  const content = FILES.get(name);
  if (content === undefined) return undefined;
  const node = file(() => content(task), OWNER_ONLY.has(name) ? 0o400 : 0o444);
  return name === 'comm' ? { ...node, mode: 0o644, store: (text) => setComm(task, text) } : node;
}

function setComm(task: Task, text: ByteString): void {
  task.comm = text.replace(/\n$/, '').slice(0, COMM_BYTES);
}

function placeLink(task: Task, place: () => Location | undefined): NodeDescription {
  const found = (): Location => {
    const location = place();
    if (location === undefined) throw new SysError(ENOENT);
    return location;
  };
  return link(() => linkText(found(), task.fs.root), found);
}

function descriptorNode(
  task: Task,
  kind: 'fd' | 'fdinfo',
  name: string | undefined,
): NodeDescription | undefined {
  const { files } = task;
  if (name === undefined) return { ...directory(() => [...files.descriptors()].map(String)), mode: 0o500 };
  const fd = /^(0|[1-9]\d*)$/.test(name) ? Number(name) : -1;
  if (!files.has(fd)) return undefined;
  if (kind === 'fdinfo') return file(() => descriptorInfo(task, fd));
  const { readable, writable } = files.getAny(fd);
  const mode = 0o100 | (readable ? 0o400 : 0) | (writable ? 0o200 : 0);
  return { ...placeLink(task, () => (files.has(fd) ? files.getAny(fd).location : undefined)), mode };
}

function descriptorInfo({ files }: Task, fd: number): string {
  const file = files.getAny(fd);
  const { offset, flags, location, inode } = file;
  const closes = files.closesOnExec[fd] === true ? 0o2000000 : 0;
  const shown = `0${(flags | closes).toString(8)}`;
  const place = `mnt_id:\t${location?.mount?.id ?? 0}\nino:\t${inode.ino}\n`;
  return `pos:\t${offset}\nflags:\t${shown}\n${place}${file.info()}`;
}

/** The program's strings, as it has changed them since. @throws SysError EACCES when they are gone */
function memoryText(task: Task, from: 'argStart' | 'envStart', to: 'argEnd' | 'envEnd'): Uint8Array {
  const { program } = task.process;
  if (program === undefined) throw new SysError(EACCES);
  return task.memory.copyIn(program[from], program[to] - program[from]);
}
