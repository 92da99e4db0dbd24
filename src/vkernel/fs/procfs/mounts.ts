/** /proc/PID/mounts and mountinfo (proc_pid_mounts(5), proc_pid_mountinfo(5)). */
import {
  MS_NOATIME,
  MS_NODEV,
  MS_NODIRATIME,
  MS_NOEXEC,
  MS_NOSUID,
  MS_NOSYMFOLLOW,
  MS_RELATIME,
} from '../../abi/mount.js';
import type { Task } from '../../kernel/task.js';
import type { ByteString } from '../../vfs/inode.js';
import { pathText } from '../../vfs/location.js';
import type { Mount } from '../../vfs/mount.js';
import { majorOf, minorOf } from '../../vfs/special-files.js';

/** Blanks and backslashes in names are written in octal. */
const escape = (text: ByteString): ByteString =>
  text.replace(/[ \t\n\\]/g, (c) => `\\${c.charCodeAt(0).toString(8).padStart(3, '0')}`);

const OPTION_NAMES: readonly (readonly [number, string])[] = [
  [MS_NOSUID, 'nosuid'],
  [MS_NODEV, 'nodev'],
  [MS_NOEXEC, 'noexec'],
  [MS_NOATIME, 'noatime'],
  [MS_NODIRATIME, 'nodiratime'],
  [MS_RELATIME, 'relatime'],
  [MS_NOSYMFOLLOW, 'nosymfollow'],
];

function optionsOf({ readOnly, fs, flags }: Mount): string {
  const names = OPTION_NAMES.filter(([bit]) => (flags & bit) !== 0).map(([, name]) => name);
  return [readOnly || fs.readOnly ? 'ro' : 'rw', ...names].join(',');
}

/** With what the file system says of itself. */
const withOwn = (options: string, { fs }: Mount): string =>
  fs.shownOptions ? `${options},${fs.shownOptions}` : options;

/** The mounts the task can reach, and where. */
function reachable(task: Task): { mount: Mount; path: ByteString; options: string }[] {
  return task.kernel.mounts.mounts.flatMap((mount) => {
    const { text, reachable } = pathText(mount.root, task.fs.root);
    return reachable ? [{ mount, path: escape(text), options: optionsOf(mount) }] : [];
  });
}

export function mounts(task: Task): ByteString {
  return reachable(task)
    .map(
      ({ mount, path, options }) =>
        `${escape(mount.source)} ${path} ${mount.fs.type} ${withOwn(options, mount)} 0 0\n`,
    )
    .join('');
}

export function mountinfo(task: Task): ByteString {
  return reachable(task)
    .map(({ mount, path, options }) => {
      const parent = mount.mountpoint?.mount?.id ?? mount.id;
      const device = `${majorOf(mount.fs.device)}:${minorOf(mount.fs.device)}`;
      const own = withOwn(mount.fs.readOnly ? 'ro' : 'rw', mount);
      const place = `${escape(mount.rootPath)} ${path}`;
      return `${mount.id} ${parent} ${device} ${place} ${options} - ${mount.fs.type} ${escape(mount.source)} ${own}\n`;
    })
    .join('');
}
