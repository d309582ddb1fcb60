// Loaded into an agent with --import: on SIGUSR2, says how much processor time the longest turns of its event loop took.
// Processor time, not time: others on the machine do not count.
const cpuMs = () => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
};

let last = cpuMs();
let turns = [];
const tick = () => {
  const now = cpuMs();
  turns.push(now - last);
  last = now;
  setImmediate(tick).unref();
};
tick();

process.on('SIGUSR2', () => {
  turns.sort((a, b) => b - a);
  process.stderr.write(`TURNS ${JSON.stringify(turns.slice(0, 5))}\n`);
  turns = [];
});
