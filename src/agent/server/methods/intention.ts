/** Intention.*: who may talk to whom. Kept as config entries; the older form, with identifiers, is another view of them. */
import { createHash } from 'node:crypto';
import { rfc3339 } from '../../../lib/go-format.ts';
import { wildcardFault } from '../../../structs/config-entry-rules/intentions.ts';
import { Intention, IntentionMutation, type IntentionRequest, SourceIntention } from '../../../structs/intention.ts';
import { make } from '../../../structs/make.ts';
import { faultList } from '../../../structs/service-faults.ts';
import { RpcError } from '../../errors.ts';
import { filterBy } from '../../filter.ts';
import {
  decidingIntention,
  intentionById,
  intentionExact,
  listIntentions,
  type MatchBy,
  matchIntentions,
} from '../../state/intentions.ts';
import { watchNothing } from '../../state/watches.ts';
import { answer, type MethodTable, noMeta, type ServerContext } from '../context.ts';
import { keyOf } from './catalog.ts';

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** The text of Consul's index for what is no identifier; null for one that may be. */
export function idFault(id: string): string | null {
  if (id.length !== 36) return 'index error: UUID must be 36 characters';
  return uuid.test(id) ? null : `index error: Invalid UUID: ${id}`;
}

/** What is wrong with an intention in its older form. */
function faultOf(intention: Intention): string | null {
  const faults: string[] = [];
  for (const field of ['SourceName', 'DestinationName'] as const) {
    if (intention[field] === '') faults.push(`${field} must be set`);
    const wildcard = wildcardFault(intention[field]);
    if (wildcard !== null) faults.push(`${field}: ${wildcard}`);
  }
  if (intention.Action !== 'allow' && intention.Action !== 'deny') {
    faults.push("Action must be set to 'allow' or 'deny'");
  }
  if (intention.SourceType !== 'consul') faults.push("SourceType must be set to 'consul'");
  return faultList(faults);
}

/** Intentions of the older form carry a hash of what they say. */
function hashed(intentions: readonly Intention[]): Intention[] {
  return intentions.map((one) => {
    if (one.ID === '') return one;
    const { CreateIndex: _create, ModifyIndex: _modify, Hash: _hash, ...rest } = one;
    return { ...one, Hash: createHash('sha256').update(JSON.stringify(rest)).digest() };
  });
}

const found = (context: ServerContext, id: string): Intention | undefined =>
  intentionById(context.store.state, watchNothing, id).intentions[0];

/** What an operation means for the entry of the destination. Throws RpcError for what must not be. */
function mutationOf(context: ServerContext, Op: string, given: Intention): { mutation: IntentionMutation; id: string } {
  const now = rfc3339(context.runtime.clock.wallMs(), 9);
  const intention = { ...given, SourceType: given.SourceType || 'consul' };
  const ends = { Source: { Name: intention.SourceName }, Destination: { Name: intention.DestinationName } };
  const value = make(SourceIntention, {
    Name: intention.SourceName,
    Action: intention.Action,
    Permissions: intention.Permissions,
    Type: intention.SourceType,
    Description: intention.Description,
  });
  if (Op === 'create') {
    if (intention.ID !== '') throw new RpcError('ID must be empty when creating a new intention');
    demand(faultOf(intention));
    const LegacyID = context.runtime.random.uuid();
    const Value = { ...value, LegacyID, LegacyMeta: intention.Meta, LegacyCreateTime: now, LegacyUpdateTime: now };
    return { mutation: make(IntentionMutation, { ...ends, Value }), id: LegacyID };
  }
  const isExact = intention.ID === '' && (Op === 'upsert' || (Op === 'delete' && intention.DestinationName !== ''));
  if (isExact) {
    if (Op === 'delete') return { mutation: make(IntentionMutation, ends), id: '' };
    const { intentions } = intentionExact(
      context.store.state,
      watchNothing,
      intention.SourceName,
      intention.DestinationName,
    );
    if (intention.Meta !== null && Object.keys(intention.Meta).length > 0) {
      throw new RpcError(
        intentions.length === 0
          ? 'Meta must not be specified'
          : 'Meta must not be specified, or should be unchanged during an update.',
      );
    }
    return { mutation: make(IntentionMutation, { ...ends, Value: value }), id: '' };
  }
  const bad = idFault(intention.ID);
  if (bad !== null) throw new RpcError(`Intention lookup failed: failed config entry lookup: ${bad}`);
  const old = found(context, intention.ID);
  if (old === undefined) {
    throw new RpcError(`Cannot ${Op === 'delete' ? 'delete' : 'modify'} non-existent intention: '${intention.ID}'`);
  }
  if (Op === 'delete') return { mutation: make(IntentionMutation, { ID: intention.ID }), id: intention.ID };
  demand(faultOf(intention));
  if (old.DestinationName !== intention.DestinationName) {
    throw new RpcError('Cannot modify DestinationNS or DestinationName for an intention once it exists.');
  }
  const Value = {
    ...value,
    LegacyID: intention.ID,
    LegacyMeta: intention.Meta,
    LegacyCreateTime: old.CreatedAt,
    LegacyUpdateTime: now,
  };
  return { mutation: make(IntentionMutation, { ID: intention.ID, ...ends, Value }), id: intention.ID };
}

