import { expect } from 'chai';
import { EINTR, ENOSYS } from '../../../src/vkernel/abi/errno.js';
import { SIGKILL, SIGUSR1 } from '../../../src/vkernel/abi/signal.js';
import { FS_BASE, RAX, RIP } from '../../../src/vkernel/arch/registers.js';
import { CpuExit } from '../../../src/vkernel/cpu/cpu.js';
import { fillTls, setTls, TLS_SIZE_UNKNOWN } from '../../../src/vkernel/kernel/tls.js';
import { CODE, DATA, ScriptedKernel } from '../../support/scripted-kernel.js';

const FUTEX_WAIT = 128;
const FUTEX_WAKE = 129;

describe('the scheduler', () => {
  it('lets tasks take turns at the end of each quantum', () => {
    const machine = new ScriptedKernel();
    const { main } = machine;
    const other = machine.thread();
    const order: number[] = [];
    for (const task of [main, other, main, other]) machine.look(task, () => void order.push(task.tid));
    machine.run();
    expect(order).to.deep.equal([main.tid, other.tid, main.tid, other.tid]);
  });

  it('goes on with the same task behind a system call', () => {
    const machine = new ScriptedKernel();
    machine.thread();
    machine.call(machine.main, 'getpid').call(machine.main, 'gettid');
    machine.run();
    expect(machine.resultsOf(machine.main)).to.deep.equal([machine.main.tid, machine.main.tid]);
    expect(machine.kernel.completedSyscalls).to.equal(2);
  });

  it('ends a turn at sched_yield', () => {
    const machine = new ScriptedKernel();
    const { main } = machine;
    const other = machine.thread();
    machine.call(main, 'sched_yield').call(main, 'getpid').call(other, 'gettid');
    machine.run();
    expect(machine.results.map(({ call }) => call)).to.deep.equal(['gettid', 'sched_yield', 'getpid']);
  });

  it('stops behind the system call it was told to, and goes on as if nothing had been', () => {
    const machine = new ScriptedKernel();
    const { main, kernel } = machine;
    machine.call(main, 'getpid').call(main, 'gettid');
    kernel.scheduler.breakAfterSyscalls = 1;
    expect(kernel.scheduler.run(Infinity)).to.equal('breakpoint');
    expect(main.registers.signed(RAX)).to.equal(main.tid);
    kernel.scheduler.breakAfterSyscalls = Infinity;
    machine.run();
    expect(machine.resultsOf(main)).to.have.length(2);
  });

  it('stops behind so many basic blocks, and goes on as if nothing had been', () => {
    const machine = new ScriptedKernel();
    const { main, kernel } = machine;
    machine.call(main, 'getpid').call(main, 'gettid').call(main, 'getpid');
    kernel.scheduler.blocksToBreak = 2;
    expect(kernel.scheduler.run(Infinity)).to.equal('breakpoint');
    expect(main.registers.signed(RAX)).to.equal(main.tid);
    kernel.scheduler.blocksToBreak = Infinity;
    machine.run();
    expect(machine.resultsOf(main)).to.have.length(3);
  });

  it('does not stop for a freeze when the call it waited for ends the machine', () => {
    const machine = new ScriptedKernel();
    const { main, kernel } = machine;
    machine.call(main, 'tgkill', main.tid, main.tid, SIGKILL);
    kernel.scheduler.breakAfterSyscalls = 1;
    expect(kernel.scheduler.run(Infinity)).to.equal('ended');
  });

  it('gives each task its own TLS at every switch', () => {
    const machine = new ScriptedKernel();
    const other = machine.thread();
    const seen: bigint[] = [];
    [machine.main, other].forEach((task, i) => {
      setTls(task, {
        fs: { base: BigInt(i + 1) * 0x1000n, sizeBytes: TLS_SIZE_UNKNOWN },
        gs: { base: 0n, sizeBytes: TLS_SIZE_UNKNOWN },
      });
      machine.look(task, (registers) => void seen.push(registers.slots[FS_BASE]!));
    });
    machine.run();
    expect(seen).to.deep.equal([0x1000n, 0x2000n]);
    expect(fillTls(other).fs.base).to.equal(0x2000n);
  });

  it('answers ENOSYS to a call there is not, and says so once', () => {
    const machine = new ScriptedKernel();
    machine.call(machine.main, 'lookup_dcookie').call(machine.main, 'lookup_dcookie');
    machine.run();
    expect(machine.resultsOf(machine.main)).to.deep.equal([-ENOSYS, -ENOSYS]);
    expect(machine.log).to.have.length(1);
    expect([...machine.kernel.unknownSyscalls.values()]).to.deep.equal([2]);
  });
});

