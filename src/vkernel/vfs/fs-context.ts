/** What CLONE_FS shares: the root directory, the working directory and the umask (clone(2)). */
import { ref } from '../../ckpt/state/references.js';
import { uint } from '../../ckpt/state/codecs.js';
import { savable } from '../../ckpt/state/savable.js';
import { Location } from './location.js';

export class FsContext {
  root: Location;
  cwd: Location;
  /** Permission bits that creating a file leaves out. */
  umask: number;

  constructor(root: Location, cwd: Location = root, umask = 0o022) {
    this.root = root;
    this.cwd = cwd;
    this.umask = umask;
  }

  /** For a clone without CLONE_FS. */
  copy(): FsContext {
    return new FsContext(this.root, this.cwd, this.umask);
  }
}

savable<FsContext>('vfs.FsContext', FsContext, {
  root: ref(() => Location),
  cwd: ref(() => Location),
  umask: uint,
});
