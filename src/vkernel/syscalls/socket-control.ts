/** Control messages (cmsg(3)): files and credentials that go with the bytes of unix(7). */
import { CAP_SETGID, CAP_SETUID, CAP_SYS_ADMIN, CAP_SYS_RESOURCE } from '../abi/capability.js';
import { EINVAL, ENOBUFS, EPERM, ESRCH, ETOOMANYREFS, SysError } from '../abi/errno.js';
import { RLIMIT_NOFILE } from '../abi/resource.js';
import { MSG_CTRUNC, SCM_CREDENTIALS, SCM_RIGHTS, SOL_SOCKET } from '../abi/socket.js';
import type { Task } from '../kernel/task.js';
import { NOTHING, type Ancillary } from '../net/unix/message.js';
import { UNKNOWN, type PeerCredentials } from '../net/unix/peer-credentials.js';
import type { Received } from '../net/unix/unix-socket.js';
import { hasCapability } from '../vfs/access.js';
import type { OpenFile } from '../vfs/open-file.js';
import { descriptorLimit } from './file-lookup.js';
import { sockFs } from './internal-fs.js';
import type { Buffer as GuestBuffer } from './transfer.js';

const HEADER_BYTES = 16;
const CREDENTIALS_BYTES = 12;
/** SCM_MAX_FD. */
const MAX_RIGHTS = 253;
const align = (length: number): number => Math.ceil(length / 8) * 8;

/** What goes with a message without control messages: who sends it, should anybody ask. */
export function ownAncillary(task: Task): Ancillary {
  const { pid, credentials } = task.process;
  return { ...NOTHING, own: { pid, uid: credentials.ruid, gid: credentials.rgid } };
}

