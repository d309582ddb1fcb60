/** Config entries of the configuration (`config_entries.bootstrap`): created once, never changed. */
import { messageOf } from '../../../lib/message-of.ts';
import { decodeConfigEntry } from '../../../structs/config-entry-decode.ts';
import { getConfigEntry } from '../../state/config-entry.ts';
import { configEntryName } from '../../state/schema.ts';
import type { ServerContext } from '../context.ts';
import { prepareEntry } from '../methods/config-entry.ts';

/** Rejects when an entry cannot be made; the leader then tries to establish itself again. */
export async function createBootstrapEntries({ config, store, propose }: ServerContext): Promise<void> {
  for (const [i, written] of config.bootstrapEntries.entries()) {
    try {
      const entry = prepareEntry(decodeConfigEntry(written));
      if (getConfigEntry(store.state, entry.Kind, configEntryName(entry)) !== undefined) continue;
      const Entry = { ...entry, ModifyIndex: 0 };
      await propose('configEntry', { Op: 'upsert-cas', Datacenter: config.datacenter, Entry, Token: '' });
    } catch (error) {
      const text = `Failed to apply configuration entry "${written['Kind'] ?? written['kind']}" / "${written['Name'] ?? written['name']}"`;
      throw new Error(`${text} (bootstrap[${i}]): ${messageOf(error)}`, { cause: error });
    }
  }
}
