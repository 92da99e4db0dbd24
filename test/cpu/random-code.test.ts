import { expect } from 'chai';
import { createHash } from 'node:crypto';
import { FS_BASE, RBX, RDI, RFLAGS, RIP, RSP } from '../../src/vkernel/arch/registers.js';
import { CpuExit } from '../../src/vkernel/cpu/cpu.js';
import { BareMachine, CODE, code, DATA, PAGE, STACK } from '../support/bare-machine.js';

const SELF_MODIFYING = 0x60_0000;
const ACCESSED_AND_DIRTY = 0x60n;
const PROGRAMS = 6000;

// Bytes that lead to segments, privileged and floating point instructions, far transfers and string operations.
const LIKELY = code('0f0f0f4866f3f2c4c58ecfcacbff9dc7ae01d9dda4abf06564cd8f');

/** Addresses and selectors that are worth having in a register. */
const VALUES = [
  0n,
  1n,
  BigInt(DATA),
  BigInt(DATA + PAGE - 3),
  BigInt(STACK - 128),
  BigInt(CODE),
  BigInt(SELF_MODIFYING),
  0xffff_8000_0000_0000n,
  0x8000_0000_0000_0000n,
  0xffff_ffff_ffff_ffffn,
  0x7fff_ffff_ffffn,
  0x2bn,
  0x33n,
  0xc000_0080n,
];

describe('cpu: random code in ring 3', () => {
  it(`${PROGRAMS} programs change nothing outside of their pages, and the engine stays sound`, function () {
    this.timeout(300_000);
    const machine = new BareMachine(2 << 20);
    machine.map(DATA, 4, { write: true });
    machine.map(CODE, 2, { execute: true });
    machine.map(SELF_MODIFYING, 1, { write: true, execute: true });
    const own = new Set<number>();
    for (const [address, pages] of [
      [DATA, 4],
      [STACK - 4 * PAGE, 4],
      [CODE, 2],
      [SELF_MODIFYING, 1],
    ] as const) {
      for (let page = 0; page < pages; page++) own.add(machine.physical(address + page * PAGE) / PAGE);
    }
    // Page tables but for their accessed and dirty bits, the engine's own frames, and free frames.
    const everythingElse = (): string => {
      const copy = machine.entries.map((entry) => entry & ~ACCESSED_AND_DIRTY);
      const hash = createHash('sha1');
      for (let frame = 0; frame < copy.length / 512; frame++) {
        if (!own.has(frame)) hash.update(copy.subarray(frame * 512, frame * 512 + 512));
      }
      return hash.digest('hex');
    };
    let state = 20_250_101;
    const random = (limit: number): number => {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      return (state >>> 0) % limit;
    };
    const place = (bytes: Uint8Array, address: number): void => {
      machine.write(address, bytes);
      machine.cpu.invalidateCode(address, address + bytes.length);
      machine.registers.slots[RIP] = BigInt(address);
    };
    const { slots } = machine.registers;
    place(code('90'), CODE); // loads the page table, into which the CPU writes an entry of its own
    const before = everythingElse();
    for (let program = 0; program < PROGRAMS; program++) {
      const bytes = Uint8Array.from({ length: 4 + random(24) }, () =>
        random(3) === 0 ? LIKELY[random(LIKELY.length)]! : random(256),
      );
      place(bytes, [CODE + random(64), CODE + PAGE - random(20), SELF_MODIFYING + random(3000)][random(3)]!);
      for (let slot = 0; slot < 16; slot++) slots[slot] = VALUES[random(VALUES.length)]!;
      if (random(4) > 0) slots[RSP] = BigInt(STACK - 1024);
      slots[FS_BASE] = VALUES[random(VALUES.length)]!;
      slots[RFLAGS] = 0x202n | (random(8) === 0 ? 0x100n : 0n) | (random(8) === 0 ? 0x4_0400n : 0n);
      for (let again = 0; again < 4; again++) {
        const exit = machine.cpu.run(60);
        if (exit === CpuExit.fault || exit === CpuExit.illegal) break;
      }
      if (program % 20 > 0) continue;
      // mov rbx, rsp; call next; next: pop rdi; syscall
      slots[RSP] = BigInt(STACK - 64);
      slots[RFLAGS] = 0x202n;
      place(code('4889e3 e800000000 5f 0f05'), CODE + 256);
      expect(machine.cpu.run(60), `after ${Buffer.from(bytes).toString('hex')}`).to.equal(CpuExit.syscall);
      expect([slots[RBX], slots[RDI]]).to.deep.equal([BigInt(STACK - 64), BigInt(CODE + 264)]);
    }
    expect(everythingElse()).to.equal(before);
    expect(machine.cpu.screeningMismatches).to.equal(0);
    machine.cpu.close();
  });
});
