/**
 * The library: boot a guest, snapshot it while it runs, resume it from the file.
 *
 *     const vk = await VKernel.boot({ image: './hello', args: ['world'], stdout: process.stdout });
 *     await vk.snapshot('hello.core');
 *     const again = await VKernel.resume('hello.core', { stdout: process.stdout });
 *     const status = await again.wait();
 */
import { SI_KERNEL } from '../abi/signal.js';
import { SigInfo } from '../arch/siginfo.js';
import type { ExitStatus } from '../kernel/process.js';
import { sendToProcess } from '../kernel/signal-send.js';
import { EIO } from '../abi/errno.js';
import { answerFreezeRequests, freezeRequests } from '../kernel/freeze-request.js';
import type { Crash } from '../kernel/kernel.js';
import { Tracer } from '../strace/tracer.js';
import { signalName } from '../strace/signals.js';
import { bootMachine } from './boot.js';
import { hostPaths } from '../fs/hostfs/hostfs.js';
import { grantsOf } from './grants.js';
import { commitChanges, prepareCommit } from './commit.js';
import { attachConsole } from './console.js';
import { Driver } from './driver.js';
import { createHost, type Host } from './host.js';
import { MachineError } from './machine-error.js';
import { MachineState } from './machine-state.js';
import type {
  BootOptions,
  GuestStatus,
  MachineInfo,
  ResumeOptions,
  RunOptions,
  SnapshotOptions,
  SnapshotReport,
} from './options.js';

export type * from './options.js';
export { MachineError } from './machine-error.js';

const NOTHING = (): void => undefined;

/** A virtual machine that runs. Several may live in one process, and in worker threads. */
export class VKernel {
  readonly #host: Host;
  readonly #state: MachineState;
  readonly #options: RunOptions;
  readonly #driver: Driver;
  readonly #detachConsole: () => void;
  readonly #startedMs = performance.now();
  readonly #outcome: Promise<GuestStatus>;
  #resolve: (status: GuestStatus) => void = NOTHING;
  #reject: (error: unknown) => void = NOTHING;
  #snapshotTimer: NodeJS.Timeout | undefined;
  /** The freeze in progress, behind which the next one queues. */
  #freezing: Promise<unknown> = Promise.resolve();
  #over = false;

