// Finds or makes the two engines that the addon can hold: our build of Unicorn's source, and the stock binary.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const OLDEST = [2, 1, 4];
const VERSION = OLDEST.join('.');
const SHARED = process.platform === 'darwin' ? 'libunicorn.2.dylib' : 'libunicorn.so.2';
const STATIC = 'libunicorn.a';

const native = dirname(fileURLToPath(import.meta.url));
const cache = join(native, '..', '.cache');
const patches = join(native, 'patches');
const fetcher = join(native, 'fetch-unicorn.py');

/** -O2: -O3 makes the engine no faster and a third larger. Threads of its own are never used: no timeout is ever set. */
const CONFIGURATION = [
  '-DCMAKE_BUILD_TYPE=Release',
  '-DCMAKE_C_FLAGS_RELEASE=-O2 -DNDEBUG',
  '-DCMAKE_POSITION_INDEPENDENT_CODE=ON',
  '-DCMAKE_POLICY_VERSION_MINIMUM=3.5',
  '-DUNICORN_ARCH=x86',
  '-DBUILD_SHARED_LIBS=OFF',
  '-DUNICORN_LEGACY_STATIC_ARCHIVE=ON',
  '-DUNICORN_BUILD_TESTS=OFF',
  '-DUNICORN_INSTALL=OFF',
];

/** Runs a command quietly. @throws Error with the last line of what it said, if it fails */
export function run(command, args, options = {}) {
  const done = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 1 << 26, ...options });
  if (done.error)
    throw new Error(`${command}: ${done.error.code === 'ENOENT' ? 'not installed' : done.error.message}`);
  if (done.status !== 0) {
    const said = (done.stdout + done.stderr).trim();
    throw Object.assign(new Error(said.split('\n').at(-1) || `${command} failed`), { said });
  }
  return done.stdout.trim();
}

/** The version that a copy of unicorn/unicorn.h names, as [major, minor, patch]. */
function headerVersion(include) {
  const header = join(include, 'unicorn', 'unicorn.h');
  if (!existsSync(header)) return undefined;
  const text = readFileSync(header, 'utf8');
  return ['MAJOR', 'MINOR', 'PATCH'].map((part) => {
    return Number(new RegExp(`#define UC_API_${part} (\\d+)`).exec(text)?.[1] ?? 0);
  });
}

function isRecent(version) {
  const different = OLDEST.findIndex((part, i) => version[i] !== part);
  return different < 0 || version[different] > OLDEST[different];
}

/** A directory with include/ and lib/, checked; undefined if it holds no Unicorn. */
function inDirectory(directory, libraries = [join(directory, 'lib'), join(directory, 'lib64')]) {
  const include = join(directory, 'include');
  const version = headerVersion(include);
  const library = libraries.map((path) => join(path, SHARED)).find((path) => existsSync(path));
  return version && library ? { include, library, version } : undefined;
}

/** The directory that the user names, a recent enough system library, or the pinned binary: in this order. @throws Error */
export function stockEngine() {
  const named = process.env['UNICORN_DIR'];
  if (named) {
    const found = inDirectory(named);
    if (!found) throw new Error(`UNICORN_DIR=${named} has no include/unicorn/unicorn.h and lib/${SHARED}`);
    if (!isRecent(found.version)) {
      throw new Error(
        `UNICORN_DIR=${named} holds Unicorn ${found.version.join('.')}: ${VERSION} or later is needed`,
      );
    }
    return found;
  }
  if (spawnSync('pkg-config', ['--exists', `unicorn >= ${VERSION}`]).status === 0) {
    const ask = (variable) => run('pkg-config', [`--variable=${variable}`, 'unicorn']);
    const found = inDirectory(dirname(ask('includedir')), [ask('libdir')]);
    if (found && isRecent(found.version)) return found;
  }
  const directory = join(cache, `unicorn-${VERSION}`);
  if (!inDirectory(directory)) run('python3', [fetcher, directory]);
  const found = inDirectory(directory);
  if (!found) throw new Error(`${directory} is incomplete: remove it and try again`);
  return found;
}

function patchFiles() {
  return readdirSync(patches)
    .filter((name) => name.endsWith('.patch'))
    .sort()
    .map((name) => join(patches, name));
}

/**
 * The pinned release, patched and built here for x86 alone: a static library and its headers. Kept by version, patches,
 * configuration and compiler. @throws Error when something that it takes is missing
 */
export function ownEngine(jobs) {
  const key = createHash('sha256').update(JSON.stringify([VERSION, CONFIGURATION, process.arch]));
  key.update(run('cc', ['--version']));
  for (const file of patchFiles()) key.update(readFileSync(file));
  const directory = join(cache, `unicorn-${VERSION}-${key.digest('hex').slice(0, 16)}`);
  const built = { include: join(directory, 'include'), library: join(directory, STATIC) };
  if (existsSync(built.library)) return built;

  run('cmake', ['--version']);
  const archive = join(cache, `unicorn-${VERSION}.tar.gz`);
  run('python3', [fetcher, '--source', archive]);
  const scratch = mkdtempSync(join(cache, 'build-'));
  try {
    run('tar', ['-xzf', archive, '-C', scratch, '--strip-components=1', `unicorn-${VERSION}/src`]);
    const source = join(scratch, 'src');
    for (const file of patchFiles()) run('patch', ['-p1', '-s', '-d', source, '-i', file]);
    const build = join(scratch, 'build');
    run('cmake', ['-S', source, '-B', build, ...CONFIGURATION]);
    run('cmake', ['--build', build, '--parallel', String(jobs)]);
    const result = join(scratch, 'result');
    mkdirSync(result);
    cpSync(join(source, 'include'), join(result, 'include'), { recursive: true });
    copyFileSync(join(build, STATIC), join(result, STATIC));
    rmSync(directory, { recursive: true, force: true });
    renameSync(result, directory);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  return built;
}
