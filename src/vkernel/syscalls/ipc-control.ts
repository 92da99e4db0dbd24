/** What shmctl(2), semctl(2) and msgctl(2) do alike: tell about one object or all of a kind, change one, remove one. */
import { EINVAL, SysError } from '../abi/errno.js';
import { IPC_INFO, IPC_RMID, IPC_SET, IPC_STAT } from '../abi/ipc.js';
import type { IpcObject, IpcTable } from '../ipc/ipc-table.js';
import { MAY_READ } from '../ipc/permissions.js';
import type { Task } from '../kernel/task.js';

/** What is of one kind's own. */
export interface ControlledKind<T extends IpcObject> {
  readonly table: (task: Task) => IpcTable<T>;
  /** The numbers of its *_INFO, *_STAT and *_STAT_ANY. */
  readonly info: number;
  readonly stat: number;
  readonly statAny: number;
  /** The limits, or for *_INFO what is in use. */
  readonly writeInfo: (task: Task, address: number, inUse: boolean) => void;
  readonly writeStatus: (task: Task, object: T, address: number) => void;
  /** IPC_SET. */
  readonly change: (task: Task, object: T, address: number) => void;
  readonly remove: (table: IpcTable<T>, object: T) => void;
  /** The commands that no other kind has. @throws SysError EINVAL */
  readonly other: (task: Task, id: number, command: number, argument: number) => number;
}

/** @throws SysError EINVAL, EIDRM, EACCES, EPERM, EFAULT */
export function controlIpc<T extends IpcObject>(
  task: Task,
  kind: ControlledKind<T>,
  id: number,
  command: number,
  argument: number,
): number {
  if (command < 0 || id < 0) throw new SysError(EINVAL);
  const table = kind.table(task);
  const subject = task.process.credentials;
  switch (command) {
    case IPC_INFO:
    case kind.info:
      kind.writeInfo(task, argument, command === kind.info);
      return table.highestPlace;
    case IPC_STAT:
    case kind.stat:
    case kind.statAny: {
      const object = command === IPC_STAT ? table.find(id) : table.at(id);
      if (command !== kind.statAny) object.permissions.check(subject, MAY_READ);
      kind.writeStatus(task, object, argument);
      return command === IPC_STAT ? 0 : object.id;
    }
    case IPC_SET:
      kind.change(task, table.find(id), argument);
      return 0;
    case IPC_RMID: {
      const object = table.find(id);
      object.permissions.checkOwner(subject);
      kind.remove(table, object);
      return 0;
    }
    default:
      return kind.other(task, id, command, argument);
  }
}
