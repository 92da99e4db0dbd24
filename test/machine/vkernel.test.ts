/** The library: machines side by side, their streams, and how they end. */
import { expect } from 'chai';
import { PassThrough, Readable } from 'node:stream';
import { Worker } from 'node:worker_threads';
import { MachineError, VKernel } from '../../src/vkernel/machine/vkernel.js';
import { guest, inFolder, Output } from '../ckpt/machine.js';

const BUSYBOX = guest('busybox/busybox');
const THREADS = guest('musl/programs/threads');
const VKERNEL = new URL('../../src/vkernel/machine/vkernel.js', import.meta.url).href;

/** Runs a shell script to its end. */
async function shell(script: string, stdout: Output): Promise<number> {
  const machine = await VKernel.boot({ image: BUSYBOX, args: ['sh', '-c', script], stdout });
  return (await machine.wait()).exitCode;
}

describe('the library', function () {
  this.timeout(60_000);

  it('gives the guest Node streams', async () => {
    const stdin = new PassThrough();
    const stdout = new Output();
    const machine = await VKernel.boot({ image: BUSYBOX, args: ['tr', 'a-z', 'A-Z'], stdin, stdout });
    stdin.write('one\n');
    stdin.end('two\n');
    expect(await machine.wait()).to.deep.equal({ code: 0, signal: undefined, exitCode: 0 });
    expect(stdout.text).to.equal('ONE\nTWO\n');
  });

  it('takes a function that gives standard input', async () => {
    const stdout = new Output();
    const stdin = (): Readable => Readable.from(['one\n', 'two\n']);
    const machine = await VKernel.boot({ image: BUSYBOX, args: ['tr', 'a-z', 'A-Z'], stdin, stdout });
    await machine.wait();
    expect(stdout.text).to.equal('ONE\nTWO\n');
  });

  it('waits for a slow reader, and loses nothing', async () => {
    const stdout = new PassThrough({ highWaterMark: 1000 });
    const machine = await VKernel.boot({ image: BUSYBOX, args: ['seq', '100000'], stdout });
    let text = '';
    for (;;) {
      const chunk: unknown = stdout.read(5000) ?? stdout.read();
      if (chunk instanceof Buffer) text += chunk.toString();
      if (text.endsWith('\n100000\n')) break;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await machine.wait();
    expect(text.length).to.equal(588_895);
  });

  it('runs several machines side by side', async () => {
    const outputs = [1, 2, 3].map(() => new Output());
    const codes = await Promise.all(
      outputs.map((stdout, i) =>
        shell(`n=0; while [ $n -lt 200 ]; do n=$((n+1)); done; echo $n; exit ${i}`, stdout),
      ),
    );
    expect(codes).to.deep.equal([0, 1, 2]);
    expect(outputs.map(({ text }) => text)).to.deep.equal(['200\n', '200\n', '200\n']);
  });

  it('runs a hundred machines in one process', async () => {
    const outputs = Array.from({ length: 100 }, () => new Output());
    const inputs = outputs.map(() => new PassThrough());
    const before = process.memoryUsage.rss();
    const machines = await Promise.all(
      outputs.map((stdout, i) => {
        const args = ['sh', '-c', `echo up; read line; echo $line ${i}`];
        return VKernel.boot({ image: BUSYBOX, args, stdin: inputs[i]!, stdout });
      }),
    );
    await Promise.all(outputs.map((stdout) => stdout.includes('up\n')));
    expect(process.memoryUsage.rss() - before).to.be.lessThan(2 ** 30);
    inputs.forEach((stdin) => stdin.end('hello\n'));
    const codes = await Promise.all(machines.map(async (machine) => (await machine.wait()).exitCode));
    expect(new Set(codes)).to.deep.equal(new Set([0]));
    outputs.forEach(({ text }, i) => expect(text).to.equal(`up\nhello ${i}\n`));
  });

  it('gets memory back that a guest has freed', async () => {
    const stdout = new Output();
    const before = process.memoryUsage.rss();
    const machine = await VKernel.boot({
      image: guest('glibc/programs/bench'),
      args: ['give-back', '256'],
      stdout,
    });
    await stdout.includes('ready');
    while (process.memoryUsage.rss() - before >= 128 * 1024 * 1024)
      await new Promise((resolve) => setTimeout(resolve, 20));
    machine.close();
  });

  it('runs in worker threads too', async () => {
    const program = `
      import { parentPort } from 'node:worker_threads';
      const { VKernel } = await import(${JSON.stringify(VKERNEL)});
      const args = ['sh', '-c', 'exit 7'];
      const machine = await VKernel.boot({ image: ${JSON.stringify(BUSYBOX)}, args });
      parentPort.postMessage((await machine.wait()).exitCode);`;
    const source = new URL(`data:text/javascript,${encodeURIComponent(program)}`);
    const answers = [1, 2].map(() => {
      const worker = new Worker(source);
      return new Promise((resolve, reject) => worker.on('message', resolve).on('error', reject));
    });
    expect(await Promise.all(answers)).to.deep.equal([7, 7]);
  });

  it('keeps the event loop alive while the guest computes', async () => {
    const machine = await VKernel.boot({ image: BUSYBOX, args: ['sh', '-c', 'while :; do :; done'] });
    for (let tick = 0; tick < 10; tick++) await new Promise((resolve) => setTimeout(resolve, 10));
    machine.kill(9);
    expect(await machine.wait()).to.include({ signal: 'SIGKILL', exitCode: 137 });
  });

  it('ends a machine when it is aborted', async () => {
    const controller = new AbortController();
    const machine = await VKernel.boot({
      image: BUSYBOX,
      args: ['sleep', '1000'],
      signal: controller.signal,
    });
    controller.abort(new Error('enough'));
    const failure = await machine.wait().catch((error: unknown) => error);
    expect((failure as Error).message).to.equal('enough');
    expect(await machine.snapshot('/dev/null').catch((error: unknown) => error)).to.be.instanceOf(
      MachineError,
    );
  });

  it('snapshots a machine that goes on, as often as wanted', () =>
    inFolder(async (path) => {
      const stdout = new Output();
      const machine = await VKernel.boot({ image: THREADS, args: ['4', '10', '20'], stdout });
      for (let i = 0; i < 3; i++) {
        await stdout.includes(`round ${i + 1} of`);
        expect(await machine.snapshot(path(`${i}.core`))).to.include({ threads: 5, file: path(`${i}.core`) });
      }
      expect((await machine.wait()).exitCode).to.equal(0);
      const again = new Output();
      const copy = await VKernel.resume(path('1.core'), { stdout: again });
      expect((await copy.wait()).exitCode).to.equal(0);
      expect(stdout.text.endsWith(again.text)).to.equal(true);
    }));

  it('says what is wrong with a program', async () => {
    const failureOf = async (image: string): Promise<unknown> =>
      VKernel.boot({ image }).catch((error: unknown) => error);
    expect(await failureOf('/no/such/program')).to.include({ exitCode: 127 });
    expect(await failureOf('/tmp')).to.include({ exitCode: 126 });
    expect(await failureOf(new URL(import.meta.url).pathname)).to.include({ exitCode: 126 });
  });
});
