import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { DEBIAN_ROOT, describePrograms } from '../support/program-set.js';

/** What the package calls commands, of which each must have been executed. */
function tools(): string[] {
  const contents = readFileSync(join(DEBIAN_ROOT, 'var/lib/dpkg/info/coreutils.list'), 'utf8').split('\n');
  return contents.filter((path) => /^(?:\/usr)?\/s?bin\/./.test(path)).map((path) => basename(path));
}

describePrograms('coreutils', (traces) => {
  const executed = new Set(
    traces.flatMap((trace) =>
      Array.from(trace.matchAll(/\bexecve\("([^"]*)".* = 0$/gm), ([, path]) => basename(path!)),
    ),
  );
  expect(tools()).to.include('sort');
  expect(tools().filter((tool) => !executed.has(tool))).to.deep.equal([]);
});
