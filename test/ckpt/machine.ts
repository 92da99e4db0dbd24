/** Machines for the checkpoint tests: booted, frozen, resumed. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { graphToJson } from '../../src/ckpt/state/json.js';
import { openCore } from '../../src/ckpt/image/thaw.js';
import {
  VKernel,
  type BootOptions,
  type GuestStatus,
  type RunOptions,
} from '../../src/vkernel/machine/vkernel.js';
import { REPOSITORY } from '../support/guest-program.js';

/** What a guest wrote, of all the machines it ran on. */
export class Output extends PassThrough {
  text = '';

  constructor() {
    super();
    this.setMaxListeners(0);
    this.on('data', (bytes: Buffer) => (this.text += bytes.toString('latin1')));
  }

  /** Resolves once that text was written. */
  async includes(text: string): Promise<void> {
    while (!this.text.includes(text)) await new Promise((resolve) => this.once('data', resolve));
  }
}

/** The path of a program that guest-images/ builds, such as "glibc/programs/threads". */
export function guest(name: string): string {
  const path = join(REPOSITORY, 'guest-images/build', name);
  if (!existsSync(path)) throw new Error(`${path} is not there: make guests`);
  return path;
}

export async function inFolder(work: (path: (name: string) => string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'vkernel-ckpt-'));
  try {
    await work((name) => join(folder, name));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Boots and runs to a freeze behind that many system calls. */
export async function freezeAt(file: string, syscalls: number, options: BootOptions): Promise<GuestStatus> {
  const machine = await VKernel.boot({ ...options, snapshotAt: { file, syscalls, stop: true } });
  return machine.wait();
}

/** Resumes and freezes again before anything ran. */
export async function refreeze(from: string, to: string, options: RunOptions = {}): Promise<void> {
  const machine = await VKernel.resume(from, options);
  await machine.snapshot(to, { stop: true });
  await machine.wait();
}

/** All that a core says but what the clocks showed. */
export function contentsOf(file: string): unknown {
  const core = openCore(file);
  core.close();
  const images = core.images.map((image) => ({ ...image, vkernelNotes: undefined }));
  return {
    pageCount: core.pages.count,
    ramBytes: core.ramBytes,
    images,
    state: graphToJson(core.graph),
  };
}
