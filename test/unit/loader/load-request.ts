/** Loads images into a machine without an engine. */
import { O_RDONLY } from '../../../src/vkernel/abi/fcntl.js';
import { ENOENT, SysError } from '../../../src/vkernel/abi/errno.js';
import { loadProgram, type LoadedProgram, type LoadRequest } from '../../../src/vkernel/loader/program.js';
import { NO_RANDOMIZATION } from '../../../src/vkernel/loader/randomization.js';
import type { MemoryMachine } from '../mm/memory-machine.js';

export const VALUES = {
  uid: 1000,
  euid: 1000,
  gid: 100,
  egid: 100,
  secure: false,
  hwcap: 0x178b_fbff,
  hwcap2: 2,
  minimumSignalStackBytes: 0xd30,
};

export function load(
  machine: MemoryMachine,
  image: Uint8Array,
  changes: Partial<LoadRequest> = {},
): LoadedProgram {
  const { file } = machine.file(image, O_RDONLY);
  file.retain();
  try {
    return loadProgram(machine.space, {
      file,
      openInterpreter: () => {
        throw new SysError(ENOENT);
      },
      strings: { argv: ['./mspie'], envp: [], path: './mspie' },
      randomBytes: new Uint8Array(16).fill(0xab),
      layout: NO_RANDOMIZATION,
      values: VALUES,
      ...changes,
    });
  } finally {
    file.release();
  }
}
