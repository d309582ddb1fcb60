/** HCL and the strict JSON of configuration files. */
import { SyntaxFault } from '../../../src/lib/hcl/errors.ts';
import { parseHcl } from '../../../src/lib/hcl/hcl.ts';
import { parseJson } from '../../../src/lib/hcl/json.ts';
import { hclCorpus, hclWords, jsonCorpus } from '../corpus.ts';
import { type Target, unlessRefused } from '../target.ts';

export function hclTarget(): Target {
  return {
    corpus: [...hclCorpus, ...jsonCorpus].map((text) => Buffer.from(text)),
    words: hclWords,
    run(input) {
      const text = Buffer.from(input).toString();
      unlessRefused(() => JSON.stringify(parseHcl(text)), SyntaxFault);
      unlessRefused(() => JSON.stringify(parseJson(text)), SyntaxFault);
    },
  };
}
