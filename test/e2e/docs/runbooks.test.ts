import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AgentProcess } from '../agent-process.ts';
import { freePorts } from '../free-port.ts';
import { blocksOf, documents, runBook } from './runbook.ts';

const books = readdirSync(documents).filter((name) => name.endsWith('.md') && name !== 'README.md');
/** These start their own. */
const withOwnAgent = ['install.md', 'log-policy.md', 'lost-quorum.md', 'monitoring.md', 'service-mesh.md'];
/** These are about several machines, whose agents they start. */
const withMachines = books.filter((name) =>
  blocksOf(readFileSync(join(documents, name), 'utf8')).some(({ host }) => host !== null),
);

describe('the runbooks', () => {
  it('are all in the list, and lead to files that are there', () => {
    const list = readFileSync(join(documents, 'README.md'), 'utf8');
    for (const book of books) expect(list).toContain(`(${book})`);
    for (const book of [...books, 'README.md']) {
      const text = readFileSync(join(documents, book), 'utf8');
      for (const [, target] of text.matchAll(/\]\(([^)#]+)\)/g)) {
        expect(existsSync(join(documents, target!)), `${book}: ${target}`).toBe(true);
      }
    }
  });

  it.each(books)('%s has commands', (book) => {
    const blocks = blocksOf(readFileSync(join(documents, book), 'utf8'));
    expect(blocks.filter(({ asRoot }) => !asRoot).length).toBeGreaterThan(1);
  });

  it.each(books.filter((book) => ![...withOwnAgent, ...withMachines].includes(book)))(
    '%s holds, command by command',
    async (book) => {
      await using agent = await AgentProcess.create();
      await agent.start();
      const { code, output } = await runBook(book, { httpPort: agent.httpPort, config: {} });
      expect(code, output).toBe(0);
    },
  );

  it.concurrent.each(withMachines)('%s holds, machine by machine', { timeout: 180_000 }, async (book) => {
    const { code, output } = await runBook(book, { httpPort: 0, config: {} });
    expect(code, output).toBe(0);
  });

  it.each(withOwnAgent)('%s holds, command by command', async (book) => {
    const [http, dns, server, lan, wan] = (await freePorts(5)) as [number, number, number, number, number];
    const ports = { http, dns, server, serf_lan: lan, serf_wan: wan };
    const alone = { server: true, bootstrap_expect: 1, bind_addr: '127.0.0.1', data_dir: '/var/lib/tc' };
    const own = book === 'install.md' ? {} : alone;
    const config = { ports, performance: { raft_multiplier: 1 }, ...own };
    const { code, output } = await runBook(book, { httpPort: http, config });
    expect(code, output).toBe(0);
  });
});
