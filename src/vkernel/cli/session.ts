/** A guest from its start to its end, with everything around it: streams, trace, signals, control socket, snapshots. */
import { rmSync } from 'node:fs';
import type { RunOptions, SnapshotOptions, SnapshotReport, VKernel } from '../machine/vkernel.js';
import { CliError, errorLine, messageOf } from './cli-error.js';
import type { ControlServer } from './control-server.js';
import { handleSignals, whenTwice } from './host-signals.js';
import type { MachineSettings } from './machine-options.js';
import { say } from './output.js';
import { randomId } from './machine-id.js';
import { printable } from './printable.js';
import { currentUser, runtimeDirectory, socketPath } from './runtime-directory.js';
import { PeriodicSnapshots } from './periodic-snapshots.js';
import { snapshotLines } from './snapshot-lines.js';
import type { SnapshotTrigger } from './snapshot-option.js';
import { farewell } from './farewell.js';
import { openTrace } from './strace-option.js';

const INTERRUPTED = 130;

/**
 * Runs a guest.
 * @param start boots or resumes it with these options
 * @returns its exit code
 * @throws what `start` throws, and CliError
 */
export async function runSession(
  settings: MachineSettings,
  start: (options: RunOptions) => Promise<VKernel>,
): Promise<number> {
  const place = settings.name === undefined ? undefined : await reserveName(settings.name);
  const trace = openTrace(settings.strace);
  const abort = new AbortController();
  const { trigger, coreOnCrash, commit } = settings;
  const snapshotAt = trigger && machineTrigger(trigger);
  const interrupted = whenTwice(() =>
    abort.abort(new CliError('interrupted twice: the guest was ended', INTERRUPTED)),
  );
  // Stopped by SIGSTOP: our own handler would take a SIGTSTP.
  const suspend = (): void => {
    running.machine?.releaseTerminal();
    process.kill(process.pid, 'SIGSTOP');
  };
  const running: { machine?: VKernel } = {};
  const machine = await start({
    stdin: () => process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    signal: abort.signal,
    onDetachKeys: suspend,
    ...(settings.ownsKeys === true ? {} : { onInterruptKey: interrupted }),
    log: (line) => sayBeside(running.machine, `vkernel: ${printable(line)}`),
    ...(trace === undefined ? {} : { strace: trace.write }),
    ...(coreOnCrash === undefined ? {} : { coreOnCrash }),
    ...(commit === undefined ? {} : { commit }),
    ...(snapshotAt === undefined ? {} : { snapshotAt }),
  });
  running.machine = machine;
  const ended = machine.wait();
  // Awaited below; until then its failure is not an unhandled one.
  ended.catch(() => undefined);
  const snapshots = new Snapshots(machine);
  const restoreSignals = handleSignals({
    forward: (signo) => machine.kill(signo),
    interrupted,
    suspend,
    resumed: () => machine.claimTerminal(),
    snapshot: trigger?.at === 'signal' ? () => void takeOnSignal(snapshots, trigger) : undefined,
  });
  const periodic =
    trigger && PeriodicSnapshots.start(trigger, (file, options) => snapshots.take(file, options));
  let over = false;
  // The guest gets its first turn before: one that ends in it needs no socket.
  const control = new Promise((resolve) => setImmediate(resolve)).then(() =>
    over ? undefined : openControl(place, settings.name ?? randomId(), machine, snapshots),
  );
  try {
    const status = await ended.finally(() => (over = true));
    for (const line of await farewell(status, machine.unknownSyscalls)) say(`vkernel: ${line}`);
    return status.exitCode;
  } finally {
    await periodic?.stop();
    await snapshots.idle();
    (await control)?.close();
    restoreSignals();
    trace?.close();
  }
}

/** What the machine itself looks out for. */
function machineTrigger({ at, ...trigger }: SnapshotTrigger): RunOptions['snapshotAt'] {
  if (at === 'signal' || (typeof at === 'object' && 'everyMs' in at)) return undefined;
  return { ...trigger, ...(at === 'guest' ? { guest: true } : at) };
}

/** A line beside a guest that may have the terminal, which then needs a return, too. */
function sayBeside(machine: VKernel | undefined, line: string): void {
  say(machine?.hasTerminal === true ? `${line}\r` : line);
}

/** Snapshots that anybody asks for. The machine takes them one after the other. */
class Snapshots {
  readonly #machine: VKernel;
  #last: Promise<unknown> = Promise.resolve();

  constructor(machine: VKernel) {
    this.#machine = machine;
  }

  take(file: string, options: SnapshotOptions): Promise<SnapshotReport> {
    const taken = this.#machine.snapshot(file, options);
    this.#last = taken.catch(() => undefined);
    return taken;
  }

  /** Resolves when no snapshot is being written, and whoever asked for the last one has been told. */
  async idle(): Promise<void> {
    await this.#last;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function takeOnSignal(
  snapshots: Snapshots,
  { file, at: _, ...options }: SnapshotTrigger,
): Promise<void> {
  try {
    snapshotLines(await snapshots.take(file, options)).forEach(say);
  } catch (error) {
    say(errorLine(error));
  }
}

/** @returns the directory of the sockets, in which no running vkernel has the name. @throws CliError */
async function reserveName(name: string): Promise<string> {
  const { listMachines } = await import('./control-client.js');
  const directory = runtimeDirectory(currentUser());
  // One that was killed has left its socket.
  const taken = (await listMachines(directory)).some(({ id }) => id === name);
  if (taken) throw new CliError(`--name: '${name}' is taken by another vkernel; vkernel ps lists them`);
  rmSync(socketPath(directory, name), { force: true });
  return directory;
}

/** Without its control socket a guest still runs. */
async function openControl(
  directory: string | undefined,
  id: string,
  machine: VKernel,
  snapshots: Snapshots,
): Promise<ControlServer | undefined> {
  const controlled = {
    info: () => ({ ...machine.info(), hostPid: process.pid }),
    snapshot: (file: string, options: SnapshotOptions) => snapshots.take(file, options),
  };
  try {
    const { ControlServer } = await import('./control-server.js');
    return await ControlServer.listen(directory ?? runtimeDirectory(currentUser()), id, controlled);
  } catch (error) {
    say(
      `vkernel: no control socket, so ps and snapshot cannot find this guest: ${printable(messageOf(error))}`,
    );
    return undefined;
  }
}
