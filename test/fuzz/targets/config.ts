/** Configuration files, from their text to the finished configuration. */
import type { AgentFlags } from '../../../src/agent/config/flags.ts';
import type { Host } from '../../../src/agent/config/host.ts';
import { loadConfig } from '../../../src/agent/config/load.ts';
import { agentConfigCorpus, configWords, jsonConfigCorpus } from '../corpus.ts';
import { holds, type Target } from '../target.ts';

export function configTarget(): Target {
  return {
    corpus: [...agentConfigCorpus, ...jsonConfigCorpus].map((text) => Buffer.from(text)),
    words: configWords,
    run(input, dice) {
      const text = Buffer.from(input).toString();
      const format = dice.oneIn(2) ? 'hcl' : 'json';
      const flags: AgentFlags = {
        dev: dice.oneIn(4),
        files: ['c'],
        format,
        lists: {},
        values: { data_dir: '/data', bind_addr: '127.0.0.1' },
        hcl: [],
      };
      const result = loadConfig(flags, hostWith(text));
      holds(result.kind === 'ok' || result.message.length > 0, 'a refusal says why');
    },
  };
}

/** A machine with one file. */
const hostWith = (text: string): Host => ({
  files: { kindOf: () => 'file', readText: () => text, list: () => [] },
  env: {},
  network: () => ({ interfaces: [], defaultRoutes: [] }),
  hostname: () => 'fuzz',
});
