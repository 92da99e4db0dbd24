import { expect } from 'chai';
import { existsSync, mkdtempSync, rmSync, statSync, utimesSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listMachines, snapshotMachine } from '../../../src/vkernel/cli/control-client.js';
import { parseReply, parseRequest } from '../../../src/vkernel/cli/control-messages.js';
import { ControlServer, type ControlledMachine } from '../../../src/vkernel/cli/control-server.js';
import { psText } from '../../../src/vkernel/cli/ps.js';

const INFO = { image: '/bin/app', threads: 3, uptimeMs: 65_000, hostPid: 42 };
const NOTHING = (): void => undefined;

/** A machine that writes no file. */
const machine: ControlledMachine = {
  info: () => INFO,
  snapshot(file, { stop, onProgress }) {
    if (file.endsWith('full')) return Promise.reject(new Error('disk full'));
    onProgress?.(1, 2);
    return Promise.resolve({
      file,
      bytes: stop === true ? 2 : 1,
      pages: 0,
      newPages: 0,
      threads: 3,
      lost: ['a socket'],
    });
  },
};

describe('the control socket', () => {
  let directory: string;
  const servers: ControlServer[] = [];
  const listen = async (id: string): Promise<ControlServer> => {
    const server = await ControlServer.listen(directory, id, machine);
    servers.push(server);
    return server;
  };
  beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'vk-ctl-'))));
  afterEach(() => {
    servers.splice(0).forEach((server) => server.close());
    rmSync(directory, { recursive: true });
  });
  const path = (id: string): string => join(directory, `${id}.sock`);

  /** What the server answers to these bytes, until it closes the connection. */
  const raw = (id: string, bytes: string): Promise<string> =>
    new Promise((resolve, reject) => {
      let answer = '';
      const socket: Socket = connect(path(id), () => socket.write(bytes));
      socket.on('data', (chunk) => (answer += chunk.toString()));
      socket.on('close', () => resolve(answer));
      socket.on('error', (error: NodeJS.ErrnoException) =>
        error.code === 'EPIPE' || error.code === 'ECONNRESET' ? undefined : reject(error),
      );
    });

  it('is for its user alone, and goes with its vkernel', async () => {
    const server = await listen('abc');
    expect(statSync(path('abc')).mode & 0o777).to.equal(0o600);
    server.close();
    expect(existsSync(path('abc'))).to.equal(false);
  });
  it('answers what ps asks', async () => {
    await listen('abc');
    await listen('xyz');
    const listed = await listMachines(directory);
    expect(listed).to.deep.equal([
      { id: 'abc', machine: INFO },
      { id: 'xyz', machine: INFO },
    ]);
    expect(psText(listed)).to.deep.equal([
      'ID   PID  THREADS  UPTIME  IMAGE',
      'abc   42        3   1m05s  /bin/app',
      'xyz   42        3   1m05s  /bin/app',
    ]);
  });
  it('takes snapshots, with progress and a report', async () => {
    await listen('abc');
    const progress: number[][] = [];
    const report = await snapshotMachine(directory, 'abc', { file: '/f', stop: true }, (...seen) =>
      progress.push(seen),
    );
    expect(report).to.deep.equal({
      file: '/f',
      bytes: 2,
      pages: 0,
      newPages: 0,
      threads: 3,
      lost: ['a socket'],
    });
    expect(progress).to.deep.equal([
      [0, 0],
      [1, 2],
    ]);
  });
  it('passes on why a snapshot failed', async () => {
    await listen('abc');
    const failed = await snapshotMachine(directory, 'abc', { file: '/full', stop: false }, NOTHING).catch(
      (e: Error) => e,
    );
    expect(failed).to.be.an('error').with.property('message').that.contains('disk full');
  });
  it('is found by the beginning of an id', async () => {
    await listen('abc');
    await listen('abd');
    const take = (id: string): Promise<unknown> =>
      snapshotMachine(directory, id, { file: '/f', stop: false }, NOTHING).catch((e: Error) => e.message);
    expect(await take('abd')).to.have.property('file');
    expect(await take('ab')).to.contain("more than one vkernel begins with 'ab': abc, abd");
    for (const id of ['b', '', '../abc', 'abcd'])
      expect(await take(id)).to.contain(`no running vkernel '${id}'`);
  });
  it('cannot take the id of another', async () => {
    await listen('abc');
    expect(await listen('abc').catch((e: Error) => e.message)).to.contain('abc.sock is there already');
  });
  it('of a vkernel that is gone is removed, once it is not brand new', async () => {
    // A killed process leaves its socket file behind.
    const server: Server = createServer();
    await new Promise<void>((resolve) => server.listen(path('dead'), resolve));
    const { spawnSync } = await import('node:child_process');
    spawnSync(process.execPath, [
      '-e',
      `require('net').createServer().listen(${JSON.stringify(path('gone'))}, () => process.kill(process.pid, 'SIGKILL'))`,
    ]);
    server.close();
    expect(existsSync(path('gone'))).to.equal(true);
    expect(await listMachines(directory)).to.deep.equal([]);
    expect(existsSync(path('gone'))).to.equal(true);
    utimesSync(path('gone'), 1, 1);
    expect(await listMachines(directory)).to.deep.equal([]);
    expect(existsSync(path('gone'))).to.equal(false);
  });
  it('refuses what is no request', async () => {
    await listen('abc');
    const bad = [
      'null',
      '[]',
      '{}',
      'x',
      '{"do":"exec"}',
      '{"do":"snapshot","file":"rel","stop":true}',
      '{"do":"snapshot","file":"/f"}',
    ];
    for (const line of bad)
      expect(JSON.parse(await raw('abc', `${line}\n`)))
        .to.have.property('error')
        .that.is.a('string');
  });
  it('does not swallow endless requests', async () => {
    await listen('abc');
    expect(await raw('abc', 'x'.repeat(1 << 20))).to.contain('the request is too long');
    expect(await listMachines(directory)).to.have.length(1);
  });
  it('answers one request a connection', async () => {
    await listen('abc');
    const answer = await raw('abc', '{"do":"info"}\n{"do":"info"}\n');
    expect(answer.trim().split('\n')).to.have.length(1);
  });
});

describe('control messages', () => {
  it('keep nothing that was not asked for', () => {
    expect(parseRequest('{"do":"info","x":1}')).to.deep.equal({ do: 'info' });
    expect(parseRequest('{"do":"snapshot","file":"/f","stop":false,"x":1}')).to.deep.equal({
      do: 'snapshot',
      file: '/f',
      stop: false,
    });
  });
  it('are checked on the way back too', () => {
    const bad = [
      '1',
      '{}',
      '{"progress":[1]}',
      '{"info":{"image":"x"}}',
      '{"snapshot":{"file":"/f","bytes":1,"pages":0,"newPages":0,"threads":1,"lost":[1]}}',
    ];
    for (const line of bad) expect(() => parseReply(line), line).to.throw();
    expect(parseReply('{"progress":[1,2]}')).to.deep.equal({ progress: [1, 2] });
  });
});
