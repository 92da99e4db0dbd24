/** `vkernel ps` */
import type { Command } from './command.js';
import { listMachines, type Listed } from './control-client.js';
import { print } from './output.js';
import { printable, table } from './printable.js';
import { currentUser, runtimeDirectory } from './runtime-directory.js';
import { durationText } from './size.js';

export const ps: Command = {
  name: 'ps',
  summary: 'List running vkernels: id, process id on the host, threads, uptime, image',
  positionals: [],
  options: { json: { kind: 'flag', describe: 'Print a JSON array' } },
  failureExitCode: 1,
  async run(line) {
    const listed = await listMachines(runtimeDirectory(currentUser()));
    await print(
      line.flag('json')
        ? `${JSON.stringify(listed.map(plain), null, 2)}\n`
        : `${psText(listed).join('\n')}\n`,
    );
    return 0;
  },
};

function plain({ id, machine }: Listed): object {
  if (machine === undefined) return { id, answers: false };
  const { hostPid, image, threads, uptimeMs } = machine;
  return { id, answers: true, hostPid, image, threads, uptimeMs };
}

/** The list as lines with a header. */
export function psText(listed: readonly Listed[]): string[] {
  const rows = listed.map(({ id, machine }) =>
    machine === undefined
      ? [id, '-', '-', '-', '(does not answer)']
      : [
          id,
          String(machine.hostPid),
          String(machine.threads),
          durationText(machine.uptimeMs),
          printable(machine.image),
        ],
  );
  return table([['ID', 'PID', 'THREADS', 'UPTIME', 'IMAGE'], ...rows], [1, 2, 3]);
}
