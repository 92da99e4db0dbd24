#!/usr/bin/env node
// Builds the addon once for each engine that is wanted: native/build/Release/vkernel-own.node holds our build of Unicorn,
// vkernel-stock.node has the stock library beside it. Does nothing when they are up to date.
//
// usage: build.mjs [own|stock|both]       "own", the default, falls back to stock where ours cannot be built
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { ownEngine, run, stockEngine } from './unicorn.mjs';

const native = dirname(fileURLToPath(import.meta.url));
const release = join(native, 'build', 'Release');
const addon = (engine) => join(release, `vkernel-${engine}.node`);
const jobs = Number(process.env['JOBS']) || availableParallelism();

function say(message) {
  process.stderr.write(`native: ${message}\n`);
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
function inputs(engine, unicorn) {
  const hash = createHash('sha256');
  // Where the tree lies does not matter: the names in the cache say what is in it.
  hash.update(
    JSON.stringify([engine, relative(native, unicorn.library), process.versions.modules, process.arch]),
  );
  for (const name of ['binding.gyp', 'build.mjs', 'unicorn.mjs'])
    hash.update(readFileSync(join(native, name)));
  for (const name of readdirSync(join(native, 'src')).sort())
    hash.update(name).update(readFileSync(join(native, 'src', name)));
  return hash.digest('hex');
}

/** The engines that can be had of those that are wanted. @throws Error when a wanted one, or any at all, is missing */
function findEngines(wanted) {
  const engines = {};
  // Whoever names a library wants that one.
  const own = wanted !== 'stock' && !process.env['UNICORN_DIR'];
  if (own) {
    try {
      engines.own = ownEngine(jobs);
    } catch (error) {
      say(`the faster engine cannot be built here (${error.message}); the stock one is used`);
    }
  }
  if (!engines.own || wanted !== 'own') engines.stock = stockEngine();
  return engines;
}

function build(engines) {
  let gyp;
  try {
    gyp = createRequire(import.meta.url).resolve('node-gyp/bin/node-gyp.js');
  } catch {
    throw new Error('node-gyp is not installed: run `npm ci` first');
  }
  const options = ['-C', native, '--silent', ...nodeHeaders()];
  const variables = Object.entries(engines).flatMap(([engine, { include, library }]) => {
    return [`-D${engine}_include=${include}`, `-D${engine}_library=${library}`];
  });
  run(process.execPath, [gyp, 'configure', ...options, '--', ...variables]);
  run(process.execPath, [gyp, 'build', '-j', String(jobs), ...options]);
  if (!engines.stock) return;
  // Renamed into place: a running vkernel may have the old one mapped.
  const library = join(release, basename(engines.stock.library));
  copyFileSync(engines.stock.library, `${library}.new`);
  renameSync(`${library}.new`, library);
}

function main(wanted = 'own') {
  const engines = findEngines(wanted);
  const stamps = Object.entries(engines).map(([engine, unicorn]) => {
    return { engine, stamp: `${addon(engine)}.inputs`, wanted: inputs(engine, unicorn) };
  });
  const stale = stamps.filter(({ engine, stamp, wanted }) => {
    return !existsSync(addon(engine)) || !existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted;
  });
  // An addon of another time must not be loaded in place of what was just built.
  if (!engines.own) rmSync(addon('own'), { force: true });
  if (stale.length === 0) return;
  mkdirSync(release, { recursive: true });
  build(Object.fromEntries(stale.map(({ engine }) => [engine, engines[engine]])));
  for (const { stamp, wanted } of stale) writeFileSync(stamp, wanted);
}

try {
  main(process.argv[2]);
} catch (error) {
  if (error.said) process.stderr.write(`${error.said}\n`);
  say(error.message);
  process.exit(1);
}
