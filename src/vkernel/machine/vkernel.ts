/**
 * The library: boot a guest, snapshot it while it runs, resume it from the file.
 *
 *     const vk = await VKernel.boot({ image: './hello', args: ['world'], stdout: process.stdout });
 *     await vk.snapshot('hello.core');
 *     const again = await VKernel.resume('hello.core', { stdout: process.stdout });
 *     const status = await again.wait();
 */
import { resolve } from 'node:path';
import type { FrozenPages } from '../../ckpt/image/base-pages.js';
import { SI_KERNEL } from '../abi/signal.js';
import { SigInfo } from '../arch/siginfo.js';
import type { ExitStatus } from '../kernel/process.js';
import { sendToProcess } from '../kernel/signal-send.js';
import { EIO } from '../abi/errno.js';
import { answerFreezeRequests, freezeRequests } from '../kernel/freeze-request.js';
import type { OpenedCore } from '../../ckpt/image/thaw.js';
import type { Crash } from '../kernel/kernel.js';
import { Tracer } from '../strace/tracer.js';
import { parseCallPattern } from '../syscalls/call-pattern.js';
import { signalName } from '../strace/signals.js';
import { bootMachine } from './boot.js';
import { hostPaths, type HostFileProblem } from '../fs/hostfs/hostfs.js';
import { grantsOf, refusal } from './grants.js';
import { commitChanges, prepareCommit } from './commit.js';
import { attachConsole } from './console.js';
import { Driver } from './driver.js';
import { HostTerminal } from './host-terminal.js';
import { createHost, type Host } from './host.js';
import { MachineError } from './machine-error.js';
import { MachineState } from './machine-state.js';
import { abandon, Marks, type Mark } from './marks.js';
import type {
  BootOptions,
  GuestStatus,
  MachineInfo,
  ResumeOptions,
  ResumeReport,
  RunOptions,
  SnapshotOptions,
  SnapshotReport,
} from './options.js';

export type * from './options.js';
export type { Mark } from './marks.js';
export { MachineError } from './machine-error.js';

const NOTHING = (): void => undefined;

/** A virtual machine that runs. Several may live in one process, and in worker threads. */
export class VKernel {
  /** What is not as it was when the machine was frozen; undefined unless it was resumed. */
  resumed: ResumeReport | undefined = undefined;
  readonly #host: Host;
  readonly #options: RunOptions;
  readonly #terminal: HostTerminal;
  readonly #marks: Marks;
  readonly #startedMs = performance.now();
  #state: MachineState;
  #driver!: Driver;
  #detachConsole: () => void = NOTHING;
  #outcome!: Promise<GuestStatus>;
  #resolve: (status: GuestStatus) => void = NOTHING;
  #reject: (error: unknown) => void = NOTHING;
  #snapshotTimer: NodeJS.Timeout | undefined;
  /** The freeze in progress, behind which the next one queues. */
  #freezing: Promise<unknown> = Promise.resolve();
  /** The core that the machine was frozen into last, or resumed from. */
  #frozenAs: FrozenPages | undefined;
  /** Snapshots being written: nothing may run or go back meanwhile. */
  #frozen = 0;
  #over = false;
  /** The guest has ended, but there is a mark to go back to. */
  #ended = false;
  #onClose: () => void;

