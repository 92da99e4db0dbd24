import { expect } from 'chai';
import { RAX, Registers } from '../../../src/vkernel/arch/registers.js';
import { CpuExit } from '../../../src/vkernel/cpu/cpu.js';
import { ScriptedCpu } from '../../../src/vkernel/cpu/scripted-cpu.js';

describe('ScriptedCpu', () => {
  it('plays steps in order and reports what they say', () => {
    const cpu = new ScriptedCpu(4096);
    const registers = new Registers();
    cpu.switchTo(registers);
    cpu.play(
      { exit: CpuExit.fault, faultAddress: 0x1234, errorCode: 6, blocks: 10 },
      ({ registers: current, ram }) => {
        current.setSigned(RAX, 39);
        ram[5] = 7;
        return { exit: CpuExit.syscall };
      },
    );
    expect(cpu.run(100)).to.equal(CpuExit.fault);
    expect([cpu.faultAddress, cpu.faultAddressBits, cpu.errorCode, cpu.blocksLeft]).to.deep.equal([
      0x1234,
      0x1234n,
      6,
      90,
    ]);
    expect(cpu.run(100)).to.equal(CpuExit.syscall);
    expect([registers.int(RAX), new Uint8Array(cpu.ram)[5], cpu.blocksLeft]).to.deep.equal([39, 7, 99]);
    expect(cpu.stepsLeft).to.equal(0);
    expect(() => cpu.run(100)).to.throw('the script is at its end');
  });

  it('plays the steps of a file before the common ones', () => {
    const cpu = new ScriptedCpu(4096);
    const [first, second] = [new Registers(), new Registers()];
    cpu.playFor(second, { exit: CpuExit.illegal });
    cpu.play({ exit: CpuExit.quantum });
    cpu.switchTo(first);
    expect(cpu.run(5)).to.equal(CpuExit.quantum);
    expect(cpu.blocksLeft).to.equal(0);
    expect(() => cpu.run(5)).to.throw('the script is at its end');
    cpu.switchTo(second);
    expect(cpu.run(5)).to.equal(CpuExit.illegal);
  });

  it('shows the FPU in the register file only after saveFpu, and takes it in only at loadFpu', () => {
    const cpu = new ScriptedCpu(4096);
    const registers = new Registers();
    cpu.switchTo(registers);
    cpu.play(({ fpu }) => {
      fpu[160] = 9;
      return { exit: CpuExit.quantum };
    });
    cpu.run(1);
    expect(registers.fxsave[160]).to.equal(0);
    cpu.saveFpu(registers);
    expect(registers.fxsave[160]).to.equal(9);
    registers.fxsave[160] = 3;
    cpu.play(({ fpu }) => ({ exit: CpuExit.exception, vector: fpu[160]! }));
    cpu.run(1);
    expect(cpu.vector).to.equal(9);
    cpu.loadFpu(registers);
    cpu.play(({ fpu }) => ({ exit: CpuExit.exception, vector: fpu[160]! }));
    cpu.run(1);
    expect(cpu.vector).to.equal(3);
    expect(cpu.calls).to.deep.equal(['switchTo', 'saveFpu', 'loadFpu']);
  });

  it('refuses to run a dropped file or after close', () => {
    const cpu = new ScriptedCpu(4096);
    const registers = new Registers();
    cpu.play({ exit: CpuExit.quantum });
    expect(() => cpu.run(1)).to.throw('no register file');
    cpu.switchTo(registers);
    cpu.drop(registers);
    expect(() => cpu.run(1)).to.throw('no register file');
    cpu.close();
    expect(() => cpu.run(1)).to.throw('closed');
    expect(() => cpu.flushTlb()).to.throw('closed');
  });
});
