/** Errors of the host's file system as errors of system calls. */
import * as errnos from '../../abi/errno.js';
import { EIO, SysError } from '../../abi/errno.js';

const BY_NAME = errnos as unknown as Readonly<Record<string, unknown>>;

/** Runs a call of node:fs. @throws SysError with the host's error; EIO for one Linux does not know */
export function onHost<V>(call: () => V): V {
  try {
    return call();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException | undefined)?.code;
    if (code === undefined || error instanceof SysError) throw error;
    const number = BY_NAME[code];
    throw new SysError(typeof number === 'number' ? number : EIO);
  }
}
