import { expect } from 'chai';
import { formatAddress, isAutobind, parseAddress } from '../../../src/vkernel/net/unix/address.js';
import { chargeOfChunk, chargeOfPacket, chunkSize } from '../../../src/vkernel/net/unix/charge.js';
import { DEFAULT_BUFFER_BYTES, SocketOptions } from '../../../src/vkernel/net/unix/socket-options.js';
import { EINVAL, SysError } from '../../../src/vkernel/abi/errno.js';

const address = (family: number, text: string): Uint8Array =>
  Uint8Array.from([family, 0, ...Buffer.from(text, 'latin1')]);

function errnoOf(action: () => unknown): number | undefined {
  try {
    action();
  } catch (error) {
    if (error instanceof SysError) return error.errno;
    throw error;
  }
  return undefined;
}

describe('addresses of unix(7)', () => {
  it('ends a path at its zero, and an abstract name nowhere', () => {
    expect(parseAddress(address(1, '/run/x\0rest'))).to.equal('/run/x');
    expect(parseAddress(address(1, '/run/x'))).to.equal('/run/x');
    expect(parseAddress(address(1, '\0a\0b'))).to.equal('\0a\0b');
  });

  it('shows a path with its zero and a socket without a name as its family alone', () => {
    expect(formatAddress('/x')).to.deep.equal(address(1, '/x\0'));
    expect(formatAddress('\0x')).to.deep.equal(address(1, '\0x'));
    expect(formatAddress(undefined)).to.deep.equal(address(1, ''));
  });

  it('refuses other families, no name and too many bytes', () => {
    for (const bad of [address(2, '/x'), address(1, ''), address(1, 'x'.repeat(109)), new Uint8Array(1)])
      expect(errnoOf(() => parseAddress(bad))).to.equal(EINVAL);
    expect(isAutobind(address(1, ''))).to.equal(true);
    expect(isAutobind(address(2, ''))).to.equal(false);
  });
});

describe('what a sender is charged', () => {
  /** How many bytes go out in writes of that size before the next would wait. */
  function capacity(writeBytes: number): number {
    let charged = 0;
    for (let sent = 0; ;) {
      for (let left = writeBytes; left > 0;) {
        if (charged >= DEFAULT_BUFFER_BYTES) return sent;
        const size = chunkSize(left, DEFAULT_BUFFER_BYTES);
        charged += chargeOfChunk(size);
        left -= size;
        sent += size;
      }
    }
  }

  it('lets as much into a stream as Linux does', () => {
    expect(capacity(1)).to.equal(278);
    expect(capacity(4096)).to.equal(180_224);
    expect(capacity(100_000)).to.equal(236_544);
  });

  it('counts the memory of a packet, not its bytes', () => {
    expect(chargeOfPacket(0)).to.equal(768);
    expect(Math.ceil(DEFAULT_BUFFER_BYTES / chargeOfPacket(1))).to.equal(278);
  });
});

describe('buffer sizes of sockets', () => {
  it('are doubled, and never too small', () => {
    const options = new SocketOptions();
    options.setSendBuffer(10_000, false);
    options.setReceiveBuffer(0, false);
    expect(options.sendBufferBytes).to.equal(20_000);
    expect(options.receiveBufferBytes).to.equal(2304);
    options.setSendBuffer(1 << 30, false);
    expect(options.sendBufferBytes).to.equal(2 * DEFAULT_BUFFER_BYTES);
  });
});
