/** The open files of each process, from the object graph. */
import type { Json } from '../state/codec.js';
import { listOf, numberOf, tagOf, type StateView } from './state-view.js';

export interface OpenFileView {
  readonly fd: number;
  /** "/tmp/a" or "pipe:[7]". */
  readonly path: string;
  /** The tag of what stands behind it: "vfs.RegularFile". */
  readonly kind: string;
  readonly offset: number;
  /** O_* as fcntl's F_GETFL has them. */
  readonly flags: number;
  readonly closesOnExec: boolean;
  /** The same for descriptors that are one open file, also in other processes. */
  readonly identity: string;
}

/** By pid. */
export function openFiles(state: StateView): Map<number, OpenFileView[]> {
  const found = new Map<number, OpenFileView[]>();
  for (const { process, files } of state.all('Task')) {
    const pid = numberOf(state.get(process)['pid']);
    if (pid === undefined || found.has(pid)) continue;
    const table = state.get(files);
    const closing = listOf(table['closesOnExec']);
    found.set(
      pid,
      listOf(table['files']).flatMap((file, fd) =>
        file === null ? [] : [view(state, file, fd, closing[fd] === true)],
      ),
    );
  }
  return found;
}

function view(state: StateView, file: Json, fd: number, closesOnExec: boolean): OpenFileView {
  const { location, offset, flags } = state.get(file);
  return {
    fd,
    path: state.path(location),
    kind: tagOf(file),
    offset: numberOf(offset) ?? 0,
    flags: numberOf(flags) ?? 0,
    closesOnExec,
    identity: typeof file === 'string' ? file : '',
  };
}

/** "/tmp/a, at 4096 (vfs.RegularFile)". */
export function openFileText({ path, offset, kind }: OpenFileView): string {
  return `${path}${offset > 0 ? `, at ${offset}` : ''} (${kind})`;
}
