import { writeFileSync } from 'node:fs';
import { CliError, defineCommand } from '../../../cli/command.ts';
import { systemText } from '../../../lib/system-text.ts';

export default defineCommand({
  summary: 'Internal shim command that sends a bootstrap document through a pipe',
  usage: 'should only be used internally by tc connect envoy',
  internal: true,
  examples: [['connect envoy pipe-bootstrap /tmp/bootstrap', 'The document comes from stdin:']],
  description: 'Copies its input to a named pipe, and removes nothing.',

  async run({ args, stdin }) {
    const [path] = args;
    if (path === undefined || args.length !== 1) throw new CliError('Expecting named pipe path as argument');
    const document = await stdin();
    try {
      writeFileSync(path, document, { mode: 0o600 });
    } catch (error) {
      throw new CliError(`Failed writing to the pipe: ${systemText(error)}`);
    }
  },
});
