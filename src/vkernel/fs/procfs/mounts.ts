/** /proc/PID/mounts and mountinfo (proc_pid_mounts(5), proc_pid_mountinfo(5)). */
import type { Task } from '../../kernel/task.js';
import type { ByteString } from '../../vfs/inode.js';
import { pathText } from '../../vfs/location.js';
import type { Mount } from '../../vfs/mount.js';
import { majorOf, minorOf } from '../../vfs/special-files.js';

/** Blanks and backslashes in names are written in octal. */
const escape = (text: ByteString): ByteString =>
  text.replace(/[ \t\n\\]/g, (c) => `\\${c.charCodeAt(0).toString(8).padStart(3, '0')}`);

/** The mounts the task can reach, and where. */
function reachable(task: Task): { mount: Mount; path: ByteString; options: string }[] {
  return task.kernel.mounts.mounts.flatMap((mount) => {
    const { text, reachable } = pathText(mount.root, task.fs.root);
    const options = mount.readOnly || mount.fs.readOnly ? 'ro,relatime' : 'rw,relatime';
    return reachable ? [{ mount, path: escape(text), options }] : [];
  });
}

export function mounts(task: Task): ByteString {
  return reachable(task)
    .map(({ mount, path, options }) => `${escape(mount.source)} ${path} ${mount.fs.type} ${options} 0 0\n`)
    .join('');
}

export function mountinfo(task: Task): ByteString {
  return reachable(task)
    .map(({ mount, path, options }) => {
      const parent = mount.mountpoint?.mount?.id ?? mount.id;
      const device = `${majorOf(mount.fs.device)}:${minorOf(mount.fs.device)}`;
      const own = mount.fs.readOnly ? 'ro' : 'rw';
      return `${mount.id} ${parent} ${device} / ${path} ${options} - ${mount.fs.type} ${escape(mount.source)} ${own}\n`;
    })
    .join('');
}
