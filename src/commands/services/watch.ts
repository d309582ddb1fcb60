import { CliError, defineCommand, explain } from '../../cli/command.ts';
import { flag, formatFlag } from '../../cli/flags.ts';
import { toJson, wantsJson } from '../../cli/format.ts';
import { type Change, changesBetween, changeText, type Instances, instancesOf } from '../../cli/instance-changes.ts';
import { blockingQuery } from '../../client/blocking-query.ts';
import { healthApi } from '../../client/catalog.ts';
import { statusApi } from '../../client/operator.ts';
import { deadline, realPace } from '../../client/pace.ts';
import { formatDurationMs } from '../../lib/duration.ts';
import { rfc3339 } from '../../lib/go-format.ts';

export default defineCommand({
  summary: 'Follows the instances of a service',
  usage: 'services watch [options] SERVICE',
  description: `Prints the instances of a service, and a line for each that comes, goes or changes its state, address or tags, until interrupted.

With -until-passing it ends as soon as that many instances pass, with exit code 0, or with 1 when -timeout comes first.`,
  examples: [
    ['services watch web', 'As it happens:'],
    ['services watch -format=json web', 'One JSON object a line, for a program:'],
    ['services watch -until-passing=3 -timeout=2m web', 'Wait for a deployment:'],
  ],
  http: 'all',
  flags: {
    tag: flag.strings('Only instances with this tag.'),
    timeout: flag.durationMs('How long to wait with -until-passing. Without it: for ever.'),
    'until-passing': flag.int('End when this many instances pass.'),
    format: formatFlag,
  },
  flagsAnywhere: true,

  async run({ args, flags, out, err, http: oneShot, client: connect, interrupted }) {
    const json = wantsJson(flags.format);
    const [service, ...more] = args;
    if (service === undefined) throw new CliError('Missing SERVICE argument');
    if (more.length > 0) throw new CliError(`Too many arguments (expected 1, got ${args.length})`);
    const { tag: tags, timeout, 'until-passing': enough } = flags;
    if (timeout > 0 && enough <= 0) throw new CliError('-timeout needs -until-passing');
    // Is there an agent? Later on it may come and go.
    await explain('Error querying Consul agent', statusApi(oneShot()).leader());

    const interruption = interrupted();
    const late = deadline(timeout || undefined, interruption, realPace);
    const client = await connect();
    const health = healthApi(client.http);
    const print = (change: Change): void => {
      const Time = rfc3339(Date.now());
      out(json ? toJson({ Time, ...change }, '') : `${Time} ${changeText(change)}\n`);
    };
    let known: Instances = new Map();
    let isFirst = true;
    try {
      const query = blockingQuery((options) => health.service(service, { ...options, tags }), { signal: late.signal });
      for await (const now of query) {
        if (now.kind === 'stale') {
          err(`${rfc3339(Date.now())} ${now.error.message}, retry in ${formatDurationMs(now.retryInMs)}\n`);
        }
        if (now.kind !== 'live') continue;
        const instances = instancesOf(now.value);
        for (const change of changesBetween(known, instances)) print(change);
        if (isFirst && instances.size === 0 && !json) err(`${service} has no instances yet\n`);
        isFirst = false;
        known = instances;
        if (enough > 0 && passingOf(known) >= enough) return 0;
      }
    } finally {
      late.done();
      client.close();
    }
    if (enough <= 0) return 0;
    if (!interruption.aborted) err(`Only ${passingOf(known)} of ${enough} instances of ${service} pass\n`);
    return 1;
  },
});

const passingOf = (instances: Instances): number =>
  [...instances.values()].filter(({ State }) => State === 'passing').length;
