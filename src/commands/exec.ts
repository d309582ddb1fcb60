import { CliError, defineCommand, explain } from '../cli/command.ts';
import { demandFilters } from '../cli/event-filters.ts';
import { flag } from '../cli/flags.ts';
import type { Client } from '../client/index.ts';
import { openLockSession } from '../client/lock-session.ts';
import { realPace } from '../client/pace.ts';
import { type RemoteExecStep, remoteExec } from '../client/remote-exec.ts';
import { remoteExecKeys } from '../structs/remote-exec.ts';

export default defineCommand({
  summary: 'Executes a command on Consul nodes',
  usage: 'exec [options] [-|command...]',
  description: `Runs a command on every agent, or on those that -node, -service and -tag choose, and prints what it says there. With "-" a script is read from stdin.

Agents take part only when their configuration has disable_remote_exec = false. The exit code is 2 when the command failed somewhere, or did not end.`,
  examples: [
    ['exec uptime', 'On every node:'],
    ['exec -service=web "systemctl reload nginx"', 'Only where a service runs:'],
  ],
  http: 'all',
  flags: {
    node: flag.string('Only on nodes whose name matches this regular expression.'),
    prefix: flag.string('Prefix in the KV store for the data of the execution.', { initial: '_rexec' }),
    service: flag.string('Only on nodes with a service whose name matches this regular expression.'),
    shell: flag.bool('Run the command through a shell.', { initial: true }),
    tag: flag.string('Only on nodes with such a service that has a matching tag. Needs -service.'),
    verbose: flag.bool('Tell each step.'),
    wait: flag.durationMs('How long no node may have said anything before this ends.', { initial: 2_000 }),
    'wait-repl': flag.durationMs('Pause before the event, for the servers to have the command.', { initial: 200 }),
  },

  async run({ args, flags, out, err, help, stdin, http, client: connect, interrupted, clientOptions }) {
    const { node, service, tag, prefix, shell } = flags;
    if (args.length === 0 || args.join('') === '') {
      err(`Must specify a command to execute\n\n${help()}`);
      return 1;
    }
    demandFilters({ node, service, tag });
    const script = args.length === 1 && args[0] === '-' ? await stdin() : undefined;
    const self = await explain('Error querying Consul agent', http().get<Self>('/v1/agent/self'));
    const { Datacenter, NodeName } = self.value.Config;
    const say = (text: string): void => {
      if (flags.verbose) out(`${text}\n`);
    };
    let firedMs = 0;
    let waitedMs = 0;
    const signal = interrupted();
    const client = await connect();
    try {
      const foreign = clientOptions().datacenter || Datacenter;
      const holder = foreign === Datacenter ? {} : { Node: await someServer(client, foreign) };
      const request = { Name: `Remote Exec via ${NodeName}@${Datacenter}`, Behavior: 'delete', ...holder } as const;
      const session = await explain(
        'Failed to create remote exec session',
        openLockSession(client.session, request, realPace),
      );
      say(`Created remote execution session: ${session.id}`);
      const call = { Prefix: prefix, Session: session.id };
      const counts = { acknowledged: 0, finished: 0, failed: 0 };
      try {
        const job = {
          Command: script === undefined && shell ? args.join(' ') : '',
          Args: script === undefined && !shell ? args : null,
          Script: script === undefined ? null : script.toString('base64'),
        };
        const steps = remoteExec(client, {
          ...call,
          job,
          node,
          service,
          tag,
          waitMs: flags.wait,
          replicationMs: flags['wait-repl'],
          signal,
        });
        for await (const step of steps) {
          if (step.kind === 'fired') firedMs = realPace.wallMs();
          tell(step, counts, out, say);
        }
        waitedMs = realPace.wallMs() - firedMs;
      } finally {
        await session.end();
        await client.kv.deleteTree(remoteExecKeys(call).folder);
      }
      out(`${counts.finished} / ${counts.acknowledged} node(s) completed / acknowledged\n`);
      // To a tenth: below that it is the noise of asking.
      say(`Completed in ${(Math.round(waitedMs / 100) / 10).toFixed(2)} seconds`);
      return counts.failed > 0 || counts.finished < counts.acknowledged ? 2 : 0;
    } catch (error) {
      if (error instanceof Error && error.name === 'RemoteExecError') throw new CliError(error.message);
      throw error;
    } finally {
      client.close();
    }
  },
});

interface Self {
  readonly Config: { readonly Datacenter: string; readonly NodeName: string };
}

/** A session needs a node of the datacenter it is in. */
async function someServer({ health }: Client, datacenter: string): Promise<string> {
  const why = 'Failed to create remote exec session';
  const { value: servers } = await explain(why, health.service('consul', { passing: true }));
  const server = servers[0];
  if (server === undefined) throw new CliError(`${why}: no healthy server in datacenter ${datacenter}`);
  return server.Node.Node;
}

function tell(
  step: RemoteExecStep,
  counts: { acknowledged: number; finished: number; failed: number },
  out: (text: string) => void,
  say: (text: string) => void,
): void {
  switch (step.kind) {
    case 'uploaded':
      return say('Uploaded remote execution spec');
    case 'fired':
      return say(`Fired remote execution event: ${step.event}`);
    case 'acknowledged':
      counts.acknowledged++;
      return say(`==> ${step.node}: acknowledged`);
    case 'output':
      // A chunk of nothing is a sign of life.
      if (step.data.length === 0) return;
      for (const line of step.data.toString().split('\n')) out(`    ${step.node}: ${line}\n`);
      return;
    case 'finished':
      counts.finished++;
      if (step.code !== 0) counts.failed++;
      out(`==> ${step.node}: finished with exit code ${step.code}\n`);
  }
}
