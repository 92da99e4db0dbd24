import { expect } from 'chai';
import { decodeGraph, encodeGraph, STATE_VERSION } from '../../../src/ckpt/state/cbor.js';
import { listOf, str, uint } from '../../../src/ckpt/state/codecs.js';
import { loadGraph } from '../../../src/ckpt/state/load.js';
import {
  addProperty,
  MIGRATIONS,
  removeProperty,
  renameClass,
  type Migration,
} from '../../../src/ckpt/state/migrations.js';
import { ref } from '../../../src/ckpt/state/references.js';
import { savable, savableBase, tagOf } from '../../../src/ckpt/state/savable.js';
import { saveGraph } from '../../../src/ckpt/state/save.js';

/** How a class looked in an earlier version, and how it looks now. */
class OldShip {
  name = 'Beagle';
  guns = 6;
  others: OldShip[] = [];
}
savable('TestOldShip', OldShip, { name: str, guns: uint, others: listOf(ref(() => OldShip)) });

class Ship {
  name = '';
  others: Ship[] = [];
  masts = 0;
}
savable('TestShip', Ship, { name: str, others: listOf(ref(() => Ship)), masts: uint });

const STEPS: readonly Migration[] = [
  ...MIGRATIONS,
  renameClass('TestOldShip', 'TestShip'),
  removeProperty('TestShip', 'guns'),
  addProperty('TestShip', 'masts', 'uint', 3),
];

function oldFleet(): Uint8Array {
  const flagship = new OldShip();
  flagship.others.push(new OldShip(), flagship);
  return encodeGraph(saveGraph(flagship).graph);
}

describe('state: migrations', () => {
  it('bring state of an earlier version up to date', () => {
    const { root } = loadGraph(decodeGraph(oldFleet(), STEPS), Ship);
    expect(root).to.include({ name: 'Beagle', masts: 3 });
    expect(root.others).to.have.length(2);
    expect(root.others[1]).to.equal(root);
    expect(root.others[0]).to.deep.equal(Object.assign(new Ship(), { name: 'Beagle', masts: 3 }));
  });

  it('leave state of the newest version alone', () => {
    const ship = new Ship();
    const graph = decodeGraph(encodeGraph(saveGraph(ship).graph));
    expect(loadGraph(graph, Ship).root).to.deep.equal(ship);
  });

  it('do nothing to classes that the state does not have', () => {
    const graph = decodeGraph(encodeGraph(saveGraph(new Ship()).graph));
    for (const step of [renameClass('A', 'B'), removeProperty('A', 'b'), addProperty('A', 'b', 'uint', 1)])
      expect(step(graph)).to.deep.equal(graph);
  });

  it('do not make newer state readable, nor state of no version at all', () => {
    const bytes = oldFleet();
    const version = bytes.indexOf(STATE_VERSION, 1 + 'vkernel-state'.length);
    const withVersion = (number: number): Uint8Array =>
      Uint8Array.from(bytes).fill(number, version, version + 1);
    expect(() => decodeGraph(withVersion(STATE_VERSION + 1))).to.throw('this vkernel reads');
    expect(() => decodeGraph(withVersion(0))).to.throw('state of version number 0');
    expect(() => decodeGraph(withVersion(STATE_VERSION + STEPS.length), STEPS)).to.not.throw();
  });
});

describe('state: tags', () => {
  abstract class Base {
    abstract size(): number;
  }

  it('are what references say, whatever the class is called', () => {
    savableBase('test.Base', Base);
    expect(ref(() => Base).kind).to.equal('ref test.Base');
    expect(tagOf(Ship)).to.equal('TestShip');
  });

  it('are refused twice, and missed where they are needed', () => {
    class Unknown {}
    expect(() => savableBase('TestShip', Unknown)).to.throw('used by two classes');
    expect(() => savableBase('test.Base', Unknown)).to.throw('used by two classes');
    expect(() => savableBase('no tag', Unknown)).to.throw('not a usable tag');
    expect(() => ref(() => Unknown).kind).to.throw('class Unknown has no tag');
  });
});
