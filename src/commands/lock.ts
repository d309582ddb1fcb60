import { type Child, failureOf, startChild } from '../cli/child.ts';
import { CliError, defineCommand, explain } from '../cli/command.ts';
import { flag } from '../cli/flags.ts';
import { acquireLock, type Held, type LockOptions } from '../client/lock.ts';
import { realPace } from '../client/pace.ts';
import { acquireSemaphore } from '../client/semaphore.ts';
import { messageOf } from '../lib/message-of.ts';

/** How long a child may take to end after SIGTERM. */
const killGraceMs = 5_000;

export default defineCommand({
  summary: 'Execute a command holding a lock',
  usage: 'lock [options] prefix child...',
  description: `Takes a lock (or, with -n above 1, one slot of a semaphore) below the prefix, runs the child, and gives the lock back when the child is done. The child is terminated when the lock is lost or this command is interrupted.

The child has CONSUL_LOCK_HELD=true in its environment.`,
  examples: [
    ['lock deploy/web ./deploy.sh', 'Only one deployment at a time:'],
    ['lock -n=2 batch/import ./import.sh', 'At most two imports at a time:'],
  ],
  http: 'all',
  flags: {
    'child-exit-code': flag.bool('Exit with 2 when the child failed.'),
    'monitor-retry': flag.int('Server errors in a row, while the lock is held, that do not count as losing it.', {
      initial: 3,
    }),
    n: flag.int('Number of holders at a time. Above 1 a semaphore is used.', { initial: 1 }),
    name: flag.string('Name of the session. Made from the command when not given.'),
    'pass-stdin': flag.bool('The child reads our stdin.'),
    shell: flag.bool('Run the child through a shell.', { initial: true }),
    timeout: flag.durationMs('How long to wait for the lock. Without it: for ever.'),
    try: flag.durationMs('Old name of -timeout.'),
    verbose: flag.bool('Tell each step.'),
  },

  async run({ args, flags, env, out, err, client: connect, http, interrupted }) {
    const [prefix = '', ...words] = args;
    if (words.length === 0) throw new CliError('Key prefix and child command must be specified');
    if (flags.n <= 0) throw new CliError('Lock holder limit must be positive');
    if (flags.timeout < 0 || flags.try < 0) throw new CliError('Timeout must be positive');
    const say = (text: string): void => {
      if (flags.verbose) out(`${text}\n`);
    };

    const signal = interrupted();
    // Asked before anything is written: is there an agent, and may we?
    await explain('Error querying Consul agent', http().get('/v1/agent/self'));
    const client = await connect();
    try {
      const base = prefix.replace(/\/+$/, '');
      const shared: Omit<LockOptions, 'key'> = {
        sessionName: flags.name || `Consul lock for '${words.join(' ')}' at '${prefix}'`,
        timeoutMs: flags.timeout || flags.try || undefined,
        monitorRetries: flags['monitor-retry'],
        signal,
      };
      const key = `${base}/.lock`;
      say(
        flags.n === 1
          ? `Setting up lock at path: ${key}`
          : `Setting up semaphore (limit ${flags.n}) at prefix: ${prefix}`,
      );
      say('Attempting lock acquisition');
      const acquiring: Promise<Held | undefined> =
        flags.n === 1
          ? acquireLock(client, { ...shared, key })
          : acquireSemaphore(client, { ...shared, prefix: base, limit: flags.n });
      const held = await told('Lock acquisition failed', acquiring);
      if (held === undefined) throw new CliError('Shutdown triggered or timeout during lock acquisition');

      say('Starting handler');
      const input = flags['pass-stdin'] ? 'inherit' : undefined;
      const child = startChild({ words, shell: flags.shell, env, variables: { CONSUL_LOCK_HELD: 'true' }, input });
      const lost = await whileHeld(child, held, signal, say, err);
      const end = await child.end;
      const failure = failureOf(end);
      if (end.kind === 'not started') err(`Error starting handler: ${failure}\n`);
      else if (failure !== undefined) err(`Error running handler: ${failure}\n`);

      say('Child terminated, releasing lock');
      await told('Lock release failed', held.release());
      const cleaned = await told('Lock cleanup failed', held.cleanUp());
      say(cleaned ? 'Cleanup succeeded' : 'Cleanup aborted, lock in use');
      if (lost) return 1;
      return failure !== undefined && flags['child-exit-code'] ? 2 : 0;
    } finally {
      client.close();
    }
  },
});

/** Any error of the lock's recipe, not only a refused request. */
async function told<T>(what: string, step: Promise<T>): Promise<T> {
  try {
    return await step;
  } catch (error) {
    throw new CliError(`${what}: ${messageOf(error)}`);
  }
}

/** Resolves when the child is done or was made to: true when because the lock was lost. */
async function whileHeld(
  child: Child,
  held: Held,
  signal: AbortSignal,
  say: (text: string) => void,
  err: (text: string) => void,
): Promise<boolean> {
  const stop = new Promise<'interrupted'>((resolve) => {
    if (signal.aborted) resolve('interrupted');
    signal.addEventListener('abort', () => resolve('interrupted'));
  });
  const why = await Promise.race([child.end.then(() => 'ended' as const), held.lost.then(() => 'lost' as const), stop]);
  if (why === 'ended') return false;
  if (why === 'lost') err('Lock lost, killing child\n');
  else say('Shutdown triggered, killing child');
  child.kill('SIGTERM');
  const ended = new AbortController();
  const late = realPace.pause(killGraceMs, ended.signal).then(() => 'late' as const);
  if ((await Promise.race([child.end, late])) === 'late') child.kill('SIGKILL');
  ended.abort();
  return why === 'lost';
}
