#!/usr/bin/env node
// Builds what users run, dist/bundle, from what tsc compiled: most of a short run would be loading modules one by one.
// The depth below dist/ is that of dist/src, as files are found relative to a module.
import { build } from 'esbuild';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const from = 'dist/src';
const to = 'dist/bundle';

const common = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  sourcemap: true,
  logLevel: 'warning',
  outbase: from,
  // CommonJS, and seldom loaded.
  external: ['yargs', 'cli-progress', '@bokuweb/zstd-wasm'],
};

/** What Node loads as soon as one of these is imported takes up to two milliseconds, and few runs use it. */
const SELDOM_USED = /^node:(child_process|crypto|fs\/promises|net|os)$/;

/** Modules of Node that are loaded when something of theirs is first used. */
const loadedWhenUsed = {
  name: 'loaded-when-used',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: SELDOM_USED }, ({ path, namespace }) =>
      namespace === 'node' ? { path, external: true } : { path, namespace: 'node' },
    );
    onLoad({ filter: SELDOM_USED, namespace: 'node' }, async ({ path }) => {
      const names = Object.keys(await import(path)).filter((name) => name !== 'default');
      const getters = names.map((name) => `get ${name}() { return require('${path}').${name}; }`);
      return { contents: `module.exports = { ${getters.join(', ')} };` };
    });
  },
};

/**
 * Modules are taken as they are written, but for two things that esbuild would copy name by name at each start, into an object with a getter
 * for each. Modules of Node that are imported whole become what `require` gives. And a module of constants that is used as a value,
 * when only strace shows the names, becomes the names that are meant: `select(fcntl, 'O_')` those with that prefix, `const { A, B } = fcntl`
 * A and B.
 */
const withoutCopies = {
  name: 'without-copies',
  setup({ onLoad }) {
    onLoad({ filter: /[/\\]dist[/\\]src[/\\].*\.js$/ }, async ({ path }) => {
      let contents = readFileSync(path, 'utf8').replaceAll(
        /^import (?:\* as )?(\w+) from '(node:[\w/]+)';$/gm,
        "const $1 = require('$2');",
      );
      for (const [, module, from] of contents.matchAll(/^import \* as (\w+) from '(\..*\/abi\/[^']+)';$/gm)) {
        const names = Object.keys(await import(pathToFileURL(resolve(dirname(path), from))));
        contents = contents
          .replaceAll(new RegExp(`\\bselect\\(${module}, '(\\w+)'\\)`, 'g'), (_, prefix) => {
            const chosen = names.filter((name) => name.startsWith(prefix));
            return `select({ ${chosen.map((name) => `${name}: ${module}.${name}`).join(', ')} }, '${prefix}')`;
          })
          .replaceAll(new RegExp(`\\bconst \\{([\\w\\s,]+)\\} = ${module};`, 'g'), (_, list) => {
            const wanted = list.split(',').map((name) => name.trim());
            return wanted.map((name) => (name === '' ? '' : `const ${name} = ${module}.${name};`)).join(' ');
          });
      }
      return { contents };
    });
  },
};

// The command is CommonJS, which Node starts sooner, and whose compiled form can be kept (code-cache.mjs).
const commonJs = {
  ...common,
  format: 'cjs',
  // A script that V8 compiled before has no import().
  supported: { 'dynamic-import': false },
  define: { 'import.meta.url': 'importMetaUrl' },
  banner: { js: "const importMetaUrl = require('node:url').pathToFileURL(__filename).href;" },
};

rmSync(to, { recursive: true, force: true });
mkdirSync(`${to}/vkernel/cli`, { recursive: true });
writeFileSync(`${to}/vkernel/cli/package.json`, '{ "type": "commonjs" }\n');
await Promise.all([
  build({
    ...common,
    format: 'esm',
    splitting: true,
    entryPoints: [`${from}/vkernel/machine/vkernel.js`],
    outdir: to,
    chunkNames: 'vkernel/chunks/[name]-[hash]',
  }),
  build({
    ...commonJs,
    entryPoints: [`${from}/vkernel/cli/start.js`],
    outfile: `${to}/vkernel/cli/main.js`,
  }),
  build({
    ...commonJs,
    entryPoints: [`${from}/vkernel/cli/main.js`],
    plugins: [loadedWhenUsed, withoutCopies],
    // A function that program-script.ts calls: what Node would put around a module costs a copy of the whole text.
    banner: { js: `(function (exports, require, module, __filename, __dirname) {${commonJs.banner.js}` },
    footer: { js: '})' },
    outfile: `${to}/vkernel/cli/program.cjs`,
    minifyWhitespace: true,
    minifySyntax: true,
    lineLimit: 160,
  }),
]);

const program = `${to}/vkernel/cli/program.cjs`;
const text = readFileSync(program, 'latin1');
// It is read as Latin-1 (program-script.ts), which V8 keeps in half the space. esbuild escapes all but the text of tagged templates.
if (/[^\0-\x7f]/.test(text))
  throw new Error('program.cjs is not plain ASCII: a tagged template has other characters');
// Each module's function is the only property of an object, under the module's path: V8 makes a hidden class for each name, of which
// one will do. What the source map says of places still holds.
writeFileSync(
  program,
  text.replaceAll(/(?<=\b__(?:esm|commonJS)\(\{\s*)"[^"]*"(?=\()/g, (name) => 'module'.padEnd(name.length)),
);
