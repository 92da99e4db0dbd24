/** read(2) of a terminal: in canonical mode a line, else as VMIN and VTIME say (termios(3), "Canonical and noncanonical mode"). */
import { opt, int, uint } from '../../ckpt/state/codecs.js';
import { savable } from '../../ckpt/state/savable.js';
import { EAGAIN, EIO, ERESTARTSYS } from '../abi/errno.js';
import { VMIN, VTIME } from '../abi/termios.js';
import type { Result } from '../kernel/syscall.js';
import type { Task } from '../kernel/task.js';
import { Wait, waitDetail } from '../kernel/wait.js';
import { total } from '../lib/segments.js';
import { NS_PER_MS } from '../time/clock.js';
import type { TerminalFile } from '../tty/terminal-file.js';
import { gather, type Buffer } from './transfer.js';

/** VTIME counts tenths of a second. */
const VTIME_NS = 100 * NS_PER_MS;

/** A read that waits: its deadline starts anew with each byte that comes, if there is a minimum. */
class TerminalRead {
  readonly deadlineNs: number | undefined;
  readonly heldBytes: number;

  constructor(deadlineNs: number | undefined, heldBytes: number) {
    this.deadlineNs = deadlineNs;
    this.heldBytes = heldBytes;
  }
}

savable<TerminalRead>(
  'TerminalRead',
  TerminalRead,
  { deadlineNs: opt(int), heldBytes: uint },
  { roles: [waitDetail] },
);

export function readTerminal(task: Task, file: TerminalFile, vector: readonly Buffer[]): Result {
  const segments = gather(task.memory, vector, 'write');
  const room = total(segments);
  // Who waited learns how the line ended; who comes later finds an end of file.
  if (file.hungUp) return task.wait !== undefined && file.terminal.peer.gone ? -EIO : 0;
  if (room === 0) return 0;
  file.assertMayRead();
  const { discipline } = file.terminal;
  const held = discipline.held.length;
  if (discipline.canonical) {
    if (held > 0) return file.readSegments(segments);
    return file.nonBlocking ? -EAGAIN : waitForInput(task, file, undefined);
  }
  const minimum = Math.min(discipline.termios.cc[VMIN]!, room);
  const timeNs = discipline.termios.cc[VTIME]! * VTIME_NS;
  if (held >= Math.max(1, minimum)) return file.readSegments(segments);
  if (minimum === 0 && timeNs === 0) return 0;
  if (file.nonBlocking) return held > 0 ? file.readSegments(segments) : -EAGAIN;
  if (task.wait?.interrupted === true && held > 0) return file.readSegments(segments);
  // With a minimum, the time counts from the last byte that came; else from the call.
  if (timeNs === 0 || (minimum > 0 && held === 0)) return waitForInput(task, file, undefined);
  const since = waitSince(task, held);
  const isOver = since?.deadlineNs !== undefined && task.kernel.clock.monotonicNs() >= since.deadlineNs;
  if (!isOver) return waitForInput(task, file, timeNs);
  return held > 0 ? file.readSegments(segments) : 0;
}

/** The wait so far, if nothing has come since it began. */
function waitSince({ wait }: Task, heldBytes: number): TerminalRead | undefined {
  const detail = wait?.detail instanceof TerminalRead ? wait.detail : undefined;
  return detail?.heldBytes === heldBytes ? detail : undefined;
}

function waitForInput(task: Task, file: TerminalFile, timeoutNs: number | undefined): Wait {
  const heldBytes = file.terminal.discipline.held.length;
  const since = waitSince(task, heldBytes);
  if (since !== undefined && (since.deadlineNs === undefined) === (timeoutNs === undefined))
    return task.wait!;
  const deadlineNs = timeoutNs === undefined ? undefined : task.kernel.clock.monotonicNs() + timeoutNs;
  return new Wait({
    on: [file],
    deadlineNs,
    interruptedBy: ERESTARTSYS,
    detail: new TerminalRead(deadlineNs, heldBytes),
  });
}
