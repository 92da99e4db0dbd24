import { expect } from 'chai';
import { readTree, type SourceFile } from './layers.js';
import { quotes, refusals, unquoted } from './refusals.js';

/** mocha runs in the project's root. */
const ROOT = `${process.cwd()}/`;
/** What reads cores, and what the state of a core goes through. Of the machine and the command, only what reads cores of others. */
const READERS =
  /^(ckpt\/(elfcore|foreign|image|memory|state)|vkernel\/(?!machine|cli)|vkernel\/machine\/import-)/;
/** Refuses what vkernel itself made. */
const WRITERS = new Set(['ckpt/state/save.ts']);
const TESTS = /^(unit|ckpt|cli|machine)\//;

const file = (text: string): SourceFile[] => [{ path: 'a.ts', text }];
const unquotedIn = (source: string, test: string): string[] =>
  unquoted(refusals(file(source)), quotes(file(test)));

describe('the refusals of what reads cores', () => {
  it('are all quoted by tests, word for word', () => {
    const readers = readTree(`${ROOT}src`).filter(({ path }) => READERS.test(path) && !WRITERS.has(path));
    const all = refusals(readers);
    expect(all.length).to.be.greaterThan(200);
    const tests = readTree(`${ROOT}test`).filter(({ path }) => TESTS.test(path));
    expect(unquoted(all, quotes(tests))).to.deep.equal([]);
  });
});

describe('a refusal', () => {
  it('is found, unless a test has its whole text', () => {
    const source = "if (wrong)\n  fail('the size is wrong');";
    expect(unquotedIn(source, "expectRefusal(read, 'the size is wrong');")).to.deep.equal([]);
    expect(unquotedIn(source, "expectRefusal(read, 'size is wrong');")).to.deep.equal([
      'a.ts:2: the size is wrong',
    ]);
    expect(unquotedIn(source, '// the size is wrong')).to.have.length(1);
  });
  it('may have parts that are only known when it is said', () => {
    const source = 'throw new StateError(`object ${id}: not (yet) ${what}`);';
    expect(unquotedIn(source, "'object 5: not (yet) a list'")).to.deep.equal([]);
    expect(unquotedIn(source, '`object ${id}: not (yet) a list`')).to.deep.equal([]);
    expect(unquotedIn(source, "'object 5: not yet a list'")).to.deep.equal([
      'a.ts:1: object ...: not (yet) ...',
    ]);
  });
  it('may be made by a function of what it is given', () => {
    expect(unquotedIn("checkRange(x, 0, 9, 'number of legs');", "''")).to.deep.equal([
      'a.ts:1: number of legs is out of range: ...',
    ]);
    expect(unquotedIn("checkLength(x, 9, 'the note');", "'the note has 8 bytes, not 9'")).to.deep.equal([]);
    expect(unquotedIn('throw loader.error(`expected ${kind}`);', "'Task#0.tid: expected int'")).to.deep.equal(
      [],
    );
  });
  it('is none when vkernel refuses what it saves itself', () =>
    expect(unquotedIn("throw saver.error('is no list');", "''")).to.deep.equal([]));
});
