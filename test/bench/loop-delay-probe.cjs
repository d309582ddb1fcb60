/** Loaded into an agent before its own code: on SIGUSR2 says how late the event loop was since the last time, and begins anew. */
const { monitorEventLoopDelay } = require('node:perf_hooks');
const { writeFileSync } = require('node:fs');

const resolutionMs = 1;
const delay = monitorEventLoopDelay({ resolution: resolutionMs });
delay.enable();
process.on('SIGUSR2', () => {
  const late = (ns) => Math.max(0, ns / 1e6 - resolutionMs);
  const report = { p99: late(delay.percentile(99)), p999: late(delay.percentile(99.9)), max: late(delay.max) };
  writeFileSync(process.env.TC_LOOP_DELAY, JSON.stringify(report));
  delay.reset();
});
