import { failureOf, startChild } from '../cli/child.ts';
import { CliError, defineCommand, explain } from '../cli/command.ts';
import { flag } from '../cli/flags.ts';
import { toJson } from '../cli/format.ts';
import { blockingQuery } from '../client/blocking-query.ts';
import type { ConsulHttp } from '../client/http.ts';
import { statusApi } from '../client/operator.ts';
import { formatDurationMs } from '../lib/duration.ts';
import { rfc3339 } from '../lib/go-format.ts';
import { planWatch, type WatchParameters, WatchPlanError, type WatchQuery, watchTypes } from '../watch/plan.ts';

const minBackoffMs = 5_000;
const maxBackoffMs = 180_000;

export default defineCommand({
  summary: 'Watch for changes in Consul',
  usage: 'watch [options] [child...]',
  description: `Follows a view of the data: a key, the keys of a prefix, nodes, services, a service's instances, checks or events.

With a child, it is run for the first answer and for every change, with the data as JSON on its stdin and CONSUL_INDEX in its environment; the watch ends when it fails. Without a child the data is printed once.`,
  examples: [
    ['watch -type=key -key=app/config ./reload.sh', 'Run a script whenever a key changes:'],
    ['watch -type=service -service=web -passingonly=true', 'Print the healthy instances of a service:'],
  ],
  http: 'all',
  flags: {
    key: flag.string('Key to watch. Only for -type=key.'),
    name: flag.string('Name of the events to watch. Only for -type=event.'),
    passingonly: flag.string('`true`: only instances whose checks all pass. Only for -type=service.'),
    prefix: flag.string('Prefix to watch. Only for -type=keyprefix.'),
    service: flag.string('Service to watch. Needed for -type=service, possible for -type=checks.'),
    shell: flag.bool('Run the child through a shell.', { initial: true }),
    state: flag.string('State of the checks to watch. Only for -type=checks.'),
    tag: flag.strings('Tag that instances must have. Only for -type=service.'),
    type: flag.string('What to watch: key, keyprefix, services, nodes, service, checks or event. Required.', {
      choices: watchTypes,
    }),
  },

  async run({ args, flags, env, out, err, help, http: oneShot, client: connect, interrupted }) {
    if (flags.type === '') throw new CliError(`Watch type must be specified\n\n${help()}`.trimEnd());
    const { key, prefix, service, tag, passingonly, state, name } = flags;
    const plan = planOf(flags.type, { key, prefix, service, tag, passingonly, state, name, service_id: '' });
    const http = oneShot();
    await explain('Error querying Consul agent', statusApi(http).leader());

    const staying = args.length > 0;
    const interruption = interrupted();
    const client = staying ? await connect() : undefined;
    const query = plan(client?.http ?? http);
    let last: string | undefined;
    try {
      for await (const now of blockingQuery(query, { signal: interruption, minBackoffMs, maxBackoffMs })) {
        if (now.kind === 'stale') {
          const what = `Watch (type: ${flags.type}) errored: ${now.error.message}`;
          const when = `retry in ${formatDurationMs(now.retryInMs)}`;
          err(`${rfc3339(Date.now())} [ERROR] watch: ${what}, ${when}\n`);
        }
        if (now.kind !== 'live') continue;
        if (!staying) {
          out(toJson(now.value));
          return 0;
        }
        const data = toJson(now.value, '');
        if (data === last) continue;
        last = data;
        const variables = { CONSUL_INDEX: String(now.meta.index) };
        const child = startChild({ words: args, shell: flags.shell, env, variables, input: data });
        const stop = (): void => child.kill('SIGTERM');
        interruption.addEventListener('abort', stop);
        const failure = failureOf(await child.end);
        interruption.removeEventListener('abort', stop);
        if (failure !== undefined && !interruption.aborted) {
          err(`Error executing handler: ${failure}\n`);
          return 1;
        }
      }
    } finally {
      client?.close();
    }
    // Told to stop: without a child nothing was printed yet.
    return staying ? 0 : 1;
  },
});

function planOf(type: string, parameters: WatchParameters): (http: ConsulHttp) => WatchQuery {
  try {
    return planWatch(type, parameters);
  } catch (error) {
    if (error instanceof WatchPlanError) throw new CliError(error.message);
    throw error;
  }
}
