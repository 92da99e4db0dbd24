/** What is wrong with the pages of a core, wherever they are, in one line. test/structure finds refusals that have no case. */
import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { NT_VKERNEL_PAGES, pageNote, readPageNote, type PageNote } from '../../src/ckpt/image/page-note.js';
import { openCore, type OpenedCore } from '../../src/ckpt/image/thaw.js';
import { VKernel } from '../../src/vkernel/machine/vkernel.js';
import { changeImages } from '../support/change-core.js';
import { expectRefusal } from '../support/refusal.js';
import { guest, inFolder, Output } from './machine.js';

type Path = (name: string) => string;

const PAGE = 4096;

/** The same machine as a whole, compressed, and as what changed since. */
async function threeForms(path: Path): Promise<void> {
  const stdout = new Output();
  const image = guest('musl/programs/threads');
  const machine = await VKernel.boot({ image, args: ['2', '1000', '20'], stdout });
  await stdout.includes('round 1 of');
  await machine.snapshot(path('whole'));
  await machine.snapshot(path('compressed'), { compress: true });
  await machine.snapshot(path('whole'));
  await stdout.includes('round 2 of');
  await machine.snapshot(path('changes'), { base: path('whole'), stop: true });
  await machine.wait();
}

/** The core with another note of its pages. */
function renote(file: string, change: (note: PageNote) => PageNote): Uint8Array {
  return changeImages(readFileSync(file), (images) =>
    images.map((image) => ({
      ...image,
      vkernelNotes: image.vkernelNotes.map((note) =>
        note.type === NT_VKERNEL_PAGES ? pageNote(change(readPageNote(note, images))) : note,
      ),
    })),
  );
}

const rewrite = (file: string, at: number, bytes: Uint8Array): void => {
  const whole = readFileSync(file);
  whole.set(bytes, at);
  writeFileSync(file, whole);
};

const sectionOf = (file: string): number => {
  const core = openCore(file);
  core.close();
  return core.core.pageSectionOffset;
};

/** Opens it, damages it then, and reads its first page. */
async function expectUnreadable(file: string, damage: () => void, message: string): Promise<void> {
  const core: OpenedCore = openCore(file);
  try {
    await core.prepare();
    damage();
    expectRefusal(() => core.pages.read(0, new Uint8Array(PAGE)), message);
  } finally {
    core.close();
  }
}

const expectUnopened = (file: string, message: string): void =>
  expectRefusal(() => openCore(file).close(), message);

describe('ckpt: pages that cannot be read', function () {
  this.timeout(60_000);

  it('are no longer in the file', () =>
    inFolder(async (path) => {
      await threeForms(path);
      const whole = sectionOf(path('whole'));
      await expectUnreadable(
        path('whole'),
        () => truncateSync(path('whole'), whole + 5),
        'truncated: the page section could not be read whole',
      );
      const compressed = sectionOf(path('compressed'));
      await expectUnreadable(
        path('compressed'),
        () => truncateSync(path('compressed'), compressed + 5),
        'truncated: a block of compressed pages',
      );
      expectUnopened(path('compressed'), 'the table of compressed pages is damaged, or the file cut short');
      truncateSync(path('compressed'), compressed);
      expectUnopened(path('compressed'), 'truncated: the table of compressed pages');
    }));

  it('are damaged where they are compressed', () =>
    inFolder(async (path) => {
      await threeForms(path);
      const start = sectionOf(path('compressed'));
      await expectUnreadable(
        path('compressed'),
        () => rewrite(path('compressed'), start + 40, new Uint8Array(60).fill(0xff)),
        'a block of compressed pages is damaged',
      );
      // Its header (RFC 8878, 3.1.1.1).
      await expectUnreadable(
        path('compressed'),
        () => rewrite(path('compressed'), start + 5, Uint8Array.of(0xff, 0xff)),
        'a block of compressed pages has another size',
      );
    }));

  it('are in no earlier core', () =>
    inFolder(async (path) => {
      await threeForms(path);
      const behind = renote(path('changes'), ({ sources, ...note }) => ({
        ...note,
        sources: sources.map((run) => (run.fromBase ? { ...run, index: 2 ** 20 } : run)),
      }));
      writeFileSync(path('behind'), behind);
      expectUnopened(path('behind'), 'a page of the base is behind its last one');
      const named = (name: string): Uint8Array =>
        renote(path('changes'), (note) => ({ ...note, base: { path: name, digest: new Uint8Array(32) } }));
      writeFileSync(path('other'), named('whole'));
      expectUnopened(
        path('other'),
        `${path('other')} builds on ${path('whole')}, which is another core by now`,
      );
      writeFileSync(path('circle'), named('circle'));
      expectUnopened(path('circle'), `${path('circle')} builds on ${path('circle')}, in too long a chain`);
      truncateSync(path('whole'), 1);
      expectUnopened(
        path('changes'),
        `${path('changes')} builds on ${path('whole')}: truncated: the ELF header ends at 64, file has 1 bytes`,
      );
    }));
});
