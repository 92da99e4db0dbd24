/** All system calls there are. */
import type { SyscallDeclaration } from '../kernel/syscall.js';
import { attributeSyscalls } from './attributes.js';
import { capabilitySyscalls } from './capability.js';
import { checkpointSyscalls } from './checkpoint.js';
import { cloneSyscalls } from './clone.js';
import { copySyscalls } from './copy.js';
import { descriptorSyscalls } from './descriptor.js';
import { directorySyscalls } from './directory.js';
import { epollSyscalls } from './epoll.js';
import { eventSyscalls } from './event.js';
import { extendedAttributeSyscalls } from './extended-attributes.js';
import { futexSyscalls } from './futex.js';
import { identitySyscalls } from './identity.js';
import { inotifySyscalls } from './inotify.js';
import { linkSyscalls } from './link.js';
import { memorySyscalls } from './memory.js';
import { mountSyscalls } from './mount.js';
import { openSyscalls } from './open.js';
import { pipeSyscalls } from './pipe.js';
import { pollSyscalls } from './poll.js';
import { prctlSyscalls } from './prctl.js';
import { processSyscalls } from './process.js';
import { readWriteSyscalls } from './read-write.js';
import { resourceSyscalls } from './resource.js';
import { schedulingSyscalls } from './scheduling.js';
import { signalSyscalls } from './signal.js';
import { socketMessageSyscalls } from './socket-message.js';
import { socketOptionSyscalls } from './socket-option.js';
import { socketSyscalls } from './socket.js';
import { kcmpSyscalls } from './kcmp.js';
import { pidfdSyscalls } from './pidfd.js';
import { processMemorySyscalls } from './process-memory.js';
import { refusedSyscalls } from './refused.js';
import { signalfdSyscalls } from './signalfd.js';
import { messageQueueSyscalls } from './message-queues.js';
import { semaphoreSyscalls } from './semaphores.js';
import { sharedMemorySyscalls } from './shared-memory.js';
import { mqueueSyscalls } from './mqueue.js';
import { statSyscalls } from './stat.js';
import { systemSyscalls } from './system.js';
import { threadSyscalls } from './thread.js';
import { timeSyscalls } from './time.js';
import { timerSyscalls } from './timers.js';

export const SYSCALLS: readonly SyscallDeclaration[] = [
  ...attributeSyscalls,
  ...capabilitySyscalls,
  ...checkpointSyscalls,
  ...cloneSyscalls,
  ...copySyscalls,
  ...descriptorSyscalls,
  ...directorySyscalls,
  ...epollSyscalls,
  ...eventSyscalls,
  ...extendedAttributeSyscalls,
  ...futexSyscalls,
  ...identitySyscalls,
  ...inotifySyscalls,
  ...linkSyscalls,
  ...memorySyscalls,
  ...mountSyscalls,
  ...openSyscalls,
  ...pipeSyscalls,
  ...pollSyscalls,
  ...prctlSyscalls,
  ...processSyscalls,
  ...readWriteSyscalls,
  ...resourceSyscalls,
  ...schedulingSyscalls,
  ...signalSyscalls,
  ...socketSyscalls,
  ...socketMessageSyscalls,
  ...socketOptionSyscalls,
  ...kcmpSyscalls,
  ...pidfdSyscalls,
  ...processMemorySyscalls,
  ...refusedSyscalls,
  ...signalfdSyscalls,
  ...messageQueueSyscalls,
  ...semaphoreSyscalls,
  ...sharedMemorySyscalls,
  ...mqueueSyscalls,
  ...statSyscalls,
  ...systemSyscalls,
  ...threadSyscalls,
  ...timeSyscalls,
  ...timerSyscalls,
];

/** The same by number, as the dispatcher wants them. */
export function syscallTable(): readonly (SyscallDeclaration | undefined)[] {
  const table: (SyscallDeclaration | undefined)[] = [];
  for (const declaration of SYSCALLS) {
    if (table[declaration.number] !== undefined) throw new Error(`${declaration.name} is declared twice`);
    table[declaration.number] = declaration;
  }
  return table;
}
