import { mkdtempSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { busyboxApplet } from '../support/guest-program.js';
import { describeProgram } from '../support/guest.js';

const LARGE_BYTES = 50_000_000;

describe('busybox applets that do not fork', () => {
  const folder = mkdtempSync(join(tmpdir(), 'vkernel-busybox-'));
  const large = join(folder, 'large');
  const words = join(folder, 'words');

  before(async () => {
    const bytes = Buffer.alloc(LARGE_BYTES);
    for (let i = 0; i < LARGE_BYTES; i += 4) bytes.writeUInt32LE(Math.imul(i, 2654435761) >>> 0, i);
    await writeFile(large, bytes);
    const lines = Array.from(
      { length: 5000 },
      (_, i) => `${(i * 7919) % 5003} word-${i % 97} ${'x'.repeat(i % 11)}`,
    );
    await writeFile(words, `${lines.join('\n')}\n`);
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const applets = [
    ['sha256sum', large],
    ['wc', words],
    ['sort', '-n', words],
    ['sort', '-k2,2', '-u', words],
    ['awk', '{ sum[$2] += $1 } END { for (i = 0; i < 97; i++) print i, sum["word-" i] }', words],
    ['od', '-A', 'd', '-t', 'x1', '-N', '4096', large],
    ['md5sum', words],
    ['cut', '-d', ' ', '-f', '2', words],
    ['grep', '-c', 'word-1[0-9] ', words],
    ['sed', '-n', 's/word-5/five-/p', words],
    ['tail', '-n', '3', words],
    ['ls', '-1', folder],
    ['seq', '1', '3', '30'],
    ['expr', '12345', '*', '678'],
  ];
  for (const args of applets) describeProgram(busyboxApplet(args, [folder]));
});
