/**
 * Guests that take all there is of something: processes, memory, descriptors, names, signals. The machine's limits hold, the errors are
 * Linux's, the machine goes on to the program's end, and the host gets its memory back.
 */
import { expect } from 'chai';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { VKernel, type BootOptions } from '../../src/vkernel/machine/vkernel.js';
import { guest, Output } from '../ckpt/machine.js';

const MIB = 1024 * 1024;
/** What Node may keep for itself of what it used once. */
const SLACK_BYTES = 96 * MIB;

const BOMBS: readonly { name: string; args: string[]; options: Omit<BootOptions, 'image'> }[] = [
  { name: 'process-bomb', args: ['40'], options: { maxTasks: 40 } },
  { name: 'memory-bomb', args: ['64'], options: { memoryBytes: 64 * MIB } },
  { name: 'descriptor-bomb', args: ['300'], options: { maxFiles: 300 } },
  { name: 'name-bomb', args: ['100000'], options: { memoryBytes: 128 * MIB } },
  { name: 'mount-bomb', args: [], options: { memoryBytes: 128 * MIB } },
  { name: 'signal-storm', args: [], options: {} },
];

async function run(name: string, args: string[], options: Omit<BootOptions, 'image'>): Promise<string> {
  const stdout = new Output();
  const image = guest(`musl/hostile/${name}`);
  const machine = await VKernel.boot({ image, args, stdout, stderr: stdout, ...options });
  const { exitCode } = await machine.wait();
  expect(stdout.text).to.match(/EXIT-SUCCESS\n$/);
  expect(exitCode).to.equal(0);
  return stdout.text;
}

describe('hostile guests', function () {
  this.timeout(180_000);

  for (const { name, args, options } of BOMBS) {
    it(`cannot harm the machine: ${name}`, async () => {
      await run(name, args, options);
    });
  }

  it('give their memory back to the host when they end', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const residentBytes = async (): Promise<number> => {
      // What is finalized in one turn of the event loop frees memory in the next.
      for (let turn = 0; turn < 3; turn++) {
        collect();
        await new Promise((resolve) => setImmediate(resolve));
      }
      return process.memoryUsage().rss;
    };
    const memoryBytes = 256 * MIB;
    const fill = (): Promise<string> => run('memory-bomb', ['256', 'once'], { memoryBytes });
    await fill();
    const before = await residentBytes();
    for (let machine = 0; machine < 4; machine++) await fill();
    expect((await residentBytes()) - before).to.be.below(SLACK_BYTES);
  });
});
