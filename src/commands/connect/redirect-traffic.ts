import { CliError, defineCommand } from '../../cli/command.ts';
import { flag } from '../../cli/flags.ts';
import { namespaceFlag } from '../../cli/namespace.ts';

export default defineCommand({
  summary: 'Sends the traffic of a service through its proxy',
  usage: 'connect redirect-traffic [options]',
  description: `In Consul it writes firewall rules that send what a service says and hears through its proxy, unasked.

It is not supported yet: the built-in proxy cannot tell where such connections wanted to go.`,
  examples: [['connect redirect-traffic -proxy-uid 1234 -proxy-inbound-port 20000', 'What Consul would take:']],
  http: 'agent',
  flags: {
    'proxy-uid': flag.string('User id of the proxy: its own traffic is left alone. Required.'),
    'proxy-id': flag.string('Registered proxy whose ports are taken.'),
    'proxy-inbound-port': flag.int('Port of the proxy for what comes in.'),
    'proxy-outbound-port': flag.int('Port of the proxy for what goes out.', { initial: 15001 }),
    'exclude-inbound-port': flag.strings('Port that is left alone.'),
    'exclude-outbound-port': flag.strings('Port of others that is left alone.'),
    'exclude-outbound-cidr': flag.strings('Network that is left alone.'),
    'exclude-uid': flag.strings('User id that is left alone.'),
    netns: flag.string('Network namespace in which to write the rules.'),
    namespace: namespaceFlag,
  },

  run({ flags }) {
    if (flags['proxy-uid'] === '') throw new CliError('==> -proxy-uid is required');
    if (flags['proxy-id'] === '' && flags['proxy-inbound-port'] === 0) {
      throw new CliError('==> either -proxy-id or -proxy-inbound-port are required');
    }
    throw new CliError('==> connect redirect-traffic is not supported yet');
  },
});