function demand(fault: string | null): void {
  if (fault !== null) throw new RpcError(fault);
}

export const intentionMethods: MethodTable = {
  'Intention.Apply': {
    kind: 'procedure',
    by: 'leader',
    async run(context, { Op = '', Intention: given, Datacenter = '', Token = '' }) {
      const { mutation, id } = mutationOf(context, Op, given ?? make(Intention));
      const body: IntentionRequest = { Datacenter, Op, Intention: null, Mutation: mutation, Token };
      await context.propose('intention', body);
      return answer(id);
    },
  },
  'Intention.Get': {
    kind: 'state',
    key: (args) => keyOf(args.IntentionID, args.Exact),
    read(state, watch, { IntentionID = '', Exact }) {
      if (Exact != null) {
        const { index, intentions } = intentionExact(state, watch, Exact.SourceName, Exact.DestinationName);
        if (intentions.length === 0) throw new RpcError('Intention not found');
        return { index, reply: { Intentions: hashed(intentions), DataOrigin: '', ...noMeta } };
      }
      const bad = IntentionID === '' ? null : idFault(IntentionID);
      if (bad !== null) throw new RpcError(`failed config entry lookup: ${bad}`);
      const { index, intentions } = intentionById(state, watch, IntentionID);
      if (intentions.length === 0) throw new RpcError('Intention not found');
      return { index, reply: { Intentions: hashed(intentions), DataOrigin: '', ...noMeta } };
    },
  },
  'Intention.List': {
    kind: 'state',
    key: (args) => keyOf(args.Filter),
    sizeBytes: (reply) => (reply.Intentions ?? []).length * 400,
    read(state, watch, args) {
      const filter = filterBy(Intention, args);
      const { index, intentions } = listIntentions(state, watch);
      return { index, reply: { Intentions: hashed(filter(intentions)), DataOrigin: 'config', ...noMeta } };
    },
  },
  'Intention.Match': {
    kind: 'state',
    key: (args) => keyOf(args.Match),
    read(state, watch, { Match }) {
      const by = Match?.Type === 'source' ? 'source' : 'destination';
      const reads = (Match?.Entries ?? []).map(({ Name }) => matchIntentions(state, watch, by as MatchBy, Name));
      const Matches = reads.map(({ intentions }) => hashed(intentions));
      return { index: ['config-entries'], reply: { Matches, ...noMeta } };
    },
  },
  'Intention.Check': {
    kind: 'procedure',
    by: 'reader',
    run({ store, config }, { Check }) {
      if (Check == null) throw new RpcError('Check must be specified on args');
      if (Check.SourceType !== 'consul' && Check.SourceType !== '') {
        throw new RpcError(`unsupported SourceType: ${JSON.stringify(Check.SourceType)}`);
      }
      const decides = decidingIntention(store.state, watchNothing, Check.SourceName, Check.DestinationName);
      const byDefault = !config.acl.enabled || config.acl.defaultPolicy === 'allow';
      return answer({ Allowed: decides === undefined ? byDefault : decides.Action === 'allow' });
    },
  },
};
