/** ConfigEntry.*: centralised configuration of services, proxies and gateways. */
import { type ConfigEntryKind, entrySchema } from '../../../structs/config-entry.ts';
import { lookOverEntry } from '../../../structs/config-entry-rules/index.ts';
import type { ServiceIntentionsConfigEntry, SourceIntention } from '../../../structs/intention.ts';
import { RpcError } from '../../errors.ts';
import { listConfigEntries, readConfigEntry } from '../../state/config-entry.ts';
import type { ConfigEntryRow } from '../../state/schema.ts';
import { answer, type MethodTable, noMeta } from '../context.ts';
import { keyOf } from './catalog.ts';
import { resolveServiceConfig } from './service-config.ts';

/** The entry in its normal form. Throws RpcError for one that must not be. */
export function prepareEntry(given: unknown): ConfigEntryRow {
  const entry = given as ConfigEntryRow;
  const { entry: normal, fault } = lookOverEntry(entry.Kind as ConfigEntryKind, entry);
  if (fault !== null) throw new RpcError(fault);
  return normal.Kind === 'service-intentions' ? withoutLegacy(normal) : normal;
}

/** What belongs to the older form of intentions is not written by this way. */
function withoutLegacy(entry: ConfigEntryRow): ConfigEntryRow {
  const { Sources } = entry as unknown as ServiceIntentionsConfigEntry;
  const plain = (source: SourceIntention): SourceIntention => ({
    ...source,
    LegacyID: '',
    LegacyMeta: null,
    LegacyCreateTime: null,
    LegacyUpdateTime: null,
  });
  return { ...entry, Sources: Sources?.map(plain) ?? null };
}

function demandKind(kind: string): void {
  if (kind !== '' && entrySchema(kind) === undefined) throw new RpcError(`invalid config entry kind: ${kind}`);
}

export const configEntryMethods: MethodTable = {
  'ConfigEntry.Apply': {
    kind: 'procedure',
    by: 'leader',
    async run(context, { Op, Entry, Datacenter = '', Token = '' }) {
      const body = { Op: Op || 'upsert', Datacenter, Entry: prepareEntry(Entry), Token };
      return answer((await context.propose('configEntry', body)) === true);
    },
  },
  'ConfigEntry.Delete': {
    kind: 'procedure',
    by: 'leader',
    async run(context, { Entry, Datacenter = '', Token = '' }) {
      await context.propose('configEntry', { Op: 'delete', Datacenter, Entry, Token });
      return answer({});
    },
  },
  'ConfigEntry.Get': {
    kind: 'state',
    key: (args) => keyOf(args.Kind, args.Name),
    read(state, watch, { Kind = '', Name = '' }) {
      demandKind(Kind);
      const { index, entry } = readConfigEntry(state, watch, Kind, Name);
      return { index, reply: { Entry: entry, ...noMeta } };
    },
  },
  'ConfigEntry.List': {
    kind: 'state',
    key: (args) => args.Kind ?? '',
    read(state, watch, { Kind = '' }) {
      demandKind(Kind);
      const { index, entries } = listConfigEntries(state, watch, Kind);
      return { index, reply: { Kind, Entries: entries, ...noMeta } };
    },
  },
  'ConfigEntry.ListAll': {
    kind: 'state',
    key: (args) => keyOf(args.Kinds),
    read(state, watch, { Kinds }) {
      const { index, entries } = listConfigEntries(state, watch, '');
      const wanted = Kinds == null || Kinds.length === 0 ? null : new Set(Kinds);
      const chosen = wanted === null ? entries : entries.filter((entry) => wanted.has(entry.Kind));
      return { index, reply: { Entries: chosen, ...noMeta } };
    },
  },
  'ConfigEntry.ResolveServiceConfig': {
    kind: 'state',
    key: (args) => keyOf(args.Name, args.Upstreams, args.UpstreamIDs, args.MeshGateway, args.Mode),
    read: (state, watch, args) => resolveServiceConfig(state, watch, args),
  },
};
