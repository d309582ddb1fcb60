/** The processes of a cluster on this machine: started together, watched, and ended together. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isSea } from 'node:sea';
import type { PlannedAgent } from './plan.ts';

export interface RunningAgent {
  readonly agent: PlannedAgent;
  readonly pid: number;
  readonly logFile: string;
  /** Resolves when the process is gone. */
  readonly ended: Promise<void>;
  kill(signal: NodeJS.Signals): void;
}

const stopMs = 5_000;

/** The program that runs, as agent: in a group of its own, so that a key press reaches it through us alone. */
export function startAgentProcess(agent: PlannedAgent, directory: string): RunningAgent {
  mkdirSync(join(directory, agent.name), { recursive: true });
  const logFile = join(directory, `${agent.name}.log`);
  const log = openSync(logFile, 'a');
  // The single-file executable is Node and program in one.
  const program = isSea() ? [] : [...process.execArgv, process.argv[1] ?? ''];
  const child = spawn(process.execPath, [...program, 'agent', ...agent.args], {
    stdio: ['ignore', log, log],
    detached: true,
  });
  closeSync(log);
  return { agent, logFile, pid: child.pid ?? 0, ended: endOf(child), kill: (signal) => void child.kill(signal) };
}

const endOf = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });

/** Asks all of them to stop, and makes those stop that do not. */
export async function stopAgents(agents: readonly RunningAgent[]): Promise<void> {
  for (const agent of agents) agent.kill('SIGTERM');
  const late = setTimeout(() => {
    for (const agent of agents) agent.kill('SIGKILL');
  }, stopMs);
  await Promise.all(agents.map((agent) => agent.ended));
  clearTimeout(late);
}

/** No way out of this process leaves them behind: not even one that waits for nobody. @returns how to call that off */
export function endWithUs(agents: readonly RunningAgent[], andThen: () => void): () => void {
  const end = (): void => {
    for (const agent of agents) agent.kill('SIGKILL');
    andThen();
  };
  process.once('exit', end);
  return () => process.off('exit', end);
}

/** Aborts when the terminal goes away. */
export function hangup(): AbortSignal {
  const controller = new AbortController();
  process.once('SIGHUP', () => controller.abort('SIGHUP'));
  return controller.signal;
}

/** Why a process ended by itself: its last words. */
export function lastWords({ logFile }: RunningAgent): string {
  const lines = readFileSync(logFile, 'utf8').trimEnd().split('\n');
  return lines.slice(-5).join('\n');
}