  private constructor(host: Host, state: MachineState, options: RunOptions, marks: Marks, onClose = NOTHING) {
    this.#host = host;
    this.#state = state;
    const { commit } = options;
    this.#options =
      commit === undefined ? options : { ...options, commit: prepareCommit(state.kernel, commit) };
    this.#marks = marks;
    this.#onClose = onClose;
    this.#terminal = new HostTerminal(() => this.#state, options);
    this.#begin();
    this.#armSnapshot();
    options.signal?.addEventListener('abort', this.#onAbort, { once: true });
    if (options.signal?.aborted === true) this.#onAbort();
    else this.#driver.poke();
  }

  /** Connects the state with everything around it. */
  #begin(): void {
    this.#outcome = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // A machine nobody waits for may fail without ending the process.
    this.#outcome.catch(NOTHING);
    const { kernel, console } = this.#state;
    const { strace, coreOnCrash, snapshotAt } = this.#options;
    if (strace !== undefined) kernel.tracer = new Tracer(strace);
    kernel.dumpsCore = coreOnCrash !== undefined;
    kernel.mayFreeze = snapshotAt?.guest === true;
    this.#detachConsole = attachConsole(console, this.#options, (bytes) => this.#terminal.filter(bytes));
    this.#terminal.claim();
    this.#driver = new Driver(kernel, {
      onEnded: () => this.#onEnded(),
      onBreakpoint: () => this.#onBreakpoint(),
      onFailure: (error) => this.#finish(() => this.#reject(error)),
    });
  }

  /**
   * Boots a guest program. It runs as soon as the event loop is free.
   * @throws MachineError when the program or the granted directories cannot be used
   */
  static boot(options: BootOptions): Promise<VKernel> {
    return new Promise((resolve) => {
      checkTrigger(options);
      const { host, state } = bootMachine(options);
      const { log = NOTHING } = options;
      host.services.provide(
        hostPaths,
        grantsOf(options, ({ message }) => log(message)),
      );
      resolve(new VKernel(host, state, options, new Marks(host, [])));
    });
  }

  /**
   * Continues a frozen machine from its file, which stays as it is. The whole file is checked before anything runs.
   * @throws CoreFormatError or StateError, of one line, for a damaged or hostile file; MachineError when this host lacks something
   */
  static async resume(file: string, options: ResumeOptions = {}): Promise<VKernel> {
    checkTrigger(options);
    const { openCore } = await import('../../ckpt/image/thaw.js');
    let core: OpenedCore;
    try {
      core = openCore(resolve(file));
    } catch (error) {
      return VKernel.#resumeForeign(file, options, error);
    }
    try {
      await core.prepare();
      const log = options.log ?? NOTHING;
      const host = createHost(core.ramBytes, core.monotonicNs, log);
      const { files: policy = 'warn' } = options;
      const logFile = ({ message }: HostFileProblem): void => {
        if (policy !== 'ignore') log(message);
      };
      const files: HostFileProblem[] = [];
      let report: (problem: HostFileProblem) => unknown = (problem) => files.push(problem);
      host.services.provide(
        hostPaths,
        grantsOf(options, (problem) => report(problem)),
      );
      try {
        const { root, lost, backing, frozenAs } = core.thaw({
          ...host,
          RootClass: MachineState,
          preload: options.preload ?? false,
        });
        if (policy === 'strict' && files.length > 0) {
          abandon(root.kernel);
          throw refusal(files);
        }
        for (const line of lost) log(`lost: ${line}`);
        files.forEach(logFile);
        // A rollback looks at the files again.
        report = logFile;
        host.clock.continueFrom(core.monotonicNs);
        answerFreezeRequests(root.kernel, options.value ?? 1);
        const machine = new VKernel(host, root, options, new Marks(host, backing), () => core.close());
        machine.#frozenAs = frozenAs;
        machine.resumed = { lost, files };
        return machine;
      } catch (error) {
        host.cpu.close();
        // A grant that is missing is no fault of the file, in which it was noticed.
        throw error instanceof Error && error.cause instanceof MachineError ? error.cause : error;
      }
    } catch (error) {
      core.close();
      throw error;
    }
  }

  /** Goes on from the core of a native process. @param refusal why the file is none of our own, thrown if it is none at all */
  static async #resumeForeign(file: string, options: ResumeOptions, refusal: unknown): Promise<VKernel> {
    if (!(refusal instanceof Error) || refusal.name !== 'CoreFormatError') throw refusal;
    const { importFile } = await import('./import-core.js');
    const { host, state, lost } = importFile(file, options, refusal);
    const { log = NOTHING } = options;
    for (const line of lost) log(`lost: ${line}`);
    host.services.provide(
      hostPaths,
      grantsOf(options, ({ message }) => log(message)),
    );
    const machine = new VKernel(host, state, options, new Marks(host, []));
    machine.resumed = { lost, files: [] };
    return machine;
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

  /**
   * Remembers this moment: `rollback` brings it back as often as wanted, at the price of the pages that were written meanwhile. While
   * there is a mark, a machine whose guest has ended can still go back; `close` it in the end, or release the marks.
   * @throws MachineError when the machine has ended
   */
  mark(): Mark {
    if (this.#over || this.#ended) throw new MachineError('the machine has ended');
    return this.#marks.add(this.#state, () => {
      if (this.#ended && this.#marks.size === 0) this.#close();
    });
  }

  /**
   * Goes back to a mark: memory, processes, descriptors, clocks. What has left the machine since, and what has come in and was read,
   * stays so: bytes of its streams, changes to files of the host. `wait` is about the end that comes next.
   * @throws MachineError when the mark was released or the machine is closed, or a snapshot is being written
   */
  rollback(mark: Mark): void {
    if (this.#over) throw new MachineError('the machine is closed');
    if (this.#frozen > 0) throw new MachineError('a snapshot is being written');
    this.#driver.stop();
    this.#terminal.leaveScreen();
    this.#detachConsole();
    this.#state = this.#marks.goBack(mark, this.#state);
    // What the page tables say of changes is about the last snapshot before the mark.
    this.#frozenAs = undefined;
    this.#ended = false;
    this.#begin();
    this.#driver.poke();
  }

  /**
   * A second machine that goes on from here, or from a mark of this one, beside it. The two share the memory that neither changes.
   * @param options its own streams and hooks; what the guest may see of the host is the same
   * @throws MachineError when the machine has ended
   */
  clone(options: RunOptions = {}, mark?: Mark): VKernel {
    if (this.#over) throw new MachineError('the machine has ended');
    const from = mark ?? this.mark();
    const { cpu, services } = this.#host;
    const host = createHost(cpu.ram.byteLength, 0, options.log ?? NOTHING);
    try {
      host.services.provide(hostPaths, services.get(hostPaths));
      const { marks, state } = this.#marks.copyTo(host, from);
      return new VKernel(host, state, options, marks);
    } catch (error) {
      host.cpu.close();
      throw error;
    } finally {
      if (mark === undefined) from.release();
    }
  }

  /** Ends the machine, wherever it is, and gives back everything; `wait` rejects if the guest had not ended. */
  close(): void {
    if (this.#ended) this.#close();
    else this.#finish(() => this.#reject(new MachineError('the machine was closed')));
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

  /** The host's terminal is the guest's, in raw mode: lines that others write to it must end with a return, too. */
  get hasTerminal(): boolean {
    return this.#terminal.isRaw;
  }

  /** Gives the host's terminal its own settings back, while the machine is suspended. `claimTerminal` takes it again. */
  releaseTerminal(): void {
    this.#terminal.release();
  }

  claimTerminal(): void {
    if (!this.#over) this.#terminal.claim();
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
    this.#end(() => this.#resolve(guestStatus(kernel.bootStatus!)));
  }

  async #freeze(file: string, options: SnapshotOptions, crash?: Crash): Promise<SnapshotReport> {
    if (this.#over || this.#ended) throw new MachineError('the machine has ended');
    const { stop = false, onProgress, base, compress = false, thin = false, sync = true } = options;
    const goOn = this.#standStill();
    let copied: FrozenPages | undefined;
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
        ...(base !== undefined && { base: { file: base, frozen: this.#frozenAs } }),
        compress,
        thin,
        sync,
        onCopied: (frozen) => {
          this.#frozenAs = copied = frozen;
          // The disk may take its time: the guest need not wait for it.
          if (!stop) goOn();
        },
        ...(crash !== undefined && { lead: crash.task, siginfo: crash.info }),
      });
      if (stop) this.#finish(() => this.#resolve({ code: 0, signal: undefined, exitCode: 0, frozen: file }));
      return { file, ...report };
    } catch (error) {
      // There is no file that has what the page tables take for saved.
      if (copied !== undefined && this.#frozenAs === copied) this.#frozenAs = undefined;
      throw error;
    } finally {
      goOn();
    }
  }

  /** Nothing runs or goes back until the returned function is called for the first time. */
  #standStill(): () => void {
    let still = true;
    const driver = this.#driver;
    this.#frozen++;
    driver.pause();
    return () => {
      if (!still) return;
      still = false;
      this.#frozen--;
      driver.unpause();
    };
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
      kernel.scheduler.blocksToBreak = Infinity;
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
    const { file, ...options } = this.#options.snapshotAt!;
    this.snapshot(file, options).then(
      (report) => this.#logLost(report),
      (error: unknown) => this.#finish(() => this.#reject(error)),
    );
  }

  /** The guest's own freeze: the call returns 0 here, and what `resume` says in the copies; an error if there is no file. */
  #snapshotForGuest(): void {
    const { kernel } = this.#state;
    const { file, ...options } = this.#options.snapshotAt!;
    this.snapshot(file, options).then(
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
    const { snapshotAt } = this.#options;
    const { kernel } = this.#state;
    if (snapshotAt?.syscalls !== undefined) kernel.scheduler.breakAfterSyscalls = snapshotAt.syscalls;
    if (snapshotAt?.blocks !== undefined) kernel.scheduler.blocksToBreak = snapshotAt.blocks;
    if (snapshotAt?.call !== undefined) kernel.stopsBefore = parseCallPattern(snapshotAt.call);
    if (snapshotAt?.ms !== undefined) {
      this.#snapshotTimer = setTimeout(() => this.#snapshotAsAsked(), snapshotAt.ms);
    }
  }

  readonly #onAbort = (): void => {
    this.#finish(() => this.#reject(this.#options.signal!.reason));
  };

  /** The guest has ended. With a mark to go back to, the machine stays. */
  #end(settle: () => void): void {
    if (this.#marks.size === 0) {
      this.#finish(settle);
      return;
    }
    this.#ended = true;
    this.#terminal.release();
    settle();
  }

  /** The machine is over. Only the first call counts. */
  #finish(settle: () => void): void {
    if (this.#over) return;
    this.#close();
    settle();
  }

  /** Gives back what the machine took from the host. */
  #close(): void {
    if (this.#over) return;
    this.#over = true;
    this.#driver.stop();
    clearTimeout(this.#snapshotTimer);
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
    this.#detachConsole();
    this.#terminal.release();
    abandon(this.#state.kernel);
    this.#marks.close();
    this.#host.cpu.close();
    this.#onClose();
  }
}

function guestStatus({ code, signal }: ExitStatus): GuestStatus {
  if (signal === 0) return { code, signal: undefined, exitCode: code };
  return { code: 0, signal: signalName(signal), exitCode: 128 + signal };
}

/** @throws MachineError before anything was made */
function checkTrigger({ snapshotAt }: RunOptions): void {
  try {
    if (snapshotAt?.call !== undefined) parseCallPattern(snapshotAt.call);
  } catch (error) {
    throw new MachineError(`snapshot: ${messageOf(error)}`, 125, { cause: error });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
