import { expect } from 'chai';
import { existsSync, readdirSync } from 'node:fs';
import { pause, Workplace } from './vkernel-process.js';

describe('a vkernel that gets signals', () => {
  let place: Workplace;
  before(() => (place = new Workplace()));
  after(() => place.close());

  for (const [signal, signo] of Object.entries({ SIGINT: 2, SIGTERM: 15, SIGHUP: 1, SIGQUIT: 3 }) as [
    NodeJS.Signals,
    number,
  ][]) {
    it(`gives ${signal} to the guest`, async () => {
      const running = place.start(['run', place.probe, 'catch', String(signo)]);
      await running.until('ready');
      running.kill(signal);
      expect(await running.end()).to.deep.equal({ code: 7, stdout: `ready\ncaught ${signo}\n`, stderr: '' });
    });
  }
  it('ends with the guest that does not catch it, also in the middle of a computation', async () => {
    const running = place.start(['run', place.probe, 'spin']);
    await running.until('ready');
    running.kill('SIGINT');
    expect(await running.end()).to.deep.equal({ code: 130, stdout: 'ready\n', stderr: '' });
  });
  it('ends itself when it is interrupted twice', async () => {
    const running = place.start(['run', place.probe, 'ignore']);
    await running.until('ready');
    running.kill('SIGINT');
    await pause(100);
    expect(running.child.exitCode).to.equal(null);
    const ended = running.end();
    // A signal that comes before the last one was taken is the same.
    for (; running.child.exitCode === null; await pause(100)) running.kill('SIGINT');
    const { code, stderr } = await ended;
    expect(code).to.equal(130);
    expect(stderr).to.equal('vkernel: interrupted twice: the guest was ended\n');
    expect(readdirSync(place.path('vkernel'))).to.deep.equal([]);
  });
  it('goes on when the second interrupt comes late', async () => {
    const running = place.start(['run', place.probe, 'ignore']);
    await running.until('ready');
    running.kill('SIGINT');
    await pause(1600);
    running.kill('SIGINT');
    await pause(200);
    expect(running.child.exitCode).to.equal(null);
    running.kill('SIGTERM');
    expect((await running.end()).code).to.equal(143);
  });
  it('passes on that nobody reads its output', async () => {
    const running = place.start(['run', place.probe, 'flood']);
    await running.until('a line');
    running.child.stdout!.destroy();
    expect((await running.end()).code).to.equal(141);
  });
  it('leaves no socket behind', () => {
    expect(existsSync(place.path('vkernel'))).to.equal(true);
    expect(readdirSync(place.path('vkernel'))).to.deep.equal([]);
  });
});
