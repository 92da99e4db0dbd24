/** The structures of shmctl(2), semctl(2) and msgctl(2), and what the three calls have in common. */
import { EINVAL, SysError } from '../abi/errno.js';
import * as ipc from '../abi/ipc.js';
import type { IpcObject } from '../ipc/ipc-table.js';
import type { Argument, ShownCall } from '../kernel/syscall.js';
import type { Task } from '../kernel/task.js';
import { NS_PER_SECOND } from '../time/clock.js';
import { flagsText } from '../strace/names.js';
import { int } from './arguments.js';

/** struct ipc64_perm. */
export const IPC_PERM_BYTES = 48;

/** Seconds since the epoch: the unit of all times here. */
export function nowSeconds({ kernel }: Task): bigint {
  return kernel.clock.realtimeNs() / BigInt(NS_PER_SECOND);
}

/** A structure that starts with an object's permissions, for the caller to go on with. */
export function permissionsView({ id, permissions }: IpcObject, sizeBytes: number): DataView {
  const view = new DataView(new ArrayBuffer(sizeBytes));
  view.setInt32(0, permissions.key, true);
  view.setUint32(4, permissions.uid, true);
  view.setUint32(8, permissions.gid, true);
  view.setUint32(12, permissions.creatorUid, true);
  view.setUint32(16, permissions.creatorGid, true);
  view.setUint32(20, permissions.mode, true);
  view.setUint16(24, Math.floor(id / ipc.IPCMNI), true);
  return view;
}

export function copyOut(task: Task, address: number, view: DataView): void {
  task.memory.copyOut(address, new Uint8Array(view.buffer));
}

/** IPC_SET: owner and mode from the structure at `address`. @throws SysError EPERM, EFAULT, EINVAL */
export function changePermissions(task: Task, { permissions }: IpcObject, address: number): void {
  const [uid, gid, mode] = [4, 8, 20].map((at) => task.memory.readU32(address + at)) as [
    number,
    number,
    number,
  ];
  permissions.checkOwner(task.process.credentials);
  if (uid === 0xffff_ffff || gid === 0xffff_ffff) throw new SysError(EINVAL);
  permissions.change(uid, gid, mode);
}

/** An id. @throws SysError EINVAL for a negative one */
export function assertId(id: number): void {
  if (id < 0) throw new SysError(EINVAL);
}

/** A key, as strace prints it. */
export const key: Argument<number> = {
  ...int,
  show: (raw) => {
    const value = Number(raw & 0xffff_ffffn);
    return value === ipc.IPC_PRIVATE ? 'IPC_PRIVATE' : `0x${value.toString(16)}`;
  },
};

const CREATION = { IPC_CREAT: ipc.IPC_CREAT, IPC_EXCL: ipc.IPC_EXCL };

/** The flags of a *get call: how to create it, and the mode. */
export const getFlags = (more: Readonly<Record<string, number>> = {}): Argument<number> => ({
  ...int,
  show: (raw: bigint, _call: ShownCall) => {
    const bits = Number(raw & 0xffff_ffffn);
    const mode = (bits & 0o777) === 0 ? '000' : `0${(bits & 0o777).toString(8)}`;
    const names = flagsText({ ...CREATION, ...more }, bits & ~0o777, '');
    return names === '' ? mode : `${names}|${mode}`;
  },
});
