/** A guest from its start to its end, with everything around it: streams, trace, signals, control socket, snapshots. */
import type { RunOptions, SnapshotOptions, SnapshotReport, VKernel } from '../machine/vkernel.js';
import { CliError, errorLine, messageOf } from './cli-error.js';
import { checkName, ControlServer, randomId } from './control-server.js';
import { handleSignals } from './host-signals.js';
import type { MachineSettings } from './machine-options.js';
import { say } from './output.js';
import { printable } from './printable.js';
import { currentUser, runtimeDirectory } from './runtime-directory.js';
import { snapshotLines } from './snapshot.js';
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
  const trace = openTrace(settings.strace);
  const abort = new AbortController();
  const { trigger, coreOnCrash } = settings;
  const at =
    trigger === undefined || trigger.at === 'signal'
      ? undefined
      : { file: trigger.file, stop: trigger.stop, ...trigger.at };
  const machine = await start({
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    signal: abort.signal,
    log: (line) => say(`vkernel: ${printable(line)}`),
    ...(trace === undefined ? {} : { strace: trace.write }),
    ...(coreOnCrash === undefined ? {} : { coreOnCrash }),
    ...(at === undefined ? {} : { snapshotAt: at }),
  });
  const ended = machine.wait();
  // Awaited below; until then its failure is not an unhandled one.
  ended.catch(() => undefined);
  const snapshots = new Snapshots(machine);
  const restoreSignals = handleSignals({
    forward: (signo) => machine.kill(signo),
    interruptedTwice: () => abort.abort(new CliError('interrupted twice: the guest was ended', INTERRUPTED)),
    snapshot: trigger?.at === 'signal' ? () => void takeOnSignal(snapshots, trigger) : undefined,
  });
  let control: ControlServer | undefined;
  try {
    control = await openControl(settings.name, machine, snapshots);
    const status = await ended;
    for (const line of await farewell(status, machine.unknownSyscalls)) say(`vkernel: ${line}`);
    return status.exitCode;
  } finally {
    await snapshots.idle();
    control?.close();
    restoreSignals();
    trace?.close();
  }
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
  { file, stop }: { readonly file: string; readonly stop: boolean },
): Promise<void> {
  try {
    snapshotLines(await snapshots.take(file, { stop })).forEach(say);
  } catch (error) {
    say(errorLine(error));
  }
}

/** Without its control socket a guest still runs, unless it was to have a name. */
async function openControl(
  name: string | undefined,
  machine: VKernel,
  snapshots: Snapshots,
): Promise<ControlServer | undefined> {
  const controlled = {
    info: () => ({ ...machine.info(), hostPid: process.pid }),
    snapshot: (file: string, options: SnapshotOptions) => snapshots.take(file, options),
  };
  try {
    return await ControlServer.listen(
      runtimeDirectory(currentUser()),
      checkName(name ?? randomId()),
      controlled,
    );
  } catch (error) {
    if (name !== undefined) throw error;
    say(
      `vkernel: no control socket, so ps and snapshot cannot find this guest: ${printable(messageOf(error))}`,
    );
    return undefined;
  }
}
