import { expect } from 'chai';
import { ScreenModes } from '../../../src/vkernel/tty/screen-modes.js';

function after(...pieces: readonly string[]): ScreenModes {
  const screen = new ScreenModes();
  for (const piece of pieces) screen.observe(Buffer.from(piece, 'latin1'));
  return screen;
}

describe('the modes of a screen', () => {
  it('are those of a fresh terminal after text, colours and moves', () => {
    const screen = after(
      'text \x1b[1;31mred\x1b[0m\x1b[2;5H\x1b[2J\x1b]0;title\x07 \x1b[?25h\x1b[?7h\x1b[?1049l',
    );
    expect([screen.undone, screen.redone]).to.deep.equal(['', '']);
  });
  it('are undone backwards and done again in order', () => {
    const screen = after('\x1b[?1049h\x1b[?1h\x1b=\x1b[?25l\x1b[?1000;1006h\x1b[>4;2m\x1b(0');
    expect(screen.redone).to.equal('\x1b[?1049h\x1b[?1h\x1b=\x1b[?25l\x1b[?1000h\x1b[?1006h\x1b[>4;2m\x1b(0');
    expect(screen.undone).to.equal('\x1b(B\x1b[>4m\x1b[?1006l\x1b[?1000l\x1b[?25h\x1b>\x1b[?1l\x1b[?1049l');
  });
  it('are found whatever the pieces of the output', () => {
    const output = 'a\x1b[?1049hb\x1b[?2004hc\x1b[?1049ld\x1b(';
    const whole = after(output, 'B');
    expect(whole.redone).to.equal('\x1b[?2004h');
    expect(after(...output, 'B')).to.deep.equal(whole);
  });
  it('know colours and a scroll region that were left, which programs set again', () => {
    const screen = after('\x1b[31m\x1b[2;10r');
    expect(screen.undone).to.equal('\x1b7\x1b[r\x1b8\x1b[m');
    expect(screen.redone).to.equal('');
    screen.observe(Buffer.from('\x1b[r\x1b[m'));
    expect(screen.undone).to.equal('');
  });
  it('are all gone after a reset', () => {
    expect(after('\x1b[?1049h\x1b=\x1b[31m\x1bc').undone).to.equal('');
  });
  it('keep nothing of modes that are unknown, nor of sequences without an end', () => {
    const screen = after('\x1b[?4711h', `\x1b[${'1;'.repeat(100)}`);
    expect([screen.undone, screen.unfinished]).to.deep.equal(['', '']);
  });
  it('tell who watches of each change, not of each output', () => {
    const screen = new ScreenModes();
    let changes = 0;
    screen.watcher = { changed: () => changes++ };
    for (const piece of ['text', '\x1b[?25l', '\x1b[?25l', '\x1b[H', '\x1b[?25h'])
      screen.observe(Buffer.from(piece));
    expect(changes).to.equal(2);
  });
});
