/** Programs that need a terminal: what they show under `vkernel run -it` is what they show natively, screen by screen. */
import { expect } from 'chai';
import {
  compareScreens,
  keys,
  line,
  onScreen,
  requireNativeScreens,
  thenPrompt,
  whenResized,
} from '../support/screen-steps.js';

const BASH = ['bash', '--norc', '--noprofile'];

describe('Debian programs on a terminal', function () {
  this.timeout(300_000);
  before(requireNativeScreens);

  it('bash: editing, history, completion', () =>
    compareScreens(BASH, [
      { shows: /#$/m },
      line('echo one two', thenPrompt(/^one two$/m)),
      keys(/one two three/, 'Up', ' three'),
      keys(/echo zero/, 'C-a', 'C-k', 'echo zero'),
      keys(thenPrompt(/^zero$/m), 'Enter'),
      keys(/\(reverse-i-search\)`on': echo one two/, 'C-r', 'on'),
      keys(thenPrompt(/^one two\n.*^one two$/ms), 'Enter'),
      keys(/cat text/, 'cat te', 'Tab'),
      keys(/#$/m, 'C-u'),
      keys(/ls \/usr\/share\/te/, 'ls /usr/share/te', 'Tab'),
      keys(thenPrompt(/\^C/), 'C-c'),
      line('echo $?', thenPrompt(/^130$/m)),
      keys(/echo Grüße/, 'echo Gräße', 'Left', 'BSpace', 'BSpace', 'üß'),
      keys(thenPrompt(/^Grüße$/m), 'Enter'),
    ]));

  it('bash: jobs, signals and the size of the window', () =>
    compareScreens(BASH, [
      { shows: /#$/m },
      line(`perl -e '$SIG{CONT} = sub { print "on$/" }; $| = 1; print "go$/"; sleep 1 while 1'`, /^go$/m),
      keys(thenPrompt(/Stopped/), 'C-z'),
      line("clear; bash -c 'echo go; exec tee out'", /^go$/m),
      keys(/^a line\na line$/m, 'a line', 'Enter'),
      keys(thenPrompt(/\[2\].*Stopped/), 'C-z'),
      line('jobs', thenPrompt(/\[1\]-.*\[2\]\+/s)),
      line('clear; fg', /exec tee/m),
      keys(/^more\nmore$/m, 'morr', 'BSpace', 'e', 'Enter'),
      keys(/#$/m, 'C-d'),
      line('clear; cat out', thenPrompt(/^a line\nmore$/m)),
      line('fg', /^on$/m),
      keys(thenPrompt(/\^C\n/), 'C-c'),
      line('clear; echo $?; stty -a', thenPrompt(/-extproc$/m)),
      line('cat & clear; sleep 0.5; jobs', thenPrompt(/Stopped.*cat/)),
      line('kill -KILL %1; sleep 0.3; jobs', thenPrompt(/Killed.*cat/)),
      line('clear; bash -c "kill -STOP \\$\\$; exec sleep 1000"', thenPrompt(/Stopped/)),
      line('bg; jobs', thenPrompt(/Running/)),
      line('kill %1; wait', thenPrompt(/Terminated/)),
      line('clear; trap "echo got it" INT; echo go; read answer', /^go$/m),
      keys(/got it/, 'C-c'),
      keys(/#$/m, 'Enter'),
      {
        size: { columns: 60, rows: 15 },
        keys: [`${whenResized('15 60')}; echo $COLUMNS $LINES; stty size`, 'Enter'],
        shows: thenPrompt(/^60 15\n15 60$/m),
      },
      {
        size: { columns: 100, rows: 30 },
        keys: [`${whenResized('30 100')}; stty size`, 'Enter'],
        shows: thenPrompt(/^30 100$/m),
      },
      line(
        'clear; bash -c "stty raw -echo; echo raw; dd bs=1 count=3 2>/dev/null | od -c; stty sane"',
        /^raw$/m,
      ),
      keys(/0000000 {3}a 003 032/, 'a', 'C-c', 'C-z'),
    ]));

  it('vi', () =>
    compareScreens(
      ['vi', 'text'],
      [
        { shows: /^line 1 of/m },
        keys(/^Hello$/m, 'O', 'Hello', 'Enter', 'World', 'Escape'),
        keys(/^line 198/m, 'G'),
        keys(/line 77/, '/line 77', 'Enter'),
        keys(/fewer lines/, '5dd'),
        keys(/ 77 /, ':set number', 'Enter'),
        { size: { columns: 60, rows: 12 }, shows: /77/ },
        keys(/written/, ':w', 'Enter'),
        keys(/^world$/m, ':!tail -1 text; echo world', 'Enter'),
        keys(/77/, 'Enter'),
      ],
    ));

  it('less', () =>
    compareScreens(BASH, [
      { shows: /#$/m },
      line('less text', /^text$/m),
      keys(/^line 40 of/m, 'Space'),
      keys(/^line 120 of/m, '/line 12[0-9]', 'Enter'),
      keys(/\(END\)/, 'G'),
      keys(/^line 1 of/m, 'g'),
      { size: { columns: 30, rows: 10 }, shows: /^:$/m },
      keys(/!/, '!'),
      keys(/done/, 'echo done', 'Enter'),
      keys(/^text$/m, 'Enter'),
      keys(/#$/m, 'q'),
    ]));

  it('top', () =>
    onScreen(['top', '-d', '0.5'], async (screen) => {
      const shown = await screen.settled(/ top$/m);
      expect(shown).to.match(/^top - \d\d:\d\d:\d\d up .* load average: \d/);
      expect(shown).to.match(/^Tasks: +1 total, +1 running/m);
      expect(shown).to.match(/^%Cpu\(s\):.*us,/m);
      expect(shown).to.match(/^ +PID USER +PR +NI +VIRT +RES +SHR S +%CPU +%MEM +TIME\+ COMMAND$/m);
      const at = shown.slice(0, 20);
      for (const deadlineMs = Date.now() + 10_000; screen.text.startsWith(at);)
        expect(Date.now(), 'the screen changes by itself').to.be.below(deadlineMs);
      screen.type('h');
      await screen.settled(/Help for Interactive Commands/);
      screen.type('q', 'q');
    }));
});
