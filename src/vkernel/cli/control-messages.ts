/**
 * What goes over a control socket: JSON, one value a line. One request a connection, then any number of progress lines and one
 * result or error. Both ends check everything: a peer may be of another version.
 */
import { isAbsolute } from 'node:path';
import type { Socket } from 'node:net';
import type { MachineInfo, SnapshotReport } from '../machine/vkernel.js';
import { CliError } from './cli-error.js';

/** The longest line that is accepted, in bytes. */
export const LONGEST_REQUEST_BYTES = 16 * 1024;
export const LONGEST_REPLY_BYTES = 1024 * 1024;

export type Request = { readonly do: 'info' } | SnapshotRequest;

/** Paths are absolute: the client's working directory is not the server's. */
export interface SnapshotRequest {
  readonly do: 'snapshot';
  readonly file: string;
  readonly stop: boolean;
  readonly compress?: boolean;
  readonly thin?: boolean;
  readonly sync?: boolean;
  readonly base?: string;
}

/** What `info` answers. */
export interface RunningMachine extends MachineInfo {
  readonly hostPid: number;
}

export type Reply =
  | { readonly progress: readonly [doneBytes: number, totalBytes: number] }
  | { readonly info: RunningMachine }
  | { readonly snapshot: SnapshotReport }
  | { readonly error: string };

/** @throws CliError what is wrong with it */
export function parseRequest(line: string): Request {
  const value = parseObject(line);
  if (value['do'] === 'info') return { do: 'info' };
  const { file, stop, base, compress, thin, sync } = value;
  if (value['do'] !== 'snapshot') throw new CliError('unknown request');
  if (typeof stop !== 'boolean') throw new CliError('stop is not a boolean');
  for (const [name, flag] of Object.entries({ compress, thin, sync }))
    if (flag !== undefined && typeof flag !== 'boolean') throw new CliError(`${name} is not a boolean`);
  return {
    do: 'snapshot',
    file: absolute(file, 'file'),
    stop,
    ...(typeof compress === 'boolean' && { compress }),
    ...(typeof thin === 'boolean' && { thin }),
    ...(typeof sync === 'boolean' && { sync }),
    ...(base === undefined ? {} : { base: absolute(base, 'base') }),
  };
}

function absolute(value: unknown, what: string): string {
  if (typeof value !== 'string' || !isAbsolute(value) || value.includes('\0'))
    throw new CliError(`${what} is not an absolute path`);
  return value;
}

/** @throws CliError if it is not one */
export function parseReply(line: string): Reply {
  const value = parseObject(line);
  const { progress, info, snapshot, error } = value;
  if (typeof error === 'string') return { error };
  if (Array.isArray(progress) && progress.length === 2 && progress.every(isCount)) {
    return { progress: [progress[0]!, progress[1]!] };
  }
  if (
    isObject(info) &&
    typeof info['image'] === 'string' &&
    ['hostPid', 'threads', 'uptimeMs'].every((key) => isCount(info[key]))
  ) {
    return { info: info as unknown as RunningMachine };
  }
  if (
    isObject(snapshot) &&
    typeof snapshot['file'] === 'string' &&
    ['bytes', 'pages', 'newPages', 'threads'].every((key) => isCount(snapshot[key])) &&
    Array.isArray(snapshot['lost']) &&
    snapshot['lost'].every((line) => typeof line === 'string')
  ) {
    return { snapshot: snapshot as unknown as SnapshotReport };
  }
  throw new CliError('an answer that this version does not understand');
}

function parseObject(line: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    value = undefined;
  }
  if (!isObject(value)) throw new CliError('not a JSON object');
  return value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

/**
 * Hands over what arrives, line by line.
 * @param onTooLong called once, when a line is longer than `longestBytes`; nothing is handed over after it
 */
export function onLines(
  socket: Socket,
  longestBytes: number,
  onLine: (line: string) => void,
  onTooLong: () => void,
): void {
  let held: Buffer[] = [];
  let heldBytes = 0;
  socket.on('data', (chunk: Buffer) => {
    let rest = chunk;
    for (let end = rest.indexOf(0x0a); end >= 0 && heldBytes <= longestBytes; end = rest.indexOf(0x0a)) {
      if (heldBytes + end > longestBytes) break;
      const line = Buffer.concat([...held, rest.subarray(0, end)]).toString('utf8');
      rest = rest.subarray(end + 1);
      held = [];
      heldBytes = 0;
      onLine(line);
    }
    if (heldBytes > longestBytes) return;
    held.push(rest);
    heldBytes += rest.length;
    if (heldBytes <= longestBytes) return;
    held = [];
    onTooLong();
  });
}

export function send(socket: Socket, message: Request | Reply): void {
  socket.write(`${JSON.stringify(message)}\n`);
}
