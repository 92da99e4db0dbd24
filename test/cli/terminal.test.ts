import { expect } from 'chai';
import { pause, Workplace } from './vkernel-process.js';

describe('a vkernel on a terminal', () => {
  let place: Workplace;
  before(() => (place = new Workplace()));
  after(() => place.close());

  it('hands Ctrl-C to the guest', async () => {
    const running = place.startOnTerminal(['run', place.probe, 'catch', '2']);
    await running.until('ready');
    running.type('\x03');
    const { code, stdout } = await running.end();
    expect(code).to.equal(7);
    expect(stdout).to.equal('ready\r\n^Ccaught 2\r\n');
  });
  it('ends at Ctrl-C twice', async () => {
    const running = place.startOnTerminal(['run', place.probe, 'ignore']);
    await running.until('ready');
    const ended = running.end();
    // A signal that comes before the last one was taken is the same.
    for (; running.child.exitCode === null; await pause(200)) running.type('\x03');
    const { code, stdout } = await ended;
    expect(code).to.equal(130);
    expect(stdout).to.contain('vkernel: interrupted twice');
  });
  it('hands Ctrl-\\ to a guest that computes', async () => {
    const running = place.startOnTerminal(['run', place.probe, 'spin']);
    await running.until('ready');
    running.type('\x1c');
    expect((await running.end()).code).to.equal(131);
  });
  it('reads lines, and ends them with Ctrl-D', async () => {
    const running = place.startOnTerminal(['run', place.probe, 'prompt']);
    await running.until('> ');
    running.type('a line\n');
    await running.until('got a line');
    await running.until('> ', 2);
    running.type('\x04');
    expect((await running.end()).code).to.equal(0);
  });
});
