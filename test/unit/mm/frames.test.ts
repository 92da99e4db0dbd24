import { expect } from 'chai';
import { ENOMEM } from '../../../src/vkernel/abi/errno.js';
import { ScriptedCpu } from '../../../src/vkernel/cpu/scripted-cpu.js';
import { FrameAllocator } from '../../../src/vkernel/mm/frames.js';
import { expectErrno, PAGE } from './memory-machine.js';

describe('mm: frames', () => {
  const make = (frames: number) => {
    const cpu = new ScriptedCpu(frames * PAGE);
    return { cpu, frames: new FrameAllocator(cpu) };
  };

  it('hands fresh frames out in ascending order, above the reserved ones', () => {
    const { frames } = make(8);
    expect([frames.allocate(), frames.allocate(), frames.allocate()]).to.deep.equal([1, 2, 3]);
    expect(frames.freeFrames).to.equal(4);
  });

  it('zeroes a frame that was used before', () => {
    const { frames } = make(8);
    const frame = frames.allocate();
    frames.bytes(frame).fill(7);
    frames.release(frame);
    expect(frames.allocate()).to.equal(frame);
    expect(frames.bytes(frame).every((byte) => byte === 0)).to.equal(true);
  });

  it('fails with ENOMEM when all are taken, and goes on after a release', () => {
    const { frames } = make(4);
    const taken = [frames.allocate(), frames.allocate(), frames.allocate()];
    expectErrno(ENOMEM, () => frames.allocate());
    frames.release(taken[1]!);
    expect(frames.allocate()).to.equal(taken[1]);
  });

  it('takes what can be done without when no other frame is left, and for a mark', () => {
    const { frames } = make(4);
    const held: number[] = [];
    frames.addReclaimable({
      get heldFrames() {
        return held.length;
      },
      reclaim: () => held.splice(0).forEach((frame) => frames.release(frame)),
    });
    held.push(frames.allocate(), frames.allocate());
    expect(frames.freeFrames).to.equal(3);
    frames.allocate();
    expect(held).to.have.length(2);
    frames.allocate();
    expect(held).to.have.length(0);
    held.push(frames.allocate());
    expect(frames.image().references.reduce((sum, count) => sum + count)).to.equal(2);
    expect(held).to.have.length(0);
  });

  it('gives the memory of many freed frames back to the host, but for those freed last', () => {
    const { cpu, frames } = make(8192);
    const taken = Array.from({ length: 6000 }, () => frames.allocate());
    for (const frame of taken) frames.bytes(frame).fill(7);
    frames.trim();
    for (const frame of taken.slice(0, 4000)) frames.release(frame);
    frames.trim();
    expect(cpu.calls).to.deep.equal([]);
    for (const frame of taken.slice(4000)) frames.release(frame);
    frames.trim();
    frames.trim();
    expect(cpu.calls).to.deep.equal(['discard 1 3952']);
    const zeros = Buffer.alloc(PAGE);
    for (let i = 0; i < 6000; i++) expect(zeros.equals(frames.bytes(frames.allocate()))).to.equal(true);
  });

  it('frees a frame with its last reference, and panics beyond it', () => {
    const { frames } = make(4);
    const frame = frames.allocate();
    frames.retain(frame);
    frames.release(frame);
    expect(frames.freeFrames).to.equal(2);
    frames.release(frame);
    expect(frames.freeFrames).to.equal(3);
    expect(() => frames.release(frame)).to.throw('more often than retained');
  });

  it('drops the translations of a frame that held code before it hands it out again', () => {
    const { cpu, frames } = make(3);
    const frame = frames.allocate();
    frames.allocate();
    frames.markCode(frame);
    frames.release(frame);
    expect(cpu.calls.filter((call) => call.startsWith('invalidate'))).to.deep.equal([]);
    expect(frames.allocate()).to.equal(frame);
    expect(cpu.calls.filter((call) => call.startsWith('invalidate'))).to.have.length(1);
    expect(frames.holdsCode(frame)).to.equal(false);
  });

  it('says that code is stale once its bytes were in other hands', () => {
    const { frames } = make(4);
    const frame = frames.allocate();
    expect(frames.markCode(frame)).to.equal(false);
    expect(frames.markCode(frame)).to.equal(false);
    frames.bytes(frame);
    expect(frames.markCode(frame)).to.equal(true);
    expect(frames.markCode(frame)).to.equal(false);
  });

  it('keeps claimed frames out of the way, and frees those nobody wanted', () => {
    const { frames } = make(10);
    frames.claim(3, 4);
    expect([frames.allocate(), frames.allocate(), frames.allocate()]).to.deep.equal([1, 2, 7]);
    frames.retain(4);
    frames.endClaims(3, 4);
    expect(frames.freeFrames).to.equal(5);
    expect([frames.allocate(), frames.allocate(), frames.allocate()]).to.deep.equal([3, 5, 6]);
    expect(() => frames.claim(4, 1)).to.throw(RangeError);
    expect(() => frames.claim(8, 3)).to.throw(RangeError);
  });
});
