/** Prepared queries: kept, listed, and found by identifier, name, or the longest template that fits a name. */
import type { PreparedQuery } from '../../structs/prepared-query.ts';
import { checkTemplate, isTemplate, renderTemplate } from './query-template.ts';
import { fold } from './schema.ts';
import { getSession } from './session.ts';
import { CommandError, type ReadIndex, type State, type Transaction } from './store.ts';
import type { WatchSet } from './watches.ts';

const index: readonly string[] = ['prepared-queries'];
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export interface QueriesRead {
  readonly index: ReadIndex;
  readonly queries: PreparedQuery[];
}

/** Throws CommandError for what cannot be an identifier. */
export function getPreparedQuery(state: State, id: string): PreparedQuery | undefined {
  if (id.length !== 36) throw new CommandError('failed prepared query lookup: index error: UUID must be 36 characters');
  if (!uuid.test(id)) throw new CommandError(`failed prepared query lookup: index error: Invalid UUID: ${id}`);
  return state.tables.preparedQueries.get(fold(id));
}

export function readPreparedQuery(state: State, watch: WatchSet, id: string): QueriesRead {
  watch.topic('prepared-queries');
  const query = getPreparedQuery(state, id);
  return { index, queries: query === undefined ? [] : [query] };
}

export function listPreparedQueries(state: State, watch: WatchSet): QueriesRead {
  watch.topic('prepared-queries');
  return { index, queries: state.tables.preparedQueries.rows.values() };
}

/** What executing `idOrName` means; templates are filled in. */
export function resolvePreparedQuery(state: State, idOrName: string, segment: string): PreparedQuery | undefined {
  const table = state.tables.preparedQueries;
  if (uuid.test(idOrName)) {
    const byId = table.get(fold(idOrName));
    if (byId !== undefined && isTemplate(byId)) {
      throw new CommandError('prepared query templates can only be resolved up by name, not by ID');
    }
    if (byId !== undefined) return byId;
  }
  const name = fold(idOrName);
  const byName = name === '' ? undefined : table.first('name', name);
  if (byName !== undefined && !isTemplate(byName)) return byName;
  const fitting = table.rows.values().filter((query) => isTemplate(query) && name.startsWith(fold(query.Name)));
  const longest = fitting.sort((a, b) => b.Name.length - a.Name.length)[0];
  return longest === undefined ? undefined : renderTemplate(longest, idOrName, segment);
}

export function setPreparedQuery(tx: Transaction, query: PreparedQuery): void {
  if (query.ID === '') throw new CommandError('Missing Query ID');
  const namesake = query.Name === '' ? undefined : tx.tables.preparedQueries.first('name', fold(query.Name));
  if (namesake !== undefined && fold(namesake.ID) !== fold(query.ID)) {
    throw new CommandError(`name '${query.Name}' aliases an existing query name`);
  }
  if (isTemplate(query)) {
    checkTemplate(query);
    const same = tx.tables.preparedQueries.rows
      .values()
      .some((one) => isTemplate(one) && fold(one.Name) === fold(query.Name) && fold(one.ID) !== fold(query.ID));
    if (same) throw new CommandError(`query template with prefix '${query.Name}' already exists`);
  }
  if (query.Session !== '' && getSession(tx, query.Session) === undefined) {
    throw new CommandError(`invalid session ${JSON.stringify(query.Session)}`);
  }
  const CreateIndex = tx.tables.preparedQueries.get(fold(query.ID))?.CreateIndex ?? tx.index;
  tx.put('preparedQueries', { ...query, CreateIndex, ModifyIndex: tx.index });
  tx.bump('prepared-queries');
}

export function deletePreparedQuery(tx: Transaction, id: string): void {
  if (tx.remove('preparedQueries', fold(id)) !== undefined) tx.bump('prepared-queries');
}
