/**
 * A cluster under a mixed load for a while, and whether anything grows: `npm run soak -- --minutes 20`. Prints a line a minute, at
 * the end the slope of each figure over the second half, and PASSED or FAILED; exit code 1 for an error, an agent that ended, or growth.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { logLimitMiB, type SoakAgent, SoakCluster } from './cluster.ts';
import { Load } from './load.ts';
import { figures, isGrowing, limits, type Sample, slopePerHour, takeSample } from './samples.ts';

const { values: flags } = parseArgs({
  options: { minutes: { type: 'string', default: '20' }, keep: { type: 'boolean' } },
});
const sampleMs = 10_000;

async function gaugesOf(load: Load, agent: SoakAgent): Promise<Map<string, number>> {
  const { text } = await load.ask(agent, 'GET', '/v1/agent/metrics');
  const { Gauges } = JSON.parse(text) as { Gauges: { Name: string; Value: number }[] };
  return new Map(Gauges.map(({ Name, Value }) => [Name, Value]));
}

const folder = mkdtempSync(join(tmpdir(), 'tc-soak-'));
const cluster = await SoakCluster.start(folder);
const load = new Load(cluster);
const problems: string[] = [];
try {
  await cluster.until('every agent knows a leader', async (agent) => {
    const { status, text } = await load.ask(agent, 'GET', '/v1/status/leader');
    return status === 200 && text.length > 4;
  });
  await cluster.until('every agent is in the catalog', async (agent) =>
    (await load.ask(agent, 'GET', `/v1/health/node/${agent.name}`)).text.includes('serfHealth'),
  );
  load.start();
  const samples = new Map<string, Sample[]>(cluster.agents.map(({ name }) => [name, []]));
  const endMs = Date.now() + Number(flags.minutes) * 60_000;
  for (let round = 0; Date.now() < endMs && cluster.ended().length === 0; round++) {
    await sleep(sampleMs);
    for (const agent of cluster.agents) samples.get(agent.name)!.push(takeSample(agent, await gaugesOf(load, agent)));
    if (round % 6 !== 5) continue;
    const rss = [...samples].map(([name, all]) => `${name} ${all.at(-1)!.rssMiB.toFixed(0)}`).join(', ');
    const total = [...load.done.values()].reduce((sum, count) => sum + count, 0);
    process.stdout.write(
      `${new Date().toISOString()} ${total} done, ${load.errors.length} errors; RSS in MiB: ${rss}\n`,
    );
  }
  await load.stop();

  process.stdout.write(`\n${[...load.done].map(([kind, count]) => `${kind} ${count}`).join(', ')}\n\n`);
  process.stdout.write(`| agent | ${figures.map((figure) => `${figure}: last, per hour`).join(' | ')} |\n`);
  process.stdout.write(`| --- |${figures.map(() => ' --- |').join('')}\n`);
  for (const [name, all] of samples) {
    const settled = all.slice(Math.floor(all.length / 2));
    const cells = figures.map((figure) => {
      const slope = slopePerHour(settled, figure);
      if (isGrowing(settled, figure)) {
        problems.push(`${name}: ${figure} grows by ${slope.toFixed(1)} an hour, ${limits[figure]} are allowed`);
      }
      return `${settled.at(-1)?.[figure].toFixed(1)}, ${slope >= 0 ? '+' : ''}${slope.toFixed(1)}`;
    });
    process.stdout.write(`| ${name} | ${cells.join(' | ')} |\n`);
    const most = Math.max(...all.map(({ logMiB }) => logMiB));
    if (most > logLimitMiB + 0.1) problems.push(`${name}: ${most.toFixed(1)} MiB of logs`);
  }
  for (const name of cluster.ended()) problems.push(`${name} ended by itself`);
  if (load.errors.length > 0)
    problems.push(`${load.errors.length} errors, the first: ${load.errors.slice(0, 5).join('; ')}`);
  for (const { name, logDir } of cluster.agents) {
    const text = readdirSync(logDir)
      .map((file) => readFileSync(join(logDir, file), 'utf8'))
      .join('');
    for (const line of text.match(/^.*(?:bug in tc|\[ERROR\]).*$/gm) ?? []) {
      // Of the requests that are to be refused.
      if (!line.includes('ACL not found')) problems.push(`${name} logged: ${line}`);
    }
  }
} finally {
  await cluster.stop();
  if (flags.keep !== true) rmSync(folder, { recursive: true, force: true });
}
for (const problem of problems.slice(0, 40)) process.stdout.write(`Problem: ${problem}\n`);
const verdict = problems.length === 0 ? 'PASSED: nothing grows, no error.' : `FAILED: ${problems.length} problems.`;
process.stdout.write(`\n${verdict}\n`);
process.exitCode = problems.length === 0 ? 0 : 1;
