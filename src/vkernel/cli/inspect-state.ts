/** The state graph of a core, and what people want to see of it: the open files. */
import { readMachineNotes } from '../../ckpt/image/machine-note.js';
import type { CoreImage } from '../../ckpt/elfcore/core-image.js';
import { decodeGraph } from '../../ckpt/state/cbor.js';
import type { Json } from '../../ckpt/state/codec.js';
import { graphToJson } from '../../ckpt/state/json.js';
import type { OpenFileLine } from './inspect-text.js';

type Objects = Readonly<Record<string, Json>>;

/** What the notes of this project say of a machine. */
export interface MachineReport {
  readonly memoryBytes: number;
  /** The clocks at the freeze, in nanoseconds. */
  readonly times: { readonly monotonicNs: number; readonly realtimeNs: number };
  /** One entry for each kernel object, by class and number. */
  readonly state: Objects;
}

/** @throws CoreFormatError or StateError for what is not the state of a machine of this version */
export async function reportMachine(images: readonly CoreImage[]): Promise<MachineReport> {
  // Whatever can be in the graph declares itself when it is loaded.
  await import('../machine/vkernel.js');
  const { machine, state } = readMachineNotes(images);
  const { ramBytes, monotonicNs, realtimeNs } = machine;
  return {
    memoryBytes: ramBytes,
    times: { monotonicNs, realtimeNs },
    state: graphToJson(decodeGraph(state)),
  };
}

/** The open files of each process, by pid. */
export function openFiles(objects: Objects): Map<number, OpenFileLine[]> {
  const get = (reference: Json | undefined): Record<string, Json> => {
    const object = typeof reference === 'string' ? objects[reference] : undefined;
    return typeof object === 'object' && object !== null && !Array.isArray(object)
      ? (object as Record<string, Json>)
      : {};
  };
  const found = new Map<number, OpenFileLine[]>();
  for (const [name, task] of Object.entries(objects)) {
    if (!name.startsWith('Task#')) continue;
    const { process, files } = task as Record<string, Json>;
    const { pid } = get(process);
    const table = get(files)['files'];
    if (typeof pid !== 'number' || found.has(pid) || !Array.isArray(table)) continue;
    found.set(
      pid,
      table.flatMap((file: Json, fd): OpenFileLine[] =>
        file === null ? [] : [{ fd, what: fileText(file, get) }],
      ),
    );
  }
  return found;
}

/** "/tmp/a, at 4096" or "pipe:[7]", with the class that stands behind it. */
function fileText(reference: Json, get: (reference: Json | undefined) => Record<string, Json>): string {
  const { location, offset } = get(reference);
  const at = typeof offset === 'number' && offset > 0 ? `, at ${offset}` : '';
  const kind = typeof reference === 'string' ? reference.replace(/#\d+$/, '') : '';
  return `${pathOf(location, get)}${at} (${kind})`;
}

/** Places form a tree, but a damaged file's may run in a circle. */
const DEEPEST = 1000;

function pathOf(
  location: Json | undefined,
  get: (reference: Json | undefined) => Record<string, Json>,
): string {
  const names: string[] = [];
  let place = get(location);
  if (place['mount'] === null) return utf8(place['name']);
  for (let depth = 0; depth < DEEPEST; depth++) {
    if (typeof place['parent'] === 'string') {
      names.unshift(utf8(place['name']));
      place = get(place['parent']);
    } else {
      const { mountpoint } = get(place['mount']);
      if (typeof mountpoint !== 'string') break;
      place = get(mountpoint);
    }
  }
  return `/${names.join('/')}`;
}

const utf8 = (byteString: Json | undefined): string =>
  typeof byteString === 'string' ? Buffer.from(byteString, 'latin1').toString('utf8') : '?';
