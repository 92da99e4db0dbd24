/** The file systems without a path that system calls make files in: created when first needed, saved with the mount table. */
import { AnonFs } from '../fs/anon/anon-fs.js';
import { MqueueFs } from '../fs/mqueue/mqueue-fs.js';
import { PipeFs } from '../fs/pipefs/pipefs.js';
import { Tmpfs } from '../fs/tmpfs/tmpfs.js';
import type { Kernel } from '../kernel/kernel.js';
import { SockFs } from '../net/sockfs.js';
import type { FileSystem } from '../vfs/file-system.js';
import type { ClassOf } from '../../ckpt/state/savable.js';

function internal<T extends FileSystem>(
  kernel: Kernel,
  name: string,
  of: ClassOf<T>,
  make: (device: number) => T,
): T {
  const { mounts } = kernel;
  let fs = mounts.internal.get(name);
  if (fs === undefined) {
    fs = make(mounts.allocateDevice());
    mounts.internal.set(name, fs);
  }
  if (!Object.prototype.isPrototypeOf.call(of.prototype, fs))
    throw new Error(`${name} is not of class ${of.name}`);
  return fs as T;
}

export function pipeFs(kernel: Kernel): PipeFs {
  const fs = internal(kernel, 'pipefs', PipeFs, (device) => new PipeFs(device, kernel.clock));
  kernel.mounts.special.fifos ??= fs;
  return fs;
}

export function anonFs(kernel: Kernel): AnonFs {
  return internal(kernel, 'anon_inodefs', AnonFs, (device) => new AnonFs(device, kernel.clock));
}

export function mqueueFs(kernel: Kernel): MqueueFs {
  return internal(kernel, 'mqueue', MqueueFs, (device) => new MqueueFs(device, kernel.clock));
}

export function sockFs(kernel: Kernel): SockFs {
  return internal(kernel, 'sockfs', SockFs, (device) => new SockFs(device, kernel.clock));
}

/** What memfd_create(2) makes files in. */
export function memoryFiles(kernel: Kernel): Tmpfs {
  return internal(
    kernel,
    'memfd',
    Tmpfs,
    (device) =>
      new Tmpfs({
        device,
        pool: kernel.frames,
        clock: kernel.clock,
        special: kernel.mounts.special,
        maxFrames: Number.MAX_SAFE_INTEGER,
      }),
  );
}
