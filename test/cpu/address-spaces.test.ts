import { expect } from 'chai';
import { RAX, RBX, RCX, RDI, RIP, RSI } from '../../src/vkernel/arch/registers.js';
import { loadBinding } from '../../src/vkernel/cpu/binding.js';
import { CpuExit } from '../../src/vkernel/cpu/cpu.js';
import { BareMachine, CODE, code, DATA, PAGE } from '../support/bare-machine.js';

/** movzx eax, byte [rsi]; syscall */
const READ = code('0fb606 0f05');
/** mov [rsi], al; mov [rdi], bl; syscall */
const WRITE_TWICE = code('8806 881f 0f05');
/** Where a second view of the code is mapped. */
const VIEW = 0x2000_0000;

/** mov eax, value; syscall */
function answer(value: number): Uint8Array {
  return code(`b8 0${value}000000 0f05`);
}

describe('cpu: several address spaces', () => {
  let machine: BareMachine;

  beforeEach(() => {
    machine = new BareMachine();
  });

  afterEach(() => {
    expect(machine.cpu.screeningMismatches).to.equal(0);
    machine.cpu.close();
  });

  /** A new address space with a byte at DATA and code that reads it. */
  function spaceWith(value: number): number {
    const space = machine.newAddressSpace();
    machine.useAddressSpace(space);
    machine.map(DATA, 1, { write: true });
    machine.write(DATA, [value]);
    machine.load(READ);
    return space;
  }

  function runIn(space: number, at = CODE): CpuExit {
    machine.useAddressSpace(space);
    machine.registers.slots[RSI] = BigInt(DATA);
    machine.registers.slots[RIP] = BigInt(at);
    return machine.cpu.run(10);
  }

  function readIn(space: number): bigint {
    expect(runIn(space)).to.equal(CpuExit.syscall);
    return machine.registers.slots[RAX]!;
  }

  it('keeps many apart', () => {
    const spaces = Array.from({ length: 20 }, (_, i) => spaceWith(i));
    for (const order of [spaces, [...spaces].reverse(), spaces.flatMap((space) => [space, spaces[0]!])]) {
      for (const space of order) expect(readIn(space)).to.equal(BigInt(spaces.indexOf(space)));
    }
  });

  it('sees what was taken away or replaced while another was loaded', () => {
    const [first, second] = [spaceWith(1), spaceWith(2)];
    for (const space of [first, second, first, second]) readIn(space);
    machine.useAddressSpace(first);
    const frame = machine.newFrame();
    machine.bytes[frame] = 3;
    machine.useAddressSpace(second);
    const entry = entryIn(first);
    machine.entries[entry] = (machine.entries[entry]! & 0xfffn) | BigInt(frame);
    machine.cpu.flushTlb(first);
    expect(readIn(second)).to.equal(2n);
    expect(readIn(first)).to.equal(3n);
    machine.useAddressSpace(second);
    machine.entries[entry] = 0n;
    machine.cpu.flushTlb();
    expect(readIn(second)).to.equal(2n);
    expect(runIn(first)).to.equal(CpuExit.fault);
  });

  /** The entry of DATA in another address space than the loaded one. */
  function entryIn(space: number): number {
    machine.useAddressSpace(space);
    return machine.entryOf(DATA);
  }

  it('does not take the tables of a space that is gone for those of a new one', () => {
    const [first, second] = [spaceWith(1), spaceWith(2)];
    expect([readIn(first), readIn(second)]).to.deep.equal([1n, 2n]);
    machine.bytes.fill(0, first, first + PAGE);
    machine.cpu.flushTlb(first);
    machine.useAddressSpace(first);
    machine.map(DATA, 1);
    machine.write(DATA, [4]);
    machine.load(READ);
    expect([readIn(second), readIn(first)]).to.deep.equal([2n, 4n]);
  });

  it('sees stores to code through another view, that of another space too', function () {
    // The stock engine sees the first of several stores to a page that is not executable.
    if (loadBinding().engineName === 'stock') this.skip();
    const [writer, runner] = [spaceWith(1), spaceWith(2)];
    machine.useAddressSpace(runner);
    const target = CODE + 16 * PAGE;
    machine.load(answer(5), target);
    const frame = machine.physical(target);
    machine.mapFrame(VIEW, frame, { write: true });
    machine.load(WRITE_TWICE);
    machine.useAddressSpace(writer);
    machine.mapFrame(VIEW, frame, { write: true });
    machine.load(WRITE_TWICE);
    let value = 5;
    for (const space of [writer, runner, runner, writer, writer, runner]) {
      expect(runIn(runner, target)).to.equal(CpuExit.syscall);
      expect(machine.registers.slots[RAX]).to.equal(BigInt(value));
      value++;
      store(space, value);
      expect(machine.bytes[frame + 1]).to.equal(value);
    }
  });

  /** A byte beside the code, then the one that is its answer. */
  function store(space: number, value: number): void {
    machine.useAddressSpace(space);
    Object.assign(machine.registers.slots, {
      [RSI]: BigInt(VIEW + 1000),
      [RDI]: BigInt(VIEW + 1),
      [RBX]: BigInt(value),
      [RIP]: BigInt(CODE),
    });
    expect(machine.cpu.run(10)).to.equal(CpuExit.syscall);
  }

  it('works on more pages than any TLB has entries for', () => {
    const pages = 3000;
    machine.map(DATA, pages, { write: true });
    for (let page = 0; page < pages; page++) machine.write(DATA + page * PAGE, [page % 251]);
    // Adds the first byte of each page: xor eax, eax; movzx ebx, byte [rsi]; add eax, ebx; add rsi, 4096; dec ecx; jnz; syscall
    machine.load(code('31c0 0fb61e 01d8 4881c600100000 ffc9 75f0 0f05'));
    let expected = 0;
    for (let page = 0; page < pages; page++) expected += page % 251;
    for (let i = 0; i < 4; i++) {
      machine.registers.slots[RSI] = BigInt(DATA);
      machine.registers.slots[RIP] = BigInt(CODE);
      machine.registers.slots[RCX] = BigInt(pages);
      expect(machine.cpu.run(10 * pages)).to.equal(CpuExit.syscall);
      expect(machine.registers.slots[RAX]).to.equal(BigInt(expected));
    }
    machine.unmap(DATA + 1234 * PAGE);
    machine.registers.slots[RSI] = BigInt(DATA);
    machine.registers.slots[RIP] = BigInt(CODE);
    machine.registers.slots[RCX] = BigInt(pages);
    expect(machine.cpu.run(10 * pages)).to.equal(CpuExit.fault);
    expect(machine.cpu.faultAddress).to.equal(DATA + 1234 * PAGE);
  });
});
