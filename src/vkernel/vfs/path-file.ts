/** What O_PATH opens: a handle of a place that gives no access to the contents (open(2)). */
import { savable } from '../../ckpt/state/savable.js';
import { EBADF, SysError } from '../abi/errno.js';
import { POLLNVAL } from '../abi/poll.js';
import { OpenFile, openFileFields } from './open-file.js';
import { waitSource } from './wait-source.js';

export class PathFile extends OpenFile {
  override read(): number {
    throw new SysError(EBADF);
  }
  override write(): number {
    throw new SysError(EBADF);
  }
  override poll(): number {
    return POLLNVAL;
  }
}

savable<PathFile>('vfs.PathFile', PathFile, { ...openFileFields }, { roles: [waitSource] });
