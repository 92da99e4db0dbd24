/** The other end of the control sockets: finds running vkernels and asks them. */
import { lstatSync, readdirSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import type { SnapshotReport } from '../machine/vkernel.js';
import { CliError } from './cli-error.js';
import {
  LONGEST_REPLY_BYTES,
  onLines,
  parseReply,
  send,
  type Reply,
  type Request,
  type RunningMachine,
  type SnapshotRequest,
} from './control-messages.js';
import { SOCKET_SUFFIX, socketPath } from './runtime-directory.js';

/** How long a vkernel may take for its first answer: it looks at its sockets every few milliseconds. */
const ANSWER_TIMEOUT_MS = 5_000;
/** A socket that refuses connections may be one that is just being made. */
const NEW_SOCKET_MS = 2_000;

/** One line of `vkernel ps`. */
export interface Listed {
  readonly id: string;
  /** Undefined: it does not answer. */
  readonly machine: RunningMachine | undefined;
}

/** All running vkernels by id. Removes the sockets of those that are gone. */
export async function listMachines(directory: string): Promise<Listed[]> {
  const listed = await Promise.all(
    idsIn(directory).map(async (id): Promise<Listed | undefined> => {
      try {
        const reply = await ask(directory, id, { do: 'info' });
        return { id, machine: 'info' in reply ? reply.info : undefined };
      } catch (error) {
        return error instanceof MachineGoneError ? undefined : { id, machine: undefined };
      }
    }),
  );
  return listed.filter((entry) => entry !== undefined);
}

/**
 * @param id an id or the beginning of one
 * @param request with absolute paths
 */
export async function snapshotMachine(
  directory: string,
  id: string,
  request: Omit<SnapshotRequest, 'do'>,
  onProgress: (doneBytes: number, totalBytes: number) => void,
): Promise<SnapshotReport> {
  const whole = resolveId(directory, id);
  const reply = await ask(directory, whole, { do: 'snapshot', ...request }, onProgress).catch(
    (error: unknown) => {
      throw error instanceof MachineGoneError ? unknownId(id) : error;
    },
  );
  if ('snapshot' in reply) return reply.snapshot;
  throw new CliError(`vkernel ${whole}: ${'error' in reply ? reply.error : 'gave no report'}`);
}

/** Nothing listens there any more. */
class MachineGoneError extends Error {}

function idsIn(directory: string): string[] {
  return readdirSync(directory)
    .filter((name) => name.endsWith(SOCKET_SUFFIX))
    .map((name) => name.slice(0, -SOCKET_SUFFIX.length))
    .sort();
}

function resolveId(directory: string, id: string): string {
  const ids = idsIn(directory);
  if (ids.includes(id)) return id;
  const [first, second] = id === '' ? [] : ids.filter((known) => known.startsWith(id));
  if (first === undefined) throw unknownId(id);
  if (second !== undefined)
    throw new CliError(
      `more than one vkernel begins with '${id}': ${first}, ${second}; write more of the id`,
    );
  return first;
}

function unknownId(id: string): CliError {
  return new CliError(`no running vkernel '${id}'; vkernel ps lists them`);
}

/** One request; resolves with the last reply. @throws MachineGoneError, CliError */
function ask(
  directory: string,
  id: string,
  request: Request,
  onProgress?: (doneBytes: number, totalBytes: number) => void,
): Promise<Reply> {
  const path = socketPath(directory, id);
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    const fail = (error: Error): void => {
      socket.destroy();
      reject(error);
    };
    const lost = (why: string): void => fail(new CliError(`vkernel ${id}: ${why}`));
    socket.setTimeout(ANSWER_TIMEOUT_MS, () => lost('does not answer'));
    socket.on('connect', () => send(socket, request));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT') return lost(error.message);
      removeDeadSocket(path);
      fail(new MachineGoneError());
    });
    socket.on('end', () => lost('ended before it answered'));
    const onLine = (line: string): void => {
      socket.setTimeout(0);
      try {
        const reply = parseReply(line);
        if ('progress' in reply) return onProgress?.(...reply.progress);
        socket.destroy();
        resolve(reply);
      } catch (error) {
        lost((error as Error).message);
      }
    };
    onLines(socket, LONGEST_REPLY_BYTES, onLine, () => lost('gave too long an answer'));
  });
}

function removeDeadSocket(path: string): void {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats?.isSocket() && Date.now() - stats.mtimeMs > NEW_SOCKET_MS) rmSync(path, { force: true });
}
