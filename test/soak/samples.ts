/** What is measured of each agent, and whether it grows. Pure but for `/proc`. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

export interface Sample {
  readonly atMs: number;
  readonly rssMiB: number;
  readonly heapMiB: number;
  readonly files: number;
  /** Timers, sockets and requests under way. */
  readonly handles: number;
  readonly dataMiB: number;
  readonly logMiB: number;
}

export const figures = ['rssMiB', 'heapMiB', 'files', 'handles', 'dataMiB', 'logMiB'] as const;
export type Figure = (typeof figures)[number];

const MiB = 1 << 20;

function folderMiB(path: string): number {
  let bytes = 0;
  for (const entry of readdirSync(path, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    try {
      bytes += statSync(join(entry.parentPath, entry.name)).size;
    } catch {
      // Removed meanwhile.
    }
  }
  return bytes / MiB;
}

export interface Measured {
  readonly pid: number;
  readonly dataDir: string;
  readonly logDir: string;
}

/** `gauges`: of `/v1/agent/metrics`, by name. */
export function takeSample({ pid, dataDir, logDir }: Measured, gauges: ReadonlyMap<string, number>): Sample {
  const [, kib = '0'] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return {
    atMs: Date.now(),
    rssMiB: Number(kib) / 1024,
    heapMiB: (gauges.get('consul.runtime.alloc_bytes') ?? 0) / MiB,
    files: readdirSync(`/proc/${pid}/fd`).length,
    handles: gauges.get('consul.runtime.num_goroutines') ?? 0,
    dataMiB: folderMiB(dataDir),
    logMiB: folderMiB(logDir),
  };
}

/** Least squares: units an hour. */
export function slopePerHour(samples: readonly Sample[], figure: Figure): number {
  const n = samples.length;
  if (n < 2) return 0;
  const startMs = samples[0]!.atMs;
  const hours = samples.map(({ atMs }) => (atMs - startMs) / 3_600_000);
  const meanX = hours.reduce((sum, x) => sum + x, 0) / n;
  const meanY = samples.reduce((sum, sample) => sum + sample[figure], 0) / n;
  let above = 0;
  let below = 0;
  for (const [i, x] of hours.entries()) {
    above += (x - meanX) * (samples[i]![figure] - meanY);
    below += (x - meanX) ** 2;
  }
  return below === 0 ? 0 : above / below;
}

/** Growth an hour that is too much. Files and handles follow the load; the log's files are a sawtooth. */
export const limits: Readonly<Record<Figure, number>> = {
  ...{ rssMiB: 60, heapMiB: 60, files: 30, handles: 60 },
  ...{ dataMiB: 120, logMiB: 30 },
};
/** Of less time than this a slope says nothing: there it is held against what may grow in so long. */
const leastHours = 1 / 6;

/** Whether these samples grow by more than they may. */
export function isGrowing(samples: readonly Sample[], figure: Figure): boolean {
  const hours = samples.length < 2 ? 0 : (samples.at(-1)!.atMs - samples[0]!.atMs) / 3_600_000;
  return slopePerHour(samples, figure) * hours > limits[figure] * Math.max(hours, leastHours);
}
