/** The cores that the fuzzer starts from, made anew each time: the format may have changed since. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { VKernel } from '../../src/vkernel/machine/vkernel.js';
import { freezeAt, guest, Output } from '../ckpt/machine.js';
import { gcoreOf, untilWaiting, withNative } from '../ckpt/native-process.js';
import { dragonflyCore } from '../unit/foreign/foreign-file.js';

type Place = (name: string) => string;

/** Writes each core to `path(NAME)`. @returns the names */
export async function makeBases(path: Place): Promise<string[]> {
  await freezeAt(path('threads'), 120, { image: guest('musl/programs/threads'), args: ['4', '3', '1'] });
  await freezeAt(path('files'), 25, { image: guest('musl/behaviour/memory/file-shared') });
  await pipeline(path('pipeline'));
  await nativeCore(path);
  writeFileSync(path('dragonfly'), dragonflyCore());
  await otherForms(path);
  return ['threads', 'files', 'pipeline', 'native', 'dragonfly', 'changes', 'compressed', 'thin'];
}

/** The same machine again: as changes since an earlier core, compressed, and without what a file of the host has. */
async function otherForms(path: Place): Promise<void> {
  const stdout = new Output();
  const image = guest('musl/programs/threads');
  const machine = await VKernel.boot({ image, args: ['2', '1000', '20'], stdout });
  await stdout.includes('round 1 of');
  await machine.snapshot(path('earlier'));
  await stdout.includes('round 2 of');
  await machine.snapshot(path('changes'), { base: path('earlier') });
  await machine.snapshot(path('compressed'), { compress: true });
  await machine.snapshot(path('thin'), { thin: true, stop: true });
  await machine.wait();
}

/** A shell that waits for three processes, which have pipes between them. */
async function pipeline(file: string): Promise<void> {
  const stdout = new Output();
  const machine = await VKernel.boot({
    image: guest('busybox/busybox'),
    argv0: 'sh',
    args: ['-c', 'echo ready; (sleep 100; echo a) | (read x; echo $x) | cat'],
    stdout,
  });
  await stdout.includes('ready');
  await new Promise((resolve) => setTimeout(resolve, 300));
  await machine.snapshot(file, { stop: true });
  await machine.wait();
}

/** Of a static program, with the pages of its file: nothing else is needed. */
async function nativeCore(path: Place): Promise<void> {
  execFileSync('musl-gcc', ['-O1', '-pthread', '-static', '-o', path('program'), 'test/ckpt/native.c']);
  await withNative(path('program'), 'threads', async (child) => {
    await untilWaiting(child);
    // Everything, as core(5) numbers it.
    writeFileSync(`/proc/${child.pid}/coredump_filter`, '0x7f');
    writeFileSync(path('native'), readFileSync(gcoreOf(child.pid!, path('gcore'))));
  });
}
