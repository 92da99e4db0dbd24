/**
 * `make fixture`: cores of the state that this version writes, for later versions to resume. Until a version is released its fixtures may
 * be made anew; then they stay, and a change of the state is a step of src/ckpt/state/migrations.ts.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { STATE_VERSION } from '../../src/ckpt/state/cbor.js';
import { VKernel } from '../../src/vkernel/machine/vkernel.js';
import { FIXTURES, fixtureOf } from './fixtures.js';
import { REPOSITORY } from './guest-program.js';

/** The path stands in the core: it says nothing of the machine that it was made on. */
const FOLDER = '/tmp/vkernel-fixture';
const PROGRAM = join(REPOSITORY, 'guest-images/build/musl/programs/threads');
/** In the middle of the second round. */
const SYSCALLS = 150;

async function make(kind: 'plain' | 'compressed'): Promise<void> {
  const machine = await VKernel.boot({
    image: `${FOLDER}/threads`,
    args: ['3', '6', '5'],
    memoryBytes: 16 << 20,
    hostname: 'fixture',
    tty: false,
    snapshotAt: {
      file: fixtureOf(STATE_VERSION, kind),
      syscalls: SYSCALLS,
      stop: true,
      compress: kind === 'compressed',
    },
  });
  const { frozen } = await machine.wait();
  if (frozen === undefined) throw new Error('the guest has ended before it was frozen');
}

mkdirSync(FOLDER, { recursive: true });
mkdirSync(FIXTURES, { recursive: true });
try {
  // Without debugging information, which has the paths of this machine.
  execFileSync('strip', ['-o', `${FOLDER}/threads`, PROGRAM]);
  await make('plain');
  await make('compressed');
} finally {
  rmSync(FOLDER, { recursive: true });
}
