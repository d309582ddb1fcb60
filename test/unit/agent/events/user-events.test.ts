import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isForUs, validateFilters } from '../../../../src/agent/events/event-filter.ts';
import {
  decodeUserEvent,
  encodeUserEvent,
  eventPrefix,
  indexOfEvent,
  type UserEvent,
} from '../../../../src/agent/events/user-event.ts';
import { UserEvents } from '../../../../src/agent/events/user-events.ts';
import type { RpcCaller } from '../../../../src/agent/rpc/caller.ts';
import { nodeRuntime } from '../../../../src/lib/runtime-node.ts';
import { silentLogger } from '../../../silent.ts';

const uuid = '5d7f6a10-1111-4000-8000-0000000000a1';
const event = (more: Partial<UserEvent> = {}): UserEvent => ({
  ID: uuid,
  Name: 'deploy',
  Payload: null,
  NodeFilter: '',
  ServiceFilter: '',
  TagFilter: '',
  Version: 1,
  LTime: 0,
  ...more,
});

const filters = (NodeFilter: string, ServiceFilter = '', TagFilter = '') => ({ NodeFilter, ServiceFilter, TagFilter });
const services = () => [{ name: 'web', tags: ['v1', 'blue'] }];

describe('a user event', () => {
  it('travels as new-style MessagePack without what is empty', () => {
    const bytes = encodeUserEvent(event({ Payload: Uint8Array.of(7) }));
    const text = Buffer.from(bytes).toString('latin1');
    expect(bytes[0]).toBe(0x84);
    // 36 bytes of id need str8, which the older dialect does not have.
    expect(text).toContain(`\xd9\x24${uuid}`);
    expect(text).toContain('\xa1p\xc4\x01\x07');
    expect(text).not.toContain('nf');
  });

  it('comes back as it went', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.option(fc.uint8Array({ minLength: 1 })),
        fc.string(),
        fc.string(),
        (Name, payload, NodeFilter, ServiceFilter) => {
          const sent = event({ Name, Payload: payload, NodeFilter, ServiceFilter });
          const got = decodeUserEvent(encodeUserEvent(sent), 9);
          const Payload = payload === null ? null : [...payload];
          expect(got && { ...got, Payload: got.Payload && [...got.Payload] }).toEqual({ ...sent, Payload, LTime: 9 });
        },
      ),
    );
  });

  it('is null for any garbage', () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => void decodeUserEvent(bytes, 1)));
    expect(decodeUserEvent(Uint8Array.of(0xc1), 1)).toBeNull();
  });

  it('has an index made of both halves of its id', () => {
    expect(indexOfEvent(uuid)).toBe(0x5d7f6a1011114000n ^ 0x80000000000000a1n);
    expect(indexOfEvent('no id')).toBe(1n);
  });
});

describe('filters', () => {
  it('choose nodes, services and tags', () => {
    expect(isForUs(filters('^n1$'), 'n1', services)).toBe(true);
    expect(isForUs(filters('^n2$'), 'n1', services)).toBe(false);
    expect(isForUs(filters('', 'we'), 'n1', services)).toBe(true);
    expect(isForUs(filters('', 'db'), 'n1', services)).toBe(false);
    expect(isForUs(filters('', 'web', 'blue'), 'n1', services)).toBe(true);
    expect(isForUs(filters('', 'web', 'green'), 'n1', services)).toBe(false);
  });

  it('that cannot be read match nobody, and may not be fired', () => {
    expect(isForUs(filters('['), 'n1', services)).toBe(false);
    expect(() => validateFilters(filters('['))).toThrow('Invalid node filter: error parsing regexp');
    expect(() => validateFilters(filters('', '', 'x'))).toThrow('Cannot provide tag filter without service filter');
  });
});

describe('the events of an agent', () => {
  const make = (
    rpc: RpcCaller['call'] = () => Promise.reject(new Error('nobody there')),
    remoteExec: ((event: UserEvent) => void) | null = null,
  ) =>
    new UserEvents({
      nodeName: 'n1',
      services,
      rpc: { call: rpc },
      random: nodeRuntime.random,
      logger: silentLogger,
      remoteExec,
    });
  const gossiped = (more: Partial<UserEvent> = {}, LTime = 3) => ({
    LTime,
    Name: `${eventPrefix}deploy`,
    Payload: encodeUserEvent(event(more)),
    CC: false,
  });

  it('are kept, the oldest forgotten', () => {
    const events = make();
    for (let n = 0; n < 300; n++) events.receive(gossiped({ Name: `e${n}` }, n));
    expect(events.recent).toHaveLength(256);
    expect(events.recent.at(-1)).toMatchObject({ Name: 'e299', LTime: 299 });
    expect(events.recent[0]).toMatchObject({ Name: 'e44' });
  });

  it('of remote execution run the job, where that is on', () => {
    const told: string[] = [];
    make(undefined, ({ ID }) => told.push(ID)).receive(gossiped({ ID: 'job', Name: '_rexec' }));
    make(undefined, null).receive(gossiped({ Name: '_rexec' }));
    expect(told).toEqual(['job']);
  });

  it('wake who waits, once, unless they gave up', () => {
    const events = make();
    const woken: string[] = [];
    events.onNext(() => woken.push('a'));
    events.onNext(() => woken.push('b'))();
    events.receive(gossiped({ NodeFilter: 'other' }));
    expect(woken).toEqual([]);
    events.receive(gossiped());
    events.receive(gossiped());
    expect(woken).toEqual(['a']);
  });

  it('that are none of ours are passed over', () => {
    const events = make();
    events.receive({ LTime: 1, Name: 'consul:new-leader', Payload: Buffer.from('n1'), CC: false });
    events.receive({ LTime: 1, Name: 'foreign', Payload: null, CC: false });
    events.receive({ LTime: 1, Name: `${eventPrefix}x`, Payload: Uint8Array.of(0xc1), CC: false });
    expect(events.recent).toEqual([]);
  });

  it('are fired by any server, with an id of their own', async () => {
    const asked: unknown[] = [];
    const call = ((method: string, args: object) => {
      asked.push([method, args]);
      return Promise.resolve({ reply: {}, meta: {} });
    }) as unknown as RpcCaller['call'];
    const wanted = { Name: 'x', Payload: null, NodeFilter: '', ServiceFilter: '', TagFilter: '' };
    const fired = await make(call).fire(wanted, { Datacenter: 'dc2', Token: 't' });
    expect(fired.ID).toMatch(/^[0-9a-f-]{36}$/);
    expect(asked).toEqual([
      [
        'Internal.EventFire',
        { Datacenter: 'dc2', Token: 't', Name: 'x', Payload: encodeUserEvent(fired), AllowStale: true },
      ],
    ]);
  });
});