describe('a wait', () => {
  it('parks a task until its futex is woken', () => {
    const machine = new ScriptedKernel();
    const { main } = machine;
    const other = machine.thread();
    machine.call(main, 'futex', DATA, FUTEX_WAIT, 0, 0).call(main, 'getpid');
    machine.call(other, 'futex', DATA, FUTEX_WAKE, 1).call(other, 'gettid');
    machine.run();
    expect(machine.resultsOf(main)).to.deep.equal([0, main.tid]);
    expect(machine.resultsOf(other)).to.deep.equal([1, other.tid]);
  });

  it('ends with EINTR when a handler runs, and starts the call again when none does', () => {
    const machine = new ScriptedKernel();
    const { main, kernel } = machine;
    const other = machine.thread();
    // Interrupted without SA_RESTART: pause(2) fails whatever the flags are.
    main.memory.writeNumber64(DATA, CODE + 0x100);
    main.memory.writeNumber64(DATA + 8, 0x04000000);
    main.memory.writeNumber64(DATA + 16, CODE + 0x200);
    machine.call(main, 'rt_sigaction', SIGUSR1, DATA, 0, 8).call(main, 'pause');
    machine.look(main, (registers) => expect(registers.unsigned(RIP)).to.equal(CODE + 0x100));
    machine.call(other, 'getpid').call(other, 'tgkill', main.tid, main.tid, SIGUSR1);
    machine.run();
    expect(machine.resultsOf(main)[0]).to.equal(0);
    // The handler's frame holds what pause returned: RAX of its context, 0x90 + 13 * 8 bytes into the frame.
    const frame = main.registers.unsigned(7);
    expect(main.memory.readSigned64(frame + 48 + 13 * 8)).to.equal(-EINTR);
    expect(kernel.tasks.size).to.equal(2);
  });

  it('keeps the deadline of a sleep that a signal without a handler interrupted', () => {
    const machine = new ScriptedKernel();
    const { main, clock, kernel } = machine;
    main.memory.writeNumber64(DATA, 1);
    main.memory.writeNumber64(DATA + 8, 0);
    machine.call(main, 'nanosleep', DATA, 0).call(main, 'getpid');
    machine.run();
    expect(kernel.scheduler.nextDeadlineNs()).to.equal(1e9);
    clock.advance(0.4e9);
    kernel.scheduler.wake(main);
    kernel.scheduler.run(Infinity);
    expect(kernel.scheduler.nextDeadlineNs()).to.equal(1e9);
    clock.advance(0.6e9);
    kernel.scheduler.run(Infinity);
    expect(machine.resultsOf(main)).to.deep.equal([0, main.tid]);
  });

  it('is over when the process ends, whoever ends it', () => {
    const machine = new ScriptedKernel();
    const { main, kernel } = machine;
    const other = machine.thread();
    machine.call(main, 'futex', DATA, FUTEX_WAIT, 0, 0);
    machine.call(other, 'exit_group', 3);
    machine.run();
    expect(kernel.bootStatus).to.deep.equal({ code: 3, signal: 0, coreDumped: false });
    expect(kernel.tasks.size).to.equal(0);
  });

  it('turns a fault nobody handles into the end of the process', () => {
    const machine = new ScriptedKernel();
    const { main, kernel } = machine;
    machine.exit(main, { exit: CpuExit.fault, faultAddress: 8, errorCode: 4 });
    machine.run();
    expect(kernel.bootStatus?.signal).to.equal(11);
  });
});
