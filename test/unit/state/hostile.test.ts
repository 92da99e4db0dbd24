/** State with any bytes changed. What each refusal says is in refusals.test.ts. */
import { expect } from 'chai';
import { decodeGraph, encodeGraph } from '../../../src/ckpt/state/cbor.js';
import type { Wire } from '../../../src/ckpt/state/codec.js';
import { loadGraph } from '../../../src/ckpt/state/load.js';
import { saveGraph } from '../../../src/ckpt/state/save.js';
import { StateError } from '../../../src/ckpt/state/state-error.js';
import { Random } from '../../support/random.js';
import { graph, services, Task } from './fixture.js';

describe('state: a graph that another program wrote', () => {
  it('may have the properties of a class in another order', () => {
    const reversed = {
      schemas: graph.schemas.map((s) =>
        s.tag === 'TestFileInode' ? { ...s, fields: [...s.fields].reverse() } : s,
      ),
      objects: graph.objects.map((r) =>
        graph.schemas[r[0] as number]!.tag === 'TestFileInode' ? [r[0]!, ...r.slice(1).reverse()] : r,
      ),
    };
    expect(saveGraph(loadGraph(reversed, Task, services).root, services).graph.objects[3]).to.deep.equal(
      graph.objects[3],
    );
  });
});

describe('state: hostile bytes', () => {
  const good = encodeGraph(graph);

  it('are refused at every truncation', () => {
    for (let length = 0; length < good.length; length++) {
      expect(() => decodeGraph(good.subarray(0, length)), `${length}`).to.throw(StateError);
    }
  });

  it('with random bytes changed, loads or throws a StateError of one line, and what loads saves to the same graph', () => {
    const random = new Random(1);
    let refused = 0;
    for (let round = 0; round < 3000; round++) {
      const bad = Uint8Array.from(good);
      for (let flips = 1 + random.below(3); flips > 0; flips--)
        bad[random.below(bad.length)] = random.below(256);
      try {
        const read = decodeGraph(bad);
        const { root } = loadGraph(read, Task, services);
        const pipe = read.objects[5] as Wire[];
        pipe[pipe.length - 1] = null; // what was lost at the first save is not there to lose at the second
        expect(saveGraph(root, services).graph, `round ${round}`).to.deep.equal(read);
      } catch (error) {
        expect(error, `round ${round}`).to.be.instanceOf(StateError);
        expect((error as StateError).message).to.match(/^[\x20-\x7e]+$/);
        refused++;
      }
    }
    expect(refused).to.be.greaterThan(2000);
  });
});
