/** A checkpoint that could not be written or read for a reason of the host: no such file, no room. One line. */
export class CheckpointError extends Error {
  override readonly name = 'CheckpointError';
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file would be larger than allowed',
  EIO: 'input or output error',
  EISDIR: 'is a directory',
  ELOOP: 'too many symbolic links',
  EMFILE: 'too many open files',
  ENAMETOOLONG: 'the name is too long',
  ENOENT: 'no such file or directory',
  ENOSPC: 'no space left on the device',
  ENOTDIR: 'a part of the path is not a directory',
  EROFS: 'the file system is read-only',
};

/** What went wrong with a file of the host. `doing` is like "cannot write". Errors that are none of the host's are handed through. */
export function hostFailure(doing: string, file: string, error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  if (!(error instanceof Error) || typeof code !== 'string') return error;
  return new CheckpointError(`${doing} ${file}: ${REASONS[code] ?? code}`, { cause: error });
}