  private constructor(host: Host, state: MachineState, options: RunOptions) {
    this.#host = host;
    this.#state = state;
    const { commit } = options;
    this.#options =
      commit === undefined ? options : { ...options, commit: prepareCommit(state.kernel, commit) };
    this.#outcome = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // A machine nobody waits for may fail without ending the process.
    this.#outcome.catch(NOTHING);
    const { kernel, console } = state;
    if (options.strace !== undefined) kernel.tracer = new Tracer(options.strace);
    this.#detachConsole = attachConsole(console, options, (signo) => this.#signalForeground(signo));
    this.#driver = new Driver(kernel, {
      onEnded: () => this.#onEnded(),
      onBreakpoint: () => this.#onBreakpoint(),
      onFailure: (error) => this.#finish(() => this.#reject(error)),
    });
    this.#armSnapshot();
    options.signal?.addEventListener('abort', this.#onAbort, { once: true });
    if (options.signal?.aborted === true) this.#onAbort();
    else this.#driver.poke();
  }

  /**
   * Boots a guest program. It runs as soon as the event loop is free.
   * @throws MachineError when the program or the granted directories cannot be used
   */
  static async boot(options: BootOptions): Promise<VKernel> {
    const { host, state } = await bootMachine(options);
    return new VKernel(host, state, options);
  }

  /**
   * Continues a frozen machine from its file, which stays as it is. The whole file is checked before anything runs.
   * @throws CoreFormatError or StateError, of one line, for a damaged or hostile file; MachineError when this host lacks something
   */
  static async resume(file: string, options: ResumeOptions = {}): Promise<VKernel> {
    const { openCore } = await import('../../ckpt/image/thaw.js');
    const core = openCore(file);
    try {
      const log = options.log ?? NOTHING;
      const host = createHost(core.ramBytes, core.monotonicNs, log);
      host.services.provide(hostPaths, grantsOf(options, log));
      try {
        const { root, lost } = core.thaw({
          ...host,
          RootClass: MachineState,
          preload: options.preload ?? false,
        });
        for (const line of lost) log(`lost: ${line}`);
        host.clock.continueFrom(core.monotonicNs);
        answerFreezeRequests(root.kernel, options.value ?? 1);
        return new VKernel(host, root, options);
      } catch (error) {
        host.cpu.close();
        // A grant that is missing is no fault of the file, in which it was noticed.
        throw error instanceof Error && error.cause instanceof MachineError ? error.cause : error;
      }
    } finally {
      core.close();
    }
  }

  /**
   * Freezes the machine into a file, which appears whole or not at all. The guest goes on afterwards unless `stop` is set.
   * @throws Error with the host's reason when the file cannot be written; MachineError when the machine has ended
   */
  async snapshot(file: string, options: SnapshotOptions = {}): Promise<SnapshotReport> {
    const turn = this.#freezing.then(() => this.#freeze(file, options));
    this.#freezing = turn.catch(NOTHING);
    return turn;
  }

  /** How the guest ended. Rejects when the machine was aborted, or failed by a bug of ours. */
  wait(): Promise<GuestStatus> {
    return this.#outcome;
  }

  /** Sends a signal to the boot process, as the kernel would. @param signo 1 to 64 */
  kill(signo: number): void {
    const { kernel } = this.#state;
    const process = kernel.processes.get(kernel.bootPid);
    if (process !== undefined) sendToProcess(process, new SigInfo(signo, SI_KERNEL));
  }

  info(): MachineInfo {
    const { kernel, image } = this.#state;
    return { image, threads: kernel.tasks.size, uptimeMs: Math.round(performance.now() - this.#startedMs) };
  }

  /** Calls that vkernel does not have, by number, and how often the guest made them. */
  get unknownSyscalls(): ReadonlyMap<number, number> {
    return this.#state.kernel.unknownSyscalls;
  }

  /** The guest has ended by itself. Its memory is still there, and with it the changes to commit. */
  #onEnded(): void {
    const { kernel } = this.#state;
    const { commit, log = NOTHING } = this.#options;
    try {
      if (commit !== undefined && !this.#over) commitChanges(kernel, commit, log);
    } catch (error) {
      this.#finish(() => this.#reject(error));
      return;
    }
    this.#finish(() => this.#resolve(guestStatus(kernel.bootStatus!)));
  }

  async #freeze(file: string, options: SnapshotOptions, crash?: Crash): Promise<SnapshotReport> {
    if (this.#over) throw new MachineError('the machine has ended');
    const { stop = false, onProgress } = options;
    this.#driver.pause();
    try {
      const { kernel } = this.#state;
      const monotonicNs = kernel.clock.monotonicNs();
      // Not loaded before it is needed: most of a short run is loading modules.
      const { freezeToFile } = await import('../../ckpt/image/freeze.js');
      const report = await freezeToFile({
        kernel,
        root: this.#state,
        services: this.#host.services,
        file,
        monotonicNs,
        ...(onProgress !== undefined && { onProgress }),
        ...(crash !== undefined && { lead: crash.task, siginfo: crash.info }),
      });
      if (stop) this.#finish(() => this.#resolve({ code: 0, signal: undefined, exitCode: 0, frozen: file }));
      return { file, ...report };
    } finally {
      this.#driver.unpause();
    }
  }

  /** The scheduler stopped for a freeze that was asked for beforehand. The driver is paused until it is written. */
  #onBreakpoint(): void {
    const { kernel } = this.#state;
    const { crash } = kernel;
    if (crash === undefined) {
      if (freezeRequests(kernel).length > 0) {
        this.#snapshotForGuest();
        return;
      }
      kernel.scheduler.breakAfterSyscalls = Infinity;
      this.#snapshotAsAsked();
      return;
    }
    this.#driver.pause();
    this.#freeze(this.#options.coreOnCrash!, {}, crash).then(
      ({ file }) => {
        this.#options.log?.(`the guest crashed: its machine is in ${file}`);
        this.#afterCrash(crash, 'written');
      },
      (error: unknown) => {
        this.#options.log?.(`the core could not be written: ${messageOf(error)}`);
        this.#afterCrash(crash, 'failed');
      },
    );
  }

  #afterCrash(crash: Crash, handled: 'written' | 'failed'): void {
    crash.handled = handled;
    this.#driver.unpause();
  }

  /** `snapshotAt`: the machine stands still from here until the file is there. A file that cannot be written is fatal. */
  #snapshotAsAsked(): void {
    const { file, stop } = this.#options.snapshotAt!;
    this.snapshot(file, { stop: stop ?? false }).then(
      (report) => this.#logLost(report),
      (error: unknown) => this.#finish(() => this.#reject(error)),
    );
  }

  /** The guest's own freeze: the call returns 0 here, and what `resume` says in the copies; an error if there is no file. */
  #snapshotForGuest(): void {
    const { kernel } = this.#state;
    const { file, stop } = this.#options.snapshotAt!;
    this.snapshot(file, { stop: stop ?? false }).then(
      (report) => {
        this.#logLost(report);
        answerFreezeRequests(kernel, 0);
      },
      (error: unknown) => {
        this.#options.log?.(`the snapshot could not be written: ${messageOf(error)}`);
        answerFreezeRequests(kernel, -EIO);
      },
    );
  }

  /** Whoever calls `snapshot` has the report; of the others the log tells. */
  #logLost({ lost }: SnapshotReport): void {
    for (const line of lost) this.#options.log?.(`lost: ${line}`);
  }

  #armSnapshot(): void {
    const { snapshotAt, coreOnCrash } = this.#options;
    const { kernel } = this.#state;
    kernel.dumpsCore = coreOnCrash !== undefined;
    kernel.mayFreeze = snapshotAt?.guest === true;
    if (snapshotAt?.syscalls !== undefined) kernel.scheduler.breakAfterSyscalls = snapshotAt.syscalls;
    if (snapshotAt?.ms !== undefined) {
      this.#snapshotTimer = setTimeout(() => this.#snapshotAsAsked(), snapshotAt.ms);
    }
  }

  #signalForeground(signo: number): void {
    const { kernel, console } = this.#state;
    const group = console.terminal?.foregroundGroup ?? 0;
    for (const process of kernel.processes.values()) {
      if (group === 0 || process.pgrp === group) sendToProcess(process, new SigInfo(signo, SI_KERNEL));
    }
  }

  readonly #onAbort = (): void => {
    this.#finish(() => this.#reject(this.#options.signal!.reason));
  };

  /** The machine is over: gives back what it took from the host. Only the first call counts. */
  #finish(settle: () => void): void {
    if (this.#over) return;
    this.#over = true;
    this.#driver.stop();
    clearTimeout(this.#snapshotTimer);
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
    this.#detachConsole();
    this.#host.cpu.close();
    settle();
  }
}

function guestStatus({ code, signal }: ExitStatus): GuestStatus {
  if (signal === 0) return { code, signal: undefined, exitCode: code };
  return { code: 0, signal: signalName(signal), exitCode: 128 + signal };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
