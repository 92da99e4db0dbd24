/** The options and results of the library. */
import type { Writable } from 'node:stream';
import type { HostFileProblem } from '../fs/hostfs/hostfs.js';
import type { Input } from './console.js';

/** How a guest ended. */
export interface GuestStatus {
  /** Exit code 0 to 255; 0 when a signal ended it. */
  readonly code: number;
  /** The signal that ended it, as "SIGSEGV"; undefined for an exit. */
  readonly signal: string | undefined;
  /** What a shell would report: the code, or 128 plus the signal's number. */
  readonly exitCode: number;
  /** The file of the snapshot that ended the machine (`stop`): the guest itself has not ended. */
  readonly frozen?: string;
}

/** Streams of the guest's descriptors 0, 1 and 2. Without a stream, input is empty and output is dropped. */
export interface StdioOptions {
  readonly stdin?: Input;
  readonly stdout?: Writable;
  readonly stderr?: Writable;
}

/** A host directory the guest may see. */
export interface MountOption {
  /** Directory on the host. */
  readonly host: string;
  /** Absolute path in the guest. */
  readonly guest: string;
  readonly readOnly?: boolean;
  /** What the guest changes stays in memory, and the host's directory is only read. A core has the changes. */
  readonly overlay?: boolean;
}

/** What boot and resume share. */
export interface RunOptions extends StdioOptions {
  /** Ctrl-P Ctrl-Q were typed on the host's terminal: neither goes to the guest. Without this they are keys like all others. */
  readonly onDetachKeys?: () => void;
  /** The interrupt key was typed while the guest is a single program that reads whole lines. The guest gets it, too. */
  readonly onInterruptKey?: () => void;
  /** Writes strace's lines; called with pieces of text. */
  readonly strace?: (text: string) => void;
  /** One line for what the guest cannot be told: unknown calls, killed processes. Default: dropped. */
  readonly log?: (line: string) => void;
  /** A guest that dies of a signal that dumps core leaves its machine in this file, from which it can be inspected and resumed. */
  readonly coreOnCrash?: string;
  /** Freeze by itself: once that many system calls have completed, or basic blocks have run, or after so many milliseconds. */
  readonly snapshotAt?: {
    readonly file: string;
    readonly syscalls?: number;
    readonly blocks?: number;
    /** Before the first such call, which a resumed machine makes: "openat(path=/etc/x)", see docs/checkpoints.md. */
    readonly call?: string;
    readonly ms?: number;
    /** When the guest asks for it: see docs/guest-freeze.md. Each time anew. */
    readonly guest?: boolean;
    readonly stop?: boolean;
    readonly thin?: boolean;
    readonly compress?: boolean;
    readonly sync?: boolean;
  };
  /** When the guest has ended, what it changed in its overlay is written into this host directory, which is made if need be. */
  readonly commit?: string;
  /** Ends the machine: `wait` rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

export interface BootOptions extends RunOptions {
  /** The program: a host path, or with `root` a path in the guest. */
  readonly image: string;
  /** argv[1] and up. */
  readonly args?: readonly string[];
  /** argv[0]; default: the image as given. */
  readonly argv0?: string;
  /** The whole environment; default: PATH, HOME, TERM and LANG. */
  readonly env?: Readonly<Record<string, string>>;
  /** A host directory that becomes the guest's root. Default: an empty tmpfs. */
  readonly root?: string;
  readonly rootReadOnly?: boolean;
  /** The guest may change everything in its root, but only in memory: the host's directory stays as it is. Needs `root`. */
  readonly overlay?: boolean;
  readonly mounts?: readonly MountOption[];
  /** Working directory in the guest; default: "/". */
  readonly cwd?: string;
  /** Guest RAM in bytes, a multiple of 4096; default 1 GiB. */
  readonly memoryBytes?: number;
  readonly hostname?: string;
  /** Randomise the bases of program and mappings (once for a machine), stack and heap (for each program); default true. */
  readonly aslr?: boolean;
  readonly maxTasks?: number;
  readonly maxFiles?: number;
  /**
   * The guest's standard streams are a terminal, with a line discipline of its own; the host's terminal, if stdin is one, is in raw
   * mode meanwhile. Default: when stdin and stdout are terminals.
   */
  readonly tty?: boolean;
}

export interface ResumeOptions extends RunOptions {
  /** The host directory that is the guest's root now. A machine that had one must be given one again. */
  readonly root?: string;
  readonly rootReadOnly?: boolean;
  /** Where the host directories of `mounts` are now, by guest path. */
  readonly mounts?: readonly MountOption[];
  /**
   * When files of the host are not what they were, or not there: "strict" refuses to resume, "warn" logs them and goes on with what
   * there is, "ignore" goes on without a word. Default: "warn".
   */
  readonly files?: FilesPolicy;
  /** What the guest's own freeze call returns in this copy; default 1. */
  readonly value?: number;
  /**
   * For the core of a native process: show the guest the files that the process had mapped, read-only, from this host. Their names are
   * those in the core: trust it.
   */
  readonly hostFiles?: boolean;
  /** Read the whole file at once instead of mapping it: for files that others may change. */
  readonly preload?: boolean;
}

export type FilesPolicy = 'strict' | 'warn' | 'ignore';

/** What of a machine is not as it was when it was frozen. */
export interface ResumeReport {
  /** What could not be kept, a line each. */
  readonly lost: readonly string[];
  /** Files of the host that have changed, or are not there. */
  readonly files: readonly HostFileProblem[];
}

/** What a snapshot has written. */
export interface SnapshotReport {
  readonly file: string;
  readonly bytes: number;
  readonly pages: number;
  /** Those of them that are in this file; the others are in its base. */
  readonly newPages: number;
  readonly threads: number;
  /** What could not be kept, a line each. */
  readonly lost: readonly string[];
}

export interface SnapshotOptions {
  /** End the machine once the file is complete. */
  readonly stop?: boolean;
  /**
   * Write only the pages that changed since this core, which must be the one that the machine was frozen into last or resumed from. The
   * new file needs the earlier one, at the same place relative to its own.
   */
  readonly base?: string;
  /** Leave out the pages of mapped files that the host's files have, too: the core needs those files as they are. */
  readonly thin?: boolean;
  /** Compress the pages with Zstandard: see docs/checkpoints.md for the price. */
  readonly compress?: boolean;
  /** Wait until the disk has the file, for which the guest does not wait; default true. Not for a file that is soon gone. */
  readonly sync?: boolean;
  /** Called now and then with bytes written and bytes in all. */
  readonly onProgress?: (doneBytes: number, totalBytes: number) => void;
}

/** What `vkernel ps` shows. */
export interface MachineInfo {
  readonly image: string;
  readonly threads: number;
  readonly uptimeMs: number;
}
