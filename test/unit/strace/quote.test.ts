import { expect } from 'chai';
import { hexAddress, hexNumber, quote, quoteHex } from '../../../src/vkernel/strace/quote.js';

describe('quoting', () => {
  it('escapes as C does, octal as short as it may be', () => {
    expect(quote('x\0\x01\x001\xffyz')).to.equal('"x\\0\\1\\0001\\377yz"');
    expect(quote('tab\tquote"back\\new\n')).to.equal('"tab\\tquote\\"back\\\\new\\n"');
  });
  it('cuts long strings', () => {
    expect(quote('abcdef', 6)).to.equal('"abcdef"');
    expect(quote('abcdefg', 6)).to.equal('"abcdef"...');
    // The digit behind the cut is not printed, so the escape before it may be short.
    expect(quote('\x011', 1)).to.equal('"\\1"...');
  });
  it('prints random bytes in hexadecimal', () => {
    expect(quoteHex(Uint8Array.of(0x62, 5, 0xff))).to.equal('"\\x62\\x05\\xff"');
  });
  it('knows null pointers from zeros', () => {
    expect([hexAddress(0n), hexAddress(4096n), hexNumber(0), hexNumber(16)]).to.deep.equal([
      'NULL',
      '0x1000',
      '0',
      '0x10',
    ]);
  });
});
