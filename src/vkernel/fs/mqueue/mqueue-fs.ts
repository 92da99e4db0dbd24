/** The file system of POSIX message queues (mq_overview(7)): one directory, whose files are the queues. */
import { oneOf, uint } from '../../../ckpt/state/codecs.js';
import { external, ref } from '../../../ckpt/state/references.js';
import { savable } from '../../../ckpt/state/savable.js';
import type { Clock } from '../../time/clock.js';
import { fileSystem, type FileSystem, type FileSystemUsage } from '../../vfs/file-system.js';
import { clockService } from '../../vfs/services.js';
import { MqueueDirectory } from './mqueue-directory.js';

const MQUEUE_MAGIC = 0x1980_0202;

export class MqueueFs implements FileSystem {
  readonly type = 'mqueue';
  readonly magic = MQUEUE_MAGIC;
  readonly readOnly = false;
  readonly device: number;
  readonly clock: Clock;
  nextIno = 1;
  readonly root: MqueueDirectory;

  constructor(device: number, clock: Clock) {
    this.device = device;
    this.clock = clock;
    this.root = new MqueueDirectory(this);
  }

  usage(): FileSystemUsage {
    return { blocks: 0, blocksFree: 0, files: 0, filesFree: 0 };
  }

  sync(): void {
    // Memory is all there is.
  }
}

savable<MqueueFs>(
  'mqueue.MqueueFs',
  MqueueFs,
  {
    type: oneOf('mqueue'),
    magic: oneOf(MQUEUE_MAGIC),
    readOnly: oneOf(false),
    device: uint,
    clock: external(clockService),
    nextIno: uint,
    root: ref(() => MqueueDirectory),
  },
  { roles: [fileSystem] },
);
