/** The layer table and what it forbids, as functions of a source tree: layers.test.ts runs them on ours. */
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';

/** Lowest first. A folder imports itself and the folders of lower rows; not its neighbours in the same row. */
export const LAYERS: readonly (readonly string[])[] = [
  ['vkernel/abi', 'vkernel/lib'],
  ['ckpt/state'],
  ['vkernel/arch', 'vkernel/time', 'ckpt/elfcore'],
  ['ckpt/foreign'],
  ['vkernel/cpu'],
  ['vkernel/vfs'],
  ['vkernel/mm'],
  [
    'vkernel/fs/hostfs',
    'vkernel/fs/tmpfs',
    'vkernel/fs/overlay',
    'vkernel/fs/devfs',
    'vkernel/fs/pipefs',
    'vkernel/fs/anon',
    'vkernel/fs/mqueue',
    'vkernel/net',
    'vkernel/tty',
    'vkernel/ipc',
  ],
  ['vkernel/loader', 'vkernel/strace'],
  ['vkernel/kernel'],
  ['vkernel/syscalls', 'vkernel/fs/procfs'],
  ['ckpt/image', 'ckpt/memory', 'vkernel/gdbstub'],
  ['vkernel/machine', 'ckpt/look'],
  ['vkernel/cli'],
];

/** Folders that may touch the host: its files, sockets, process and timers. */
export const HOST_FOLDERS: readonly string[] = [
  'vkernel/cli',
  'vkernel/machine',
  'vkernel/fs/hostfs',
  'vkernel/net',
  'vkernel/tty',
  'vkernel/time',
  'ckpt/image',
  'ckpt/memory',
];
/** Single files that may, in folders that otherwise may not. */
export const HOST_FILES: readonly string[] = ['vkernel/cpu/binding.ts'];

/** Modules that compute and touch nothing outside. */
const PURE_MODULES = new Set(['node:assert', 'node:assert/strict', 'node:buffer', 'node:zlib']);

export interface SourceFile {
  /** Relative to the tree, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

export function readTree(root: string): SourceFile[] {
  return readdirSync(root, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => ({ path: relative(root, file).split(sep).join('/'), text: readFileSync(file, 'utf8') }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

const RANK = new Map(LAYERS.flatMap((row, rank) => row.map((folder) => [folder, rank] as const)));
const FOLDERS = [...RANK.keys()];

/** The folder of the table that a path lies in. */
export function folderOf(path: string): string | undefined {
  return FOLDERS.find((folder) => path.startsWith(`${folder}/`));
}

/** What a file imports, by any of the forms the language has. */
function imports(text: string): string[] {
  const forms = /(?:\bfrom|\bimport|\brequire)\s*\(?\s*['"]([^'"]+)['"]/g;
  return Array.from(withoutComments(text).matchAll(forms), ([, specifier]) => specifier!);
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1');
}

/** Comments and the contents of string literals gone: what is left is what the file does. */
function bareCode(text: string): string {
  return withoutComments(text).replace(/'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/g, "''");
}

/** Every import goes down the table, or stays in its folder. */
export function upwardImports(files: readonly SourceFile[]): string[] {
  const problems: string[] = [];
  for (const { path, text } of files) {
    const from = folderOf(path);
    if (from === undefined) {
      problems.push(`${path}: lies in no layer`);
      continue;
    }
    for (const specifier of imports(text).filter((s) => s.startsWith('.'))) {
      if (!specifier.endsWith('.js')) problems.push(`${path}: imports ${specifier} without its .js ending`);
      const target = relative('/', resolve('/', dirname(path), specifier));
      const to = folderOf(target);
      if (to === undefined) problems.push(`${path}: imports ${specifier}, which lies in no layer`);
      else if (to !== from && RANK.get(to)! >= RANK.get(from)!)
        problems.push(`${path}: ${from} may not import ${to}`);
    }
  }
  return problems;
}

/** Barrels hide the direction of an import. */
export function barrels(files: readonly SourceFile[]): string[] {
  return files.filter(({ path }) => /(^|\/)index\.ts$/.test(path)).map(({ path }) => `${path}: is a barrel`);
}

/** Only some folders may reach outside: all time, input and chance that the kernel sees is handed to it. */
export function hostAccess(files: readonly SourceFile[]): string[] {
  const problems: string[] = [];
  const globals =
    /(?<![.\w$#])(process\s*[.[]|setTimeout\(|setInterval\(|setImmediate\(|queueMicrotask\(|fetch\(|performance\.|Date\.now|new Date\(\)|Math\.random|crypto\.|console\.)/;
  for (const { path, text } of files) {
    if (HOST_FILES.includes(path) || HOST_FOLDERS.includes(folderOf(path) ?? '')) continue;
    const pure = (specifier: string): boolean =>
      PURE_MODULES.has(specifier) || importsOnlyHashes(specifier, text);
    for (const specifier of imports(text).filter((s) => s.startsWith('node:') && !pure(s))) {
      problems.push(`${path}: imports ${specifier}`);
    }
    bareCode(text)
      .split('\n')
      .forEach((line) => {
        const found = globals.exec(line);
        // A parameter or variable may well be called `process`: a process of the guest is not the host's.
        if (found && !(found[1]!.startsWith('process') && declaresProcess(text))) {
          problems.push(`${path}: uses ${found[1]!}: ${line.trim()}`);
        }
      });
  }
  return problems;
}

/** node:crypto computes hashes, which is pure, and random bytes, which are not. */
function importsOnlyHashes(specifier: string, text: string): boolean {
  return specifier === 'node:crypto' && /import \{ createHash(, type Hash)? \} from 'node:crypto'/.test(text);
}

/** True if `process` means something of the file's own: a parameter, a variable or a destructured property. */
function declaresProcess(text: string): boolean {
  return /(?:\(|,|const|let|\{)\s*process\b\s*(?:[:,})=]|\bof\b)/.test(bareCode(text));
}

/** Promises of later work. */
export function leftovers(files: readonly SourceFile[]): string[] {
  return files.flatMap(({ path, text }) =>
    text
      .split('\n')
      .flatMap((line, i) =>
        /\b(TODO|FIXME|XXX|HACK)\b/.test(line) ? [`${path}:${i + 1}: ${line.trim()}`] : [],
      ),
  );
}
