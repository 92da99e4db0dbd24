import { expect } from 'chai';
import { classByTag, declaredTags } from '../../src/ckpt/state/savable.js';
import '../../src/vkernel/machine/vkernel.js';

describe('the classes of the saved state', () => {
  // Unit tests declare wrong ones, too.
  const tags = declaredTags().filter((tag) => !tag.startsWith('Test'));
  it('are declared as they are', () => {
    expect(tags).to.include('Kernel').and.to.have.length.above(100);
    for (const tag of tags) expect(() => classByTag(tag), tag).not.to.throw();
  });
});
