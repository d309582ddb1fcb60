/** What `tc top` loads when it is asked for: the dashboard, and its plain twin for scripts. */
import process from 'node:process';
import type { Client } from '../client/index.ts';
import { nodeRuntime } from '../lib/runtime-node.ts';
import { runDashboard } from './dashboard.tsx';
import { clientSource } from './models/client-source.ts';
import { readOverview } from './models/datacenter.ts';
import { overviewJson, overviewText } from './once.ts';
import { createTheme, detectColorDepth } from './theme.ts';

export async function top(client: Client): Promise<void> {
  await runDashboard({
    source: clientSource(client),
    clock: nodeRuntime.clock,
    theme: createTheme(detectColorDepth(process.env)),
    terminal: { stdin: process.stdin, stdout: process.stdout },
  });
}

/** Throws a `SourceError` when the agent does not answer at all. */
export async function topOnce(client: Client, json: boolean, signal: AbortSignal): Promise<string> {
  const overview = await readOverview(clientSource(client), signal);
  return json ? overviewJson(overview) : overviewText(overview);
}
