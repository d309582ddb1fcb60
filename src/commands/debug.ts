import { existsSync, mkdirSync } from 'node:fs';
import { CliError, defineCommand, explain } from '../cli/command.ts';
import type { Capture, Target } from '../cli/debug/capture.ts';
import { flag, formatFlag } from '../cli/flags.ts';
import { toJson, wantsJson } from '../cli/format.ts';
import { agentApi } from '../client/agent.ts';
import type { AgentSelf } from '../client/types.ts';
import { formatDurationMs } from '../lib/duration.ts';
import { goTimestamp } from '../lib/go-format.ts';

const minDurationMs = 10_000;
const minIntervalMs = 5_000;

export default defineCommand({
  summary: 'Records a debugging archive for operators',
  usage: 'debug [options]',
  description: `Watches an agent for a while and packs what it saw: figures and logs of each interval, profiles of the processor and
the heap, and once the host, the agent and its cluster. Tokens and keys are taken out of all of it.

Profiles need enable_debug, or ACLs and a token that may read operator things.`,
  examples: [
    ['debug', 'Everything, for two minutes:'],
    ['debug -interval=20s -duration=1m', 'For one minute:'],
    ['debug -capture=logs -capture=agent', 'Some of it:'],
  ],
  http: 'agent',
  flags: {
    archive: flag.bool('Pack the folder into a tar.gz and remove it.', { initial: true }),
    capture: flag.strings('What to collect: metrics, logs, pprof, host, agent or cluster. Default: all. Repeatable.'),
    duration: flag.durationMs('How long to watch, at least 10s.', { initial: 120_000 }),
    interval: flag.durationMs('Length of an interval, at least 5s.', { initial: 30_000 }),
    format: formatFlag,
    output: flag.string('Folder, or name of the archive without .tar.gz. Default: consul-debug-TIME.'),
  },

  async run({ args, flags, out, err, http, interrupted, clientOptions }) {
    const json = wantsJson(flags.format);
    const say = (text: string): void => {
      if (!json) out(text);
    };
    if (args.length > 0) throw new CliError('==> debug: Too many arguments provided, expected 0');
    const { archive, duration, interval } = flags;
    const folder = flags.output || `consul-debug-${Math.floor(Date.now() / 1000)}`;
    if (duration < minDurationMs) throw invalid('duration must be longer than 10s');
    if (interval < minIntervalMs) throw invalid('interval must be longer than 10s');
    if (duration < interval) throw invalid(`duration must be longer than interval (${formatDurationMs(interval)})`);

    const connection = http();
    const { captureInterval, captureStatic, isDynamic, targets, writeJson } = await import('../cli/debug/capture.ts');
    const self = await selfOf(agentApi(connection).self());
    let wanted = (flags.capture.length > 0 ? flags.capture : targets) as readonly Target[];
    if (wanted.includes('pprof') && self.DebugConfig?.['EnableDebug'] === false && !hasAcls(self)) {
      err('==> Unable to capture pprof. Set enable_debug to true on target agent to enable profiling.\n');
      wanted = wanted.filter((target) => target !== 'pprof');
    }
    const unknown = wanted.find((target) => !targets.includes(target));
    if (unknown !== undefined) throw invalid(`target not found: ${unknown}`);
    if (existsSync(folder)) throw invalid(`output directory already exists: ${folder}`);
    mkdirSync(folder, { recursive: true });

    const facts = {
      'Agent Version': self.Config.Version,
      Interval: formatDurationMs(interval),
      Duration: formatDurationMs(duration),
      Output: archive ? `${folder}.tar.gz` : folder,
      Capture: wanted.join(', '),
    };
    say('==> Starting debugger and capturing static information...\n');
    for (const [name, value] of Object.entries(facts)) say(`${name.padStart(18)}: '${value}'\n`);

    const { token } = clientOptions();
    const capture: Capture = {
      http: connection,
      folder,
      targets: wanted,
      intervalMs: interval,
      secrets: token === undefined ? [] : [token],
      signal: interrupted(),
      warn: (text) => err(`==> ${text}\n`),
    };
    await captureStatic(capture);
    if (wanted.some(isDynamic)) {
      const count = Math.floor(duration / interval);
      for (let done = 0; done < count && !capture.signal.aborted; ) {
        const startMs = Date.now();
        say(`==> Beginning capture interval ${goTimestamp(startMs)} (${done})\n`);
        await captureInterval(capture, Math.floor(startMs / 1000));
        say(`==> Capture successful ${goTimestamp(startMs)} (${++done})\n`);
      }
    }
    const { Interval, Duration } = facts;
    writeJson(capture, 'index.json', {
      Version: 1,
      AgentVersion: self.Config.Version,
      Interval,
      Duration,
      Targets: wanted,
    });
    const { packFolder } = await import('../cli/debug/pack.ts');
    const saved = archive ? packFolder(folder) : folder;
    out(json ? toJson({ Archive: saved, Captured: wanted }) : `    Saved debug archive: ${saved}\n`);
  },
});

const invalid = (why: string): CliError => new CliError(`==> Capture validation failed: ${why}`);

/** With ACLs, profiles are a matter of the token. */
const hasAcls = (self: AgentSelf): boolean => self.DebugConfig?.['ACLsEnabled'] === true;

async function selfOf(asked: Promise<AgentSelf>): Promise<AgentSelf> {
  const what = 'error querying target agent';
  try {
    return await explain(what, asked);
  } catch (error) {
    if (error instanceof CliError) {
      const why = `${error.message}. verify connectivity and agent address`;
      throw new CliError(invalid(why).message, 1, error.cause);
    }
    throw error;
  }
}
