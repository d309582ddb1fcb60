/** Request targets as they come over the wire: decoding, cleaning, escaping. */
import { cleanPath, isPrintable, parseTarget } from '../../../src/agent/http/target.ts';
import { escapePath } from '../../../src/lib/go-url.ts';
import { pathCorpus, pathWords } from '../corpus.ts';
import { holds, type Target } from '../target.ts';

export function pathTarget(): Target {
  return {
    corpus: pathCorpus.map((text) => Buffer.from(text)),
    words: pathWords,
    run(input) {
      const target = parseTarget(Buffer.from(input).toString('latin1'));
      if (target === null) return;
      isPrintable(target.path);
      const clean = cleanPath(target.path);
      holds(clean.startsWith('/') && cleanPath(clean) === clean, 'a clean path stays as it is');
      holds(!/\/(\.\.?)?\//.test(clean), 'a clean path has no empty and no dotted segments');
      const again = parseTarget(escapePath(clean));
      holds(again !== null && again.path === clean, 'an escaped path reads back as itself');
    },
  };
}
