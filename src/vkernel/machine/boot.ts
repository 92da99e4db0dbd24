/** From options to a machine whose first program is about to run. */
import { accessSync, constants as fsConstants, readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { EACCES, ENOENT, ENOTDIR, errnoText, SysError } from '../abi/errno.js';
import { ProcFs } from '../fs/procfs/procfs.js';
import { exec, findProgram } from '../kernel/exec.js';
import { Kernel } from '../kernel/kernel.js';
import { Process } from '../kernel/process.js';
import { ResourceLimits } from '../kernel/resource-limits.js';
import { Task } from '../kernel/task.js';
import { ImageError } from '../loader/image-error.js';
import { AddressSpace } from '../mm/address-space.js';
import { PAGE_BYTES } from '../mm/frames.js';
import type { ByteString } from '../vfs/inode.js';
import type { Location } from '../vfs/location.js';
import { FdTable } from '../vfs/fd-table.js';
import { FsContext } from '../vfs/fs-context.js';
import { openStandardFiles } from './standard-files.js';
import { Console } from './console.js';
import { addReadOnlyFile, buildFileTree, mountAt, placeAt, toByteString } from './file-tree.js';
import { createHost, type Host } from './host.js';
import { addTerminals } from './terminals.js';
import { MachineError } from './machine-error.js';
import { MachineState } from './machine-state.js';
import type { BootOptions } from './options.js';

const MIB = 1024 * 1024;
export const DEFAULT_MEMORY_BYTES = 1024 * MIB;
/** Page tables, a program and its stack do not fit into less. */
const MIN_MEMORY_BYTES = 4 * MIB;
/** The largest array of bytes that one view can have on Node 20, less a page. */
const MAX_MEMORY_BYTES = 4096 * MIB - PAGE_BYTES;
const DEFAULT_MAX_TASKS = 4096;
const DEFAULT_MAX_FILES = 4096;
const DEFAULT_HOSTNAME = 'vkernel';

/** The guest's environment when none is given: nothing of the host's. */
export const DEFAULT_ENVIRONMENT: Readonly<Record<string, string>> = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/root',
  TERM: 'xterm-256color',
  LANG: 'C.UTF-8',
};

/** @throws MachineError */
export function bootMachine(options: BootOptions): { host: Host; state: MachineState } {
  const memoryBytes = options.memoryBytes ?? DEFAULT_MEMORY_BYTES;
  if (memoryBytes % PAGE_BYTES !== 0 || memoryBytes < MIN_MEMORY_BYTES || memoryBytes > MAX_MEMORY_BYTES) {
    throw new MachineError(
      `memory: ${memoryBytes} bytes are not a multiple of ${PAGE_BYTES} between ${MIN_MEMORY_BYTES} and ${MAX_MEMORY_BYTES}`,
    );
  }
  if (options.overlay === true && options.root === undefined)
    throw new MachineError('overlay: it needs a root to lie over');
  const image = options.root === undefined ? readImage(options.image) : undefined;
  const host = createHost(memoryBytes, 0, options.log ?? (() => undefined));
  try {
    const kernel = createKernel(host, options);
    const root = kernel.mounts.mounts[0]!.root;
    const path = image === undefined ? toByteString(options.image) : toByteString(resolve(options.image));
    if (image !== undefined) addReadOnlyFile(root, path, image);
    mountAt(kernel.mounts, root, '/proc', new ProcFs(kernel.mounts.allocateDevice(), kernel), kernel.log);
    const console = new Console(options, addTerminals(kernel, root));
    const task = createFirstTask(kernel, root, options);
    openStandardFiles(task, kernel, console);
    startProgram(task, path, options);
    kernel.scheduler.add(task);
    return { host, state: new MachineState(kernel, console, options.image) };
  } catch (error) {
    host.cpu.close();
    throw error;
  }
}

