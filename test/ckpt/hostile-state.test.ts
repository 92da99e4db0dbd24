/** Core files whose contents lie, with digests that are right: an error, or a guest that does something else; never a host that dies. */
import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { freezeAt, guest, inFolder } from './machine.js';

const RUNNER = fileURLToPath(new URL('./hostile-runner.js', import.meta.url));
const MUTATIONS = 250;
const BATCH = 50;
/** The longest that one of them may keep the process busy. */
const STALL_MS = 20_000;

const PROGRAMS = [
  { name: 'glibc/programs/threads', args: ['8', '1000', '1'], syscalls: 150 },
  { name: 'glibc/behaviour/memory/file-shared', args: [], syscalls: 25 },
];

interface Batch {
  readonly lines: readonly string[];
  /** What was being done when it ended, and how. */
  readonly end: string;
}

function runBatch(core: string, first: number, count: number): Promise<Batch> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [
      '--max-old-space-size=1024',
      RUNNER,
      core,
      `${first}`,
      `${count}`,
    ]);
    let text = '';
    let errors = '';
    const stalled = (): void => void child.kill('SIGKILL');
    let timer = setTimeout(stalled, STALL_MS);
    child.stdout.on('data', (bytes: Buffer) => {
      text += bytes.toString();
      clearTimeout(timer);
      timer = setTimeout(stalled, STALL_MS);
    });
    child.stderr.on('data', (bytes: Buffer) => (errors += bytes.toString()));
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      const lines = text.split('\n');
      resolve({ lines, end: `${lines.at(-1)}${signal ?? code}${errors.slice(-2000)}` });
    });
  });
}

for (const { name, args, syscalls } of PROGRAMS) {
  describe(`ckpt: tampered states of ${name}`, function () {
    this.timeout(600_000);

    it(`are refused or run: ${MUTATIONS} of them`, () =>
      inFolder(async (path) => {
        const file = path('core');
        const { frozen } = await freezeAt(file, syscalls, { image: guest(name), args });
        expect(frozen).to.equal(file);
        let refused = 0;
        for (let first = 0; first < MUTATIONS; first += BATCH) {
          const { lines, end } = await runBatch(file, first, BATCH);
          expect(end).to.equal('0');
          expect(lines).to.have.length(BATCH + 1);
          for (const line of lines.slice(0, -1)) {
            expect(line).to.match(
              /^\d+ (refused (CoreFormatError|StateError): [\x20-\x7e]{5,400}|ran to \d+|stopped: .+)$/,
            );
            if (line.includes('refused')) refused++;
          }
        }
        expect(refused).to.be.within(MUTATIONS / 4, MUTATIONS - 10);
        expect(readdirSync(path('.')).length).to.be.greaterThan(1);
      }));
  });
}
