/** `--env K=V` */
import { CliError } from './cli-error.js';

/** The variables of repeated options; the last one wins. Never takes a value from our own environment. */
export function parseEnvironment(settings: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    settings.map((setting) => {
      const equals = setting.indexOf('=');
      if (equals < 1) throw new CliError(`--env: '${setting}' sets nothing; write NAME=VALUE`);
      return [setting.slice(0, equals), setting.slice(equals + 1)];
    }),
  );
}
