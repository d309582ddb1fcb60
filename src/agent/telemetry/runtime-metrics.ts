/**
 * Figures of the process under the names a Go program gives them, as far as they mean the same, every ten seconds; and
 * how late and how busy the event loop is, which is ours alone.
 */
import { monitorEventLoopDelay, PerformanceObserver, performance } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import type { Clock, Timer } from '../../lib/runtime.ts';
import type { Metrics } from './api.ts';

const periodMs = 10_000;
const delayResolutionMs = 20;
const nsPerMs = 1e6;

/** Returns the stopper. */
export function reportRuntime(metrics: Metrics, clock: Clock): () => void {
  const collector = observeCollector(metrics);
  const delay = monitorEventLoopDelay({ resolution: delayResolutionMs });
  delay.enable();

  const set = {
    // Heap in use, with what buffers hold outside of it.
    allocBytes: metrics.gauge('runtime.alloc_bytes'),
    // What the operating system gave us and holds in memory.
    sysBytes: metrics.gauge('runtime.sys_bytes'),
    // Our nearest thing to goroutines: open handles and requests under way.
    goroutines: metrics.gauge('runtime.num_goroutines'),
    pauseNs: metrics.gauge('runtime.total_gc_pause_ns'),
    runs: metrics.gauge('runtime.total_gc_runs'),
    delayP50: metrics.gauge('runtime.event_loop_delay.p50'),
    delayP99: metrics.gauge('runtime.event_loop_delay.p99'),
    delayMax: metrics.gauge('runtime.event_loop_delay.max'),
    // From 0, always waiting, to 1, never.
    utilization: metrics.gauge('runtime.event_loop_utilization'),
  };
  // The histogram measures the time between two ticks; what is beyond the period is delay.
  const delayMs = (ns: number) => Math.max(0, ns / nsPerMs - delayResolutionMs);

  let loop = performance.eventLoopUtilization();
  const report = () => {
    const heap = getHeapStatistics();
    set.allocBytes(heap.used_heap_size + heap.external_memory);
    set.sysBytes(process.memoryUsage.rss());
    set.goroutines(process.getActiveResourcesInfo().length);
    set.pauseNs(collector.totals.pauseNs);
    set.runs(collector.totals.runs);
    if (delay.count > 0) {
      set.delayP50(delayMs(delay.percentile(50)));
      set.delayP99(delayMs(delay.percentile(99)));
      set.delayMax(delayMs(delay.max));
    }
    delay.reset();
    const before = loop;
    loop = performance.eventLoopUtilization();
    set.utilization(performance.eventLoopUtilization(loop, before).utilization);
  };

  let timer: Timer;
  const tick = () => {
    report();
    timer = clock.after(periodMs, tick);
  };
  tick();
  return () => {
    timer.cancel();
    delay.disable();
    collector.stop();
  };
}

function observeCollector(metrics: Metrics) {
  const totals = { pauseNs: 0, runs: 0 };
  const pause = metrics.sample('runtime.gc_pause_ns');
  const observer = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) {
      const ns = duration * nsPerMs;
      totals.pauseNs += ns;
      totals.runs++;
      pause(ns);
    }
  });
  observer.observe({ entryTypes: ['gc'] });
  return { totals, stop: () => observer.disconnect() };
}
