import { expect } from 'chai';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { RAX, RBX, RDI, Registers, RIP, RSI } from '../../src/vkernel/arch/registers.js';
import { CpuExit } from '../../src/vkernel/cpu/cpu.js';
import { UnicornCpu } from '../../src/vkernel/cpu/unicorn-cpu.js';
import { BareMachine, CODE, code, DATA, PAGE } from '../support/bare-machine.js';

// mov eax, imm; syscall
const answer = (value: number): Uint8Array => code(`b8${value.toString(16).padStart(2, '0')}000000 0f05`);

describe('cpu memory', () => {
  let machine: BareMachine;
  beforeEach(() => {
    machine = new BareMachine();
  });
  afterEach(() => {
    machine.cpu.close();
  });

  const runAt = (address: number): bigint => {
    machine.registers.slots[RIP] = BigInt(address);
    expect(machine.cpu.run(100)).to.equal(CpuExit.syscall);
    return machine.registers.slots[RAX]!;
  };

  it('runs new code in a reused frame after invalidateFrames, whatever is mapped', () => {
    machine.load(answer(1));
    const frame = machine.physical(CODE);
    expect(runAt(CODE)).to.equal(1n);
    machine.unmap(CODE);
    machine.bytes.set(answer(2), frame);
    machine.cpu.invalidateFrames(frame, frame + PAGE);
    machine.mapFrame(CODE, frame, { execute: true });
    expect(runAt(CODE)).to.equal(2n);
    machine.bytes.set(answer(3), frame);
    machine.cpu.invalidateAllCode();
    expect(runAt(CODE)).to.equal(3n);
  });

  it('drops translations of a page that is mapped without execute', () => {
    machine.load(answer(1));
    const frame = machine.physical(CODE);
    expect(runAt(CODE)).to.equal(1n);
    machine.mapFrame(CODE, frame, { write: true });
    machine.cpu.flushTlb();
    machine.bytes.set(answer(2), frame);
    machine.cpu.invalidateCode(CODE, CODE + 7);
    machine.mapFrame(CODE, frame, { execute: true });
    machine.cpu.flushTlb();
    expect(runAt(CODE)).to.equal(2n);
    machine.cpu.invalidateCode(0x7000_0000, 0x7000_5000);
  });

  it('sees code that the guest writes through a writable and executable mapping', () => {
    machine.map(CODE, 1, { write: true, execute: true });
    machine.write(CODE, code('c60425 30004000 07 eb26'));
    machine.write(CODE + 0x2f, answer(1));
    machine.write(CODE + 8, code('eb25'));
    expect(runAt(CODE + 0x2f)).to.equal(1n);
    expect(runAt(CODE)).to.equal(7n);
  });

  it('keeps two address spaces apart, with the same code address', () => {
    machine.load(answer(1));
    const first = machine.newAddressSpace();
    machine.useAddressSpace(first);
    machine.load(answer(2));
    expect(runAt(CODE)).to.equal(2n);
    const second = machine.newAddressSpace();
    machine.useAddressSpace(second);
    machine.load(answer(3));
    for (let i = 0; i < 3; i++) {
      machine.useAddressSpace(first);
      expect(runAt(CODE)).to.equal(2n);
      machine.useAddressSpace(second);
      expect(runAt(CODE)).to.equal(3n);
    }
  });

  it('walks the new page table after a switch of both file and address space, in either order', () => {
    const other = new Registers();
    const spaces = [machine.newAddressSpace(), machine.newAddressSpace()] as const;
    const files = [machine.registers, other] as const;
    spaces.forEach((space, i) => {
      machine.useAddressSpace(space);
      machine.map(DATA, 1, { write: true });
      machine.write(DATA, [10 + i]);
      machine.load(code('0fb606 0f05'));
    });
    for (let i = 0; i < 8; i++) {
      const which = i & 1;
      if (i & 2) machine.cpu.switchTo(files[which]!);
      machine.useAddressSpace(spaces[which]!);
      machine.cpu.switchTo(files[which]!);
      files[which]!.slots[RSI] = BigInt(DATA);
      files[which]!.slots[RIP] = BigInt(CODE);
      expect(machine.cpu.run(10)).to.equal(CpuExit.syscall);
      expect(files[which]!.slots[RAX]).to.equal(BigInt(10 + which));
    }
  });

  it('maps a file privately over RAM, and gives memory back as zeros', () => {
    const directory = mkdtempSync(join(tmpdir(), 'vkernel-ram-'));
    const path = join(directory, 'pages');
    const pages = new Uint8Array(3 * PAGE).map((_, i) => (i >> 12) + 1);
    writeFileSync(path, pages);
    const fd = openSync(path, 'r');
    try {
      const { cpu, bytes } = machine;
      cpu.mapFile(fd, PAGE, 1 << 20, 2 * PAGE);
      closeSync(fd);
      const at = (offset: number): number => bytes[(1 << 20) + offset]!;
      expect([at(0), at(PAGE), at(2 * PAGE), bytes[(1 << 20) - 1]]).to.deep.equal([2, 3, 0, 0]);
      machine.mapFrame(DATA, 1 << 20, { write: true });
      machine.registers.slots[RDI] = BigInt(DATA);
      machine.registers.slots[RAX] = 99n;
      expect(machine.run(code('0fb61f 8807 0f05'))).to.equal(CpuExit.syscall);
      expect([machine.registers.slots[RBX], at(0)]).to.deep.equal([2n, 99]);
      cpu.zero(1 << 20, PAGE);
      expect([at(0), at(PAGE)]).to.deep.equal([0, 3]);
      bytes[2 << 20] = 5;
      cpu.zero(2 << 20, 64 * PAGE);
      expect(bytes[2 << 20]).to.equal(0);
      expect(() => cpu.mapFile(-1, 0, 1 << 20, PAGE)).to.throw('cannot map the file');
      expect(() => cpu.mapFile(0, 1, 1 << 20, PAGE)).to.throw('not a page of the file');
      for (const [offset, length] of [
        [0, PAGE],
        [1, PAGE],
        [1 << 20, 1],
        [1 << 20, 0],
        [(16 << 20) - PAGE, 2 * PAGE],
        [-PAGE, PAGE],
      ] as const) {
        expect(() => cpu.zero(offset, length)).to.throw('not a range of whole pages');
      }
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it('refuses sizes and page tables that cannot be', () => {
    for (const size of [0, 4095, 8192, 2 ** 32, Number.NaN, -4096]) {
      expect(() => new UnicornCpu(size)).to.throw('RAM must be a whole number of 4 KiB pages');
    }
    for (const table of [0, 4096, 1 << 24, (1 << 20) + 1, -4096, 2 ** 60]) {
      machine.cpu.setPageTable(table);
      expect(() => machine.cpu.run(1)).to.throw('not a frame for a page table');
    }
  });

  it('reserves 4 GiB less a page without using it', () => {
    const cpu = new UnicornCpu(2 ** 32 - PAGE);
    expect(cpu.ram.byteLength).to.equal(2 ** 32 - PAGE);
    const last = new Uint8Array(cpu.ram, 2 ** 32 - 2 * PAGE, PAGE);
    last[PAGE - 1] = 1;
    expect(process.memoryUsage.rss()).to.be.lessThan(2 ** 30);
    cpu.close();
  });

  it('reports a page table entry that points outside of RAM, and fails from then on', () => {
    const broken = new BareMachine();
    broken.load(code('488b06 0f05'));
    broken.mapFrame(DATA, 1 << 30);
    broken.registers.slots[RSI] = BigInt(DATA);
    expect(() => broken.cpu.run(10)).to.throw('the CPU failed: running the guest: Invalid memory read');
    expect(() => broken.cpu.run(10)).to.throw('the CPU failed');
    broken.cpu.close();
  });

  it('leaves nothing but zeros in RAM after close, and refuses everything else', () => {
    const cpu = new UnicornCpu(1 << 20);
    const bytes = new Uint8Array(cpu.ram);
    bytes[1 << 19] = 42;
    cpu.close();
    expect(bytes[1 << 19]).to.equal(0);
    cpu.close();
    expect(() => cpu.run(1)).to.throw('the CPU is closed');
    expect(() => {
      cpu.switchTo(new Registers());
    }).to.throw('the CPU is closed');
  });

  it("is nothing that V8's collector has to take care of", () => {
    const { arrayBuffers } = process.memoryUsage();
    const cpu = new UnicornCpu(2 ** 30);
    expect(process.memoryUsage().arrayBuffers - arrayBuffers).to.be.lessThan(2 ** 20);
    cpu.close();
  });

  it('keeps engines of one process apart, worker threads included', async () => {
    const machines = Array.from({ length: 4 }, (_, i) => {
      const one = new BareMachine(1 << 20);
      one.load(answer(i + 1));
      return one;
    });
    const workers = [10, 20].map(
      (value) =>
        new Promise<unknown>((resolve, reject) => {
          const worker = new Worker(WORKER, { eval: true, workerData: { url: import.meta.url, value } });
          worker.once('message', resolve).once('error', reject);
        }),
    );
    for (let round = 0; round < 50; round++) {
      machines.forEach((one, i) => {
        one.registers.slots[RIP] = BigInt(CODE);
        expect(one.cpu.run(10)).to.equal(CpuExit.syscall);
        expect(one.registers.slots[RAX]).to.equal(BigInt(i + 1));
      });
    }
    expect(await Promise.all(workers)).to.deep.equal([1000, 2000]);
    for (const one of machines) one.cpu.close();
  });
});

// Adds `value` to RAX 100 times, one system call each, in an engine of its own.
const WORKER = `
const { parentPort, workerData } = require('node:worker_threads');
import(new URL('../support/bare-machine.js', workerData.url)).then(({ BareMachine, code }) => {
  const machine = new BareMachine(1 << 20);
  machine.load(code('4883c0' + workerData.value.toString(16).padStart(2, '0') + '0f05ebf8'));
  for (let i = 0; i < 100; i++) if (machine.cpu.run(100) !== 1) throw new Error('not a syscall');
  parentPort.postMessage(Number(machine.registers.slots[0]));
});
`;
