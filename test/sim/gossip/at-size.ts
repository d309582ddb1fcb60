/**
 * Prints the table of docs/gossip-at-size.md.
 *
 *   node test/sim/gossip/at-size.ts 1000        about a minute
 *   node --max-old-space-size=14000 test/sim/gossip/at-size.ts 5000
 *   node --max-old-space-size=14000 test/sim/gossip/at-size.ts 5000 -slow    only the rows with slow nodes
 */
import { measure, type Row, type Spread, type Weather } from './measure.ts';
import { GossipPool } from './pool.ts';

const onlySlow = process.argv.includes('-slow');
const sizes = process.argv
  .slice(2)
  .filter((arg) => arg !== '-slow')
  .map(Number);
const weathersOf = (nodes: number): Weather[] => [
  { loss: 0, slow: 0 },
  { loss: 0.01, slow: 0 },
  { loss: 0.1, slow: 0 },
  { loss: 0, slow: nodes / 100 },
  { loss: 0.01, slow: nodes / 50 },
];

const spread = ({ median, max }: Spread): string => `${median.toFixed(1)} / ${max.toFixed(1)}`;
const line = (cells: readonly (string | number)[]): void => console.log(`| ${cells.join(' | ')} |`);

line([
  ...['nodes', 'loss', 'slow nodes', 'join known to all, s', 'failure: first sure, s', 'failure: all sure, s'],
  ...['healthy declared dead', 'slow declared dead', 'watched, s', 'packets per node and s'],
]);
line(Array.from({ length: 10 }, () => '---:'));
for (const nodes of sizes) {
  const pool = new GossipPool(nodes, nodes);
  for (const weather of weathersOf(nodes).filter(({ slow }) => slow > 0 || !onlySlow)) {
    const row: Row = measure(pool, weather);
    line([
      ...[row.nodes, `${row.loss * 100} %`, row.slow, spread(row.joinSeconds), spread(row.firstSeconds)],
      ...[spread(row.allSeconds), row.wronged, row.slowLost, row.watchedSeconds, row.packetsPerSecond.toFixed(1)],
    ]);
  }
}
