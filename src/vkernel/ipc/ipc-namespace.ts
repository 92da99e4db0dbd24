/** All System V IPC objects of a machine (ipc_namespaces(7): there is one). */
import { opt } from '../../ckpt/state/codecs.js';
import { ref } from '../../ckpt/state/references.js';
import { savable } from '../../ckpt/state/savable.js';
import { SharedMemoryFileSystem } from '../mm/shared-anonymous.js';
import type { PagePool } from '../vfs/page-pool.js';
import { IpcTable } from './ipc-table.js';
import type { MessageQueue } from './message-queue.js';
import type { SemaphoreSet } from './semaphores.js';
import type { SharedSegment } from './shared-memory.js';

export class IpcNamespace {
  readonly segments = new IpcTable<SharedSegment>();
  readonly semaphores = new IpcTable<SemaphoreSet>();
  readonly queues = new IpcTable<MessageQueue>();
  /** What segments have their memory from, once there was one. */
  memory: SharedMemoryFileSystem | undefined = undefined;

  memoryFrom(pool: PagePool): SharedMemoryFileSystem {
    return (this.memory ??= new SharedMemoryFileSystem(pool));
  }
}

savable('ipc.IpcNamespace', IpcNamespace, {
  segments: ref(() => IpcTable<SharedSegment>),
  semaphores: ref(() => IpcTable<SemaphoreSet>),
  queues: ref(() => IpcTable<MessageQueue>),
  memory: opt(ref(() => SharedMemoryFileSystem)),
});