/** @throws SysError EINVAL, EBADF, EPERM, ESRCH, ENOBUFS, EFAULT */
export function readControl(task: Task, control: GuestBuffer): Ancillary {
  const own = ownAncillary(task);
  if (control.length > 0x7fff_ffff) throw new SysError(ENOBUFS);
  if (control.length < HEADER_BYTES) return own;
  const bytes = task.memory.copyIn(control.address, control.length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const rights: OpenFile[] = [];
  let explicit: PeerCredentials | undefined;
  for (let at = 0; at + HEADER_BYTES <= bytes.length;) {
    const length = Number(view.getBigUint64(at, true));
    if (length < HEADER_BYTES || length > bytes.length - at) throw new SysError(EINVAL);
    if (view.getInt32(at + 8, true) === SOL_SOCKET) {
      const type = view.getInt32(at + 12, true);
      const data = new DataView(bytes.buffer, bytes.byteOffset + at + HEADER_BYTES, length - HEADER_BYTES);
      if (type === SCM_RIGHTS) rights.push(...filesIn(task, data, rights.length));
      else if (type === SCM_CREDENTIALS) explicit = credentialsIn(task, data);
      else throw new SysError(EINVAL);
    }
    at += align(length);
  }
  if (rights.length > 0) assertMayPass(task);
  return { ...own, rights, explicit };
}

/** As many files may be in flight as the process may have open (unix(7)). @throws SysError ETOOMANYREFS */
function assertMayPass({ process: { credentials, limits }, kernel }: Task): void {
  if (sockFs(kernel).names.inFlight.ofUser(credentials.ruid) <= limits.soft(RLIMIT_NOFILE)) return;
  const mayExceed = [CAP_SYS_RESOURCE, CAP_SYS_ADMIN].some((one) => hasCapability(credentials, one));
  if (!mayExceed) throw new SysError(ETOOMANYREFS);
}

function filesIn(task: Task, data: DataView, before: number): OpenFile[] {
  const count = Math.floor(data.byteLength / 4);
  if (before + count > MAX_RIGHTS) throw new SysError(EINVAL);
  return Array.from({ length: count }, (_, i) => task.files.getAny(data.getInt32(i * 4, true)));
}

/** Only whoever has the capability may lie about itself, and not about a process that there is not. */
function credentialsIn(task: Task, data: DataView): PeerCredentials {
  if (data.byteLength !== CREDENTIALS_BYTES) throw new SysError(EINVAL);
  const [pid, uid, gid] = [0, 4, 8].map((at) => data.getInt32(at, true)) as [number, number, number];
  const { process, kernel } = task;
  const { ruid, euid, suid, rgid, egid, sgid } = process.credentials;
  const mayLie = (capability: number): boolean => hasCapability(process.credentials, capability);
  const ownIds =
    ([ruid, euid, suid].includes(uid) || mayLie(CAP_SETUID)) &&
    ([rgid, egid, sgid].includes(gid) || mayLie(CAP_SETGID));
  if (!ownIds || (pid !== process.pid && !mayLie(CAP_SYS_ADMIN))) throw new SysError(EPERM);
  if (pid !== process.pid && !kernel.processes.has(pid)) throw new SysError(ESRCH);
  return { pid, uid, gid };
}

/** What recvmsg(2) tells of control messages. */
export interface ControlWritten {
  readonly bytes: number;
  readonly flags: number;
}

/** Writes control messages one after the other, as far as there is room. */
class ControlWriter {
  readonly task: Task;
  readonly room: GuestBuffer;
  at = 0;
  truncated = false;

  constructor(task: Task, room: GuestBuffer) {
    this.task = task;
    this.room = room;
  }

  /** Bytes that a message may still have behind its header; negative: not even the header fits. */
  get left(): number {
    return this.room.length - this.at - HEADER_BYTES;
  }

  put(type: number, data: Uint8Array): void {
    if (this.left < 0) {
      this.truncated = true;
      return;
    }
    const kept = Math.min(data.length, this.left);
    if (kept < data.length) this.truncated = true;
    const bytes = new Uint8Array(HEADER_BYTES + kept);
    const view = new DataView(bytes.buffer);
    view.setBigUint64(0, BigInt(bytes.length), true);
    view.setInt32(8, SOL_SOCKET, true);
    view.setInt32(12, type, true);
    bytes.set(data.subarray(0, kept), HEADER_BYTES);
    this.task.memory.copyOut(this.room.address + this.at, bytes);
    this.at = Math.min(this.at + align(bytes.length), this.room.length);
  }
}

/**
 * Gives the caller what came with a message, and lets go of the files it has no room for.
 * @param room undefined: the caller takes no control messages
 * @throws SysError EFAULT
 */
export function writeControl(
  task: Task,
  received: Received,
  wantsCredentials: boolean,
  room: GuestBuffer | undefined,
  closeOnExec: boolean,
): ControlWritten {
  const writer = new ControlWriter(task, room ?? { address: 0, length: 0 });
  try {
    if (wantsCredentials && received.sender !== undefined) {
      const { pid, uid, gid } = received.credentials ?? UNKNOWN;
      writer.put(SCM_CREDENTIALS, new Uint8Array(Int32Array.of(pid, uid, gid).buffer));
    }
    if (received.rights.length > 0) putRights(task, writer, received.rights, closeOnExec);
  } finally {
    for (const file of received.rights) file.release();
  }
  return { bytes: writer.at, flags: writer.truncated ? MSG_CTRUNC : 0 };
}

/** As many descriptors as there is room for, in the control buffer and in the table. */
function putRights(
  task: Task,
  writer: ControlWriter,
  files: readonly OpenFile[],
  closeOnExec: boolean,
): void {
  const most = Math.min(files.length, Math.max(0, Math.floor(writer.left / 4)));
  const limit = descriptorLimit(task);
  const installed: number[] = [];
  try {
    for (const file of files.slice(0, most)) installed.push(task.files.install(file, limit, closeOnExec));
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
  }
  if (installed.length > 0) writer.put(SCM_RIGHTS, new Uint8Array(Int32Array.from(installed).buffer));
  if (installed.length < files.length) writer.truncated = true;
}
