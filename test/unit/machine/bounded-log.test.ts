import { expect } from 'chai';
import { boundedLog } from '../../../src/vkernel/machine/bounded-log.js';

describe('bounded log', () => {
  it('says each thing once', () => {
    const lines: string[] = [];
    const log = boundedLog((line) => lines.push(line));
    ['a', 'b', 'a', 'a', 'c'].forEach(log);
    expect(lines).to.deep.equal(['a', 'b', 'c']);
  });

  it('falls silent when a guest floods it', () => {
    const lines: string[] = [];
    const log = boundedLog((line) => lines.push(line));
    for (let i = 0; i < 2000; i++) log(`flag ${i}`);
    expect(lines).to.have.length(501);
    expect(lines.at(-1)).to.equal('more than 500 messages: the others are not shown');
  });
});
