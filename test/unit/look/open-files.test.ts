import { expect } from 'chai';
import { openFiles, openFileText } from '../../../src/ckpt/look/open-files.js';
import { StateView } from '../../../src/ckpt/look/state-view.js';

describe('the open files of a core', () => {
  it('are found with their paths, across mounts', () => {
    const objects = {
      'Task#1': { process: 'Process#2', files: 'vfs.FdTable#3' },
      'Task#9': { process: 'Process#2', files: 'vfs.FdTable#3' },
      'Process#2': { pid: 7 },
      'vfs.FdTable#3': { files: ['tty.File#4', null, 'tmpfs.File#5'] },
      'tty.File#4': { location: 'vfs.Location#6', offset: 0 },
      'tmpfs.File#5': { location: 'vfs.Location#7', offset: 12 },
      'vfs.Location#6': { mount: null, name: 'pipe:[1]', parent: null },
      'vfs.Location#7': { mount: 'vfs.Mount#8', name: 'caf\u00c3\u00a9', parent: 'vfs.Location#10' },
      'vfs.Location#10': { mount: 'vfs.Mount#8', name: '', parent: null },
      'vfs.Mount#8': { mountpoint: 'vfs.Location#11' },
      'vfs.Location#11': { mount: 'vfs.Mount#12', name: 'mnt', parent: 'vfs.Location#13' },
      'vfs.Location#13': { mount: 'vfs.Mount#12', name: '', parent: null },
      'vfs.Mount#12': { mountpoint: null },
    };
    expect(
      [...openFiles(new StateView(objects))].map(([pid, files]) => [pid, files.map(openFileText)]),
    ).to.deep.equal([[7, ['pipe:[1] (tty.File)', '/mnt/café, at 12 (tmpfs.File)']]]);
  });
  it('of a damaged graph end somewhere', () => {
    const objects = {
      'Task#1': { process: 'Process#2', files: 'vfs.FdTable#3' },
      'Process#2': { pid: 7 },
      'vfs.FdTable#3': { files: ['F#4', 'F#99'] },
      'F#4': { location: 'L#5', offset: 'x' },
      'L#5': { mount: 'M#6', name: 'a', parent: 'L#5' },
    };
    expect(openFiles(new StateView(objects)).get(7)).to.have.length(2);
  });
});
