/** Everything the servers hold, record by record, as of one moment: out of a snapshot, which costs them least. */
import type { ConsulHttp } from '../client/http.ts';
import { snapshotApi } from '../client/operator.ts';
import type { StateRecord } from '../snapshot/index.ts';

/** Needs a management token where ACLs are on. Throws an ApiError, or a SnapshotError for an answer that is none. */
export async function* liveRecords(
  http: ConsulHttp,
  options: { readonly stale: boolean },
): AsyncGenerator<StateRecord> {
  const { readArchive, readState } = await import('../snapshot/index.ts');
  const { body } = await snapshotApi(http).save(options);
  const archive = await readArchive(body);
  try {
    yield* (await readState(archive.state)).records;
  } finally {
    await archive.dispose();
  }
}