/** Reads a program of the host. @throws MachineError as a shell would say it: 127 not found, 126 not executable */
function readImage(path: string): Uint8Array {
  try {
    const status = statSync(path);
    if (status.isDirectory()) throw new MachineError(`${path}: is a directory, not a program`, 126);
    if (!status.isFile()) throw new MachineError(`${path}: is not a regular file`, 126);
    accessSync(path, fsConstants.X_OK);
    return readFileSync(path);
  } catch (error) {
    if (error instanceof MachineError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') throw new MachineError(`${path}: no such file`, 127);
    if (code === 'EACCES') throw new MachineError(`${path}: may not be executed (try chmod +x)`, 126);
    throw new MachineError(`${path}: ${(error as Error).message}`, 126, { cause: error });
  }
}

/** A kernel with the file tree that the options grant. @throws MachineError */
export function createKernel(host: Host, options: Omit<BootOptions, 'image'>): Kernel {
  const { cpu, mmu, frames, clock, random, table, log } = host;
  return new Kernel({
    cpu,
    mmu,
    clock,
    random,
    table,
    log,
    mounts: buildFileTree({
      pool: frames,
      totalFrames: frames.totalFrames,
      clock,
      random,
      log,
      root: options.root,
      rootReadOnly: options.rootReadOnly ?? false,
      overlay: options.overlay ?? false,
      mounts: options.mounts ?? [],
    }),
    hostname: options.hostname ?? DEFAULT_HOSTNAME,
    maxTasks: options.maxTasks ?? DEFAULT_MAX_TASKS,
    maxFiles: options.maxFiles ?? DEFAULT_MAX_FILES,
    aslr: options.aslr ?? true,
  });
}

/** The task of the boot process: the leader of a session and group of its own, in an address space that exec replaces. */
export function createFirstTask(
  kernel: Kernel,
  root: Location,
  options: Pick<BootOptions, 'cwd'>,
  pid = kernel.allocatePid()!,
): Task {
  const limits = new ResourceLimits({ maxFiles: kernel.maxFiles, maxTasks: kernel.maxTasks });
  const process = new Process(pid, kernel, { pgrp: pid, sid: pid, limits });
  const cwd = existingDirectory(root, options.cwd ?? '/');
  const task = new Task(
    pid,
    kernel,
    process,
    new AddressSpace(kernel.mmu),
    new FdTable(),
    new FsContext(root, cwd),
  );
  process.tasks.set(pid, task);
  kernel.tasks.set(pid, task);
  kernel.processes.set(pid, process);
  kernel.bootPid = pid;
  return task;
}

function existingDirectory(root: Location, path: string): Location {
  try {
    const place = placeAt(root, toByteString(path));
    if (!place.inode.isDirectory) throw new SysError(ENOTDIR);
    return place;
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
    throw new MachineError(`working directory ${path}: ${errnoText(error.errno)}`);
  }
}

function startProgram(task: Task, path: ByteString, options: BootOptions): void {
  const env = Object.entries(options.env ?? DEFAULT_ENVIRONMENT).map(([name, value]) =>
    toByteString(`${name}=${value}`),
  );
  const argv = [options.argv0 ?? options.image, ...(options.args ?? [])].map(toByteString);
  try {
    exec(task, { program: findProgram(task, path), path, argv, envp: env });
  } catch (error) {
    throw programError(options.image, error);
  }
}

/** Why a program cannot be started, with docker's exit codes. */
function programError(image: string, error: unknown): unknown {
  if (error instanceof ImageError)
    return new MachineError(`${image}: ${error.sentence}`, error.errno === ENOENT ? 127 : 126);
  if (!(error instanceof SysError)) return error;
  const notFound = error.errno === ENOENT || error.errno === ENOTDIR;
  const advice = error.errno === EACCES ? ' (it must be a regular file that may be executed)' : '';
  return new MachineError(`${image}: ${errnoText(error.errno)}${advice}`, notFound ? 127 : 126);
}
