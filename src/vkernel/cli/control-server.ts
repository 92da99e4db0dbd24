/** The end of the control socket in a running vkernel. */
import { chmodSync, existsSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import type { SnapshotOptions, SnapshotReport } from '../machine/vkernel.js';
import { CliError, messageOf } from './cli-error.js';
import {
  LONGEST_REQUEST_BYTES,
  onLines,
  parseRequest,
  send,
  type RunningMachine,
} from './control-messages.js';
import { socketPath } from './runtime-directory.js';

/** What the server asks of the machine. */
export interface ControlledMachine {
  info(): RunningMachine;
  snapshot(file: string, options: SnapshotOptions): Promise<SnapshotReport>;
}

const MOST_CONNECTIONS = 16;
const REQUEST_TIMEOUT_MS = 10_000;
const PROGRESS_INTERVAL_MS = 100;

export class ControlServer {
  readonly id: string;
  readonly #path: string;
  readonly #server: Server;
  readonly #machine: ControlledMachine;

  /** Listens in a directory that `runtimeDirectory` gave; resolves when the socket is there. @throws CliError */
  static async listen(directory: string, id: string, machine: ControlledMachine): Promise<ControlServer> {
    const server = new ControlServer(socketPath(directory, id), id, machine);
    await server.#listen();
    return server;
  }

  private constructor(path: string, id: string, machine: ControlledMachine) {
    this.id = id;
    this.#path = path;
    this.#machine = machine;
    this.#server = createServer((socket) => this.#serve(socket));
    this.#server.maxConnections = MOST_CONNECTIONS;
    // The guest decides how long the process lives.
    this.#server.unref();
  }

  async #listen(): Promise<void> {
    if (existsSync(this.#path)) throw new CliError(`${this.#path} is there already`);
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#path, () => {
        this.#server.off('error', reject).on('error', () => undefined);
        resolve();
      });
      if (this.#server.listening) chmodSync(this.#path, 0o600);
    });
  }

  /** Stops listening and removes the socket. Connections that are being served go on. */
  close(): void {
    this.#server.close();
    rmSync(this.#path, { force: true });
  }

  #serve(socket: Socket): void {
    const fail = (error: unknown): void => {
      send(socket, { error: messageOf(error) });
      finish(socket);
    };
    socket.on('error', () => socket.destroy());
    socket.setTimeout(REQUEST_TIMEOUT_MS, () => socket.destroy());
    let served = false;
    const onLine = (line: string): void => {
      if (served) return;
      served = true;
      socket.setTimeout(0);
      this.#answer(socket, line).catch(fail);
    };
    onLines(socket, LONGEST_REQUEST_BYTES, onLine, () => fail(new CliError('the request is too long')));
  }

  async #answer(socket: Socket, line: string): Promise<void> {
    const request = parseRequest(line);
    if (request.do === 'info') {
      send(socket, { info: this.#machine.info() });
    } else {
      send(socket, { progress: [0, 0] });
      let nextMs = 0;
      const onProgress = (doneBytes: number, totalBytes: number): void => {
        const nowMs = performance.now();
        if (nowMs < nextMs) return;
        nextMs = nowMs + PROGRESS_INTERVAL_MS;
        send(socket, { progress: [doneBytes, totalBytes] });
      };
      const { do: _, file, ...options } = request;
      send(socket, { snapshot: await this.#machine.snapshot(file, { ...options, onProgress }) });
    }
    finish(socket);
  }
}

/** A client that does not read its answer is not waited for. */
function finish(socket: Socket): void {
  socket.setTimeout(REQUEST_TIMEOUT_MS);
  socket.end();
}
