/** Sessions that are frozen on one terminal and go on in another one, of another size. */
import { compareScreens, keys, line, requireNativeScreens, thenPrompt } from '../support/screen-steps.js';

const ELSEWHERE = { size: { columns: 70, rows: 12 }, elsewhere: true };

describe('Debian programs that go on in another terminal', function () {
  this.timeout(300_000);
  before(requireNativeScreens);

  it('vi, in the midst of typing', () =>
    compareScreens(
      ['vi', 'text'],
      [
        { shows: /^line 1 of/m },
        keys(/^Hello$/m, 'O', 'Hello', 'Enter', 'Wor'),
        { ...ELSEWHERE, shows: /^Wor$/m },
        keys(/^World$/m, 'ld'),
        keys(/^line 198/m, 'Escape', 'G'),
        keys(/written/, ':w', 'Enter'),
      ],
    ));

  it('bash, with a line that is not finished', () =>
    compareScreens(
      ['bash', '--norc', '--noprofile'],
      [
        { shows: /#$/m },
        line('echo one', thenPrompt(/^one$/m)),
        line(`clear; bash -c 'echo go; exec sleep 99'`, /^go$/m),
        keys(thenPrompt(/Stopped/), 'C-z'),
        keys(/#$/m, 'C-l'),
        keys(/echo tw$/m, 'echo tw'),
        { ...ELSEWHERE, shows: /echo tw$/m },
        keys(thenPrompt(/^two$/m), 'o', 'Enter'),
        line('clear; stty size; jobs', thenPrompt(/^12 70\n.*Stopped.*exec sleep 99'$/m)),
        line('clear; history', /; history$/m),
      ],
    ));

  it('a pseudoterminal with half a line in it', () =>
    compareScreens(
      ['bash', '--norc', '--noprofile'],
      [
        { shows: /#$/m },
        line(
          `clear; script -q -c "bash -c 'read -r a b c; clear; echo \\$a-\\$b-\\$c; stty size'" /tmp/log`,
          /^$/m,
        ),
        keys(/half a li$/m, 'half a li'),
        { ...ELSEWHERE, keys: ['ne', 'Enter'], shows: /^half-a-line\n12 70$/m },
      ],
    ));
});
