#!/usr/bin/env node
// Builds native/build/Release/vkernel.node with the Unicorn library beside it; does nothing when both are up to date.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  realpathSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const OLDEST = [2, 1, 4];
const LIBRARY = process.platform === 'darwin' ? 'libunicorn.2.dylib' : 'libunicorn.so.2';

const native = dirname(fileURLToPath(import.meta.url));
const release = join(native, 'build', 'Release');
const addon = join(release, 'vkernel.node');
const stamp = join(native, 'build', 'inputs.sha256');

function fail(message) {
  process.stderr.write(`native: ${message}\n`);
  process.exit(1);
}

/** Runs a command quietly; shows what it said, and stops, if it fails. */
function run(command, args, options = {}) {
  const done = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 1 << 26, ...options });
  if (done.error) fail(`${command}: ${done.error.message}`);
  if (done.status !== 0) {
    process.stderr.write(done.stdout + done.stderr);
    fail(`${command} ${args[0]} failed`);
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
  const library = libraries.map((path) => join(path, LIBRARY)).find((path) => existsSync(path));
  return version && library ? { include, library, version } : undefined;
}

/** The directory that the user names, a recent enough system library, or the pinned binary: in this order. */
function findUnicorn() {
  const named = process.env['UNICORN_DIR'];
  if (named) {
    const found = inDirectory(named);
    if (!found) fail(`UNICORN_DIR=${named} has no include/unicorn/unicorn.h and lib/${LIBRARY}`);
    if (!isRecent(found.version)) {
      fail(`UNICORN_DIR=${named} holds Unicorn ${found.version.join('.')}: 2.1.4 or later is needed`);
    }
    return found;
  }
  const minimum = `unicorn >= ${OLDEST.join('.')}`;
  if (spawnSync('pkg-config', ['--exists', minimum]).status === 0) {
    const ask = (variable) => run('pkg-config', [`--variable=${variable}`, 'unicorn']);
    const found = inDirectory(dirname(ask('includedir')), [ask('libdir')]);
    if (found && isRecent(found.version)) return found;
  }
  const cache = join(native, '..', '.cache', `unicorn-${OLDEST.join('.')}`);
  if (!inDirectory(cache)) run('python3', [join(native, 'fetch-unicorn.py'), cache]);
  return inDirectory(cache) ?? fail(`${cache} is incomplete: remove it and try again`);
}

/** Where the running Node's own headers are, so that node-gyp need not download any. */
function nodeHeaders() {
  const prefixes = [join(dirname(realpathSync(process.execPath)), '..'), '/usr'];
  const prefix = prefixes.find((path) => {
    const header = join(path, 'include', 'node', 'node_version.h');
    return (
      existsSync(header) &&
      readFileSync(header, 'utf8').includes(`NODE_MAJOR_VERSION ${process.versions.node.split('.')[0]}\n`)
    );
  });
  return prefix ? [`--nodedir=${prefix}`] : [];
}

/** Everything the result depends on. */
function inputs(unicorn) {
  const hash = createHash('sha256');
  hash.update(JSON.stringify([unicorn, process.versions.modules, process.arch]));
  hash.update(readFileSync(join(native, 'binding.gyp')));
  hash.update(readFileSync(fileURLToPath(import.meta.url)));
  for (const name of readdirSync(join(native, 'src')).sort())
    hash.update(name).update(readFileSync(join(native, 'src', name)));
  return hash.digest('hex');
}

const unicorn = findUnicorn();
const wanted = inputs(unicorn);
if (!existsSync(addon) || !existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
  let gyp;
  try {
    gyp = createRequire(import.meta.url).resolve('node-gyp/bin/node-gyp.js');
  } catch {
    fail('node-gyp is not installed: run `npm ci` first');
  }
  const options = ['-C', native, '--silent', ...nodeHeaders()];
  const variables = [`-Dunicorn_include=${unicorn.include}`, `-Dunicorn_library=${unicorn.library}`];
  run(process.execPath, [gyp, 'configure', ...options, '--', ...variables]);
  run(process.execPath, [gyp, 'build', ...options]);
  mkdirSync(release, { recursive: true });
  // Renamed into place: a running vkernel may have the old one mapped.
  copyFileSync(unicorn.library, join(release, `${LIBRARY}.new`));
  renameSync(join(release, `${LIBRARY}.new`), join(release, LIBRARY));
  writeFileSync(stamp, wanted);
}
