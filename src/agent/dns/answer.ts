/** From a query to its answer: our names from the catalog, addresses by their names, foreign names from the recursors. */
import type { MaybePromise, Random } from '../../lib/runtime.ts';
import { reverseAddress } from './address.ts';
import type { AskCatalog, Found } from './ask-catalog.ts';
import { zoneOf } from './asked.ts';
import { type Asking, fitMessage, limitBytesOf, type Network, optionOf, replyFlags } from './fit.ts';
import { andThen } from './read-catalog.ts';
import type { Resolution } from './resolution.ts';
import type { DnsSettings } from './settings.ts';
import type { Upstreams } from './upstream.ts';
import type { Query } from './wire/decode.ts';
import type { Encoded, Encoder } from './wire/encode.ts';
import type { Message } from './wire/message.ts';
import { isWithin, labelsOf, lowerCase, wireName } from './wire/name.ts';
import { FLAG, RCODE, TYPE } from './wire/numbers.ts';

export interface Answer {
  /** The message, every time in another order where order is random. Throws MessageError where a record is none. */
  readonly compose: () => Encoded;
  readonly isShuffled: boolean;
  /** True for all of them: the answer is as good as new. Null: nobody can tell. */
  readonly holds: readonly (() => boolean)[] | null;
  /** Which distribution its time goes to. */
  readonly kind: 'domain' | 'pointer' | 'foreign';
}

export interface Client {
  readonly address: string;
  readonly port: number;
  readonly network: Network;
}

export interface AnswererOptions {
  readonly catalog: AskCatalog;
  readonly upstreams: Upstreams;
  readonly settings: () => DnsSettings;
  readonly encoder: Encoder;
  readonly random: Random;
}

const reverseZone = wireName('arpa')!;

export class Answerer {
  readonly #options: AnswererOptions;

  constructor(options: AnswererOptions) {
    this.#options = options;
  }

  answer(query: Query, client: Client): MaybePromise<Answer> {
    const { catalog } = this.#options;
    const settings = this.#options.settings();
    const { question } = query;
    const asking: Asking = { query, network: client.network, settings };
    if (question === null) return this.#refusal(asking);
    const name = lowerCase(question.name);
    const zone = zoneOf(name, settings.zones);
    if (zone !== null) {
      const asker = { address: client.address, edns: query.edns, limitBytes: limitBytesOf(query.edns, client.network) };
      return andThen(catalog.ask(question, zone, asker), (found) => this.#found(asking, found, 'domain'));
    }
    if (isWithin(name, reverseZone)) {
      const address = reverseAddress(labelsOf(name));
      const pointer = address === null ? null : catalog.askPointer(question, address);
      return andThen(pointer, (found) =>
        found === null ? this.#recurse(asking, 'pointer') : this.#found(asking, found, 'pointer'),
      );
    }
    return settings.recursors.length > 0 ? this.#recurse(asking, 'foreign') : this.#refusal(asking);
  }

  #found(asking: Asking, { resolution, renew, holds }: Found, kind: Answer['kind']): Answer {
    const { encoder, random } = this.#options;
    const compress = !asking.settings.config.disableCompression;
    let next: Resolution | null = resolution;
    return {
      compose: () => {
        const shown = next ?? renew!();
        if (renew !== undefined) next = null;
        return encoder.encode(fitMessage(asking, shown, encoder, random), compress);
      },
      isShuffled: resolution.isShuffled && resolution.groups.length > 1,
      holds,
      kind,
    };
  }

  #refusal({ query }: Asking): Answer {
    return this.#plain({ ...empty(query), flags: replyFlags(query.flags) | RCODE.REFUSED }, true, 'foreign', []);
  }

  #plain(message: Message, compress: boolean, kind: Answer['kind'], holds: Answer['holds']): Answer {
    const { encoder } = this.#options;
    // The serials of foreign zones are not ours to write.
    const compose = (): Encoded => ({ bytes: encoder.encode(message, compress).bytes, serialAt: 0 });
    return { compose, isShuffled: false, holds, kind };
  }

  async #recurse({ query, network, settings }: Asking, kind: Answer['kind']): Promise<Answer> {
    const { upstreams } = this.#options;
    const { config, recursors } = settings;
    const question = query.question!;
    const asked = { question, flags: query.flags, edns: query.edns };
    const message = await upstreams.ask(recursors, config.recursorTimeoutMs, asked, network);
    if (message === null) {
      const flags = replyFlags(query.flags) | FLAG.ra | RCODE.SERVFAIL;
      return this.#plain({ ...empty(query), flags, additional: optionOf(query.edns, false) }, true, kind, null);
    }
    const compress = !config.disableCompression;
    const limitBytes = limitBytesOf(query.edns, network);
    return this.#plain(this.#trimmed({ ...message, id: query.id }, compress, limitBytes), compress, kind, null);
  }

  /** An upstream may say more than the asker takes: what is not the answer goes first, then it has to ask over TCP. */
  #trimmed(message: Message, compress: boolean, limitBytes: number): Message {
    const { encoder } = this.#options;
    const options = message.additional.filter(({ type }) => type === TYPE.OPT);
    const truncated = { ...message, flags: message.flags | FLAG.tc, authority: [], additional: options };
    const tries: readonly Message[] = [
      message,
      { ...message, additional: options },
      { ...truncated, flags: message.flags },
      { ...truncated, answer: [] },
    ];
    return tries.find((one) => encoder.fits(one, compress, limitBytes)) ?? { ...truncated, answer: [], additional: [] };
  }
}

const empty = ({ id, question }: Query): Omit<Message, 'flags'> => ({
  id,
  question,
  answer: [],
  authority: [],
  additional: [],
});
