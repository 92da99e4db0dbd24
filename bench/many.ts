/** Boots as many idle machines in this process as the argument says, and prints the bytes and the seconds that they took. */
import { VKernel } from '../src/vkernel/machine/vkernel.js';
import { Output } from '../test/ckpt/machine.js';
import { PROGRAMS } from './command.js';

const resident = (): number => process.memoryUsage.rss();

async function idle(): Promise<VKernel> {
  const stdout = new Output();
  const machine = await VKernel.boot({ image: `${PROGRAMS}/bench`, args: ['idle', 'threads', '0'], stdout });
  await stdout.includes('ready');
  return machine;
}

const before = resident();
const startedMs = performance.now();
const machines: VKernel[] = [];
for (let i = 0; i < Number(process.argv[2]); i++) machines.push(await idle());
const bytes = resident() - before;
console.log(JSON.stringify({ bytes, seconds: (performance.now() - startedMs) / 1000 }));
for (const machine of machines) machine.close();
process.exit(0);
