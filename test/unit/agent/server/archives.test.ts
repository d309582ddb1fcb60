import { describe, expect, it } from 'vitest';
import type { Raft } from '../../../../src/agent/raft/api.ts';
import { LeadershipLost } from '../../../../src/agent/raft/errors.ts';
import { restoreArchive, saveArchive } from '../../../../src/agent/server/archives.ts';

const point = { id: '1-1-1', index: 1, term: 1, configuration: { servers: [] }, configurationIndex: 1 };

describe('restoring an archive', () => {
  it('is not done before the other servers have it', async () => {
    const stream = async function* () {
      yield Buffer.from('state');
    };
    const saved = await saveArchive({
      openSnapshot: async () => ({ about: point, stream: stream() }),
    } as unknown as Raft);
    const events: string[] = [];
    const raft = {
      restoreSnapshot: async () => void events.push('replaced here'),
      barrier: async () => {
        events.push('waits for the others');
        throw new LeadershipLost();
      },
    } as unknown as Raft;
    await expect(restoreArchive(raft, saved.archive)).rejects.toThrow('leadership lost');
    expect(events).toEqual(['replaced here', 'waits for the others']);
  });
});
