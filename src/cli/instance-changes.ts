/** What happened to the instances of a service between two answers. Pure. */
import type { ServiceEntry } from '../client/types.ts';
import { joinHostPort } from '../lib/host-port.ts';
import { type State, worstOf } from './health-report.ts';

export interface Instance {
  readonly Node: string;
  readonly ID: string;
  readonly Address: string;
  readonly State: State;
  readonly Tags: readonly string[];
}

export interface Change {
  readonly Change: 'added' | 'removed' | 'changed';
  readonly Instance: Instance;
  /** What it was, for one that changed. */
  readonly Before?: Instance;
}

export type Instances = ReadonlyMap<string, Instance>;

export const instancesOf = (entries: readonly ServiceEntry[]): Instances =>
  new Map(
    entries.map(({ Node, Service, Checks }) => [
      `${Node.Node}\n${Service.ID}`,
      {
        Node: Node.Node,
        ID: Service.ID,
        Address: joinHostPort(Service.Address || Node.Address, Service.Port),
        State: worstOf(Checks),
        Tags: Service.Tags ?? [],
      },
    ]),
  );

const isSame = (a: Instance, b: Instance): boolean =>
  a.Address === b.Address && a.State === b.State && a.Tags.join('\n') === b.Tags.join('\n');

export function changesBetween(before: Instances, after: Instances): Change[] {
  const changes: Change[] = [];
  for (const [key, instance] of before) if (!after.has(key)) changes.push({ Change: 'removed', Instance: instance });
  for (const [key, instance] of after) {
    const old = before.get(key);
    if (old === undefined) changes.push({ Change: 'added', Instance: instance });
    else if (!isSame(old, instance)) changes.push({ Change: 'changed', Instance: instance, Before: old });
  }
  return changes;
}

const signs = { added: '+', removed: '-', changed: '~' } as const;
const from = (before: string, now: string): string => (before === now ? now : `${before} -> ${now}`);

/** `~ web-1 web 10.0.0.7:80 passing -> critical` */
export function changeText({ Change, Instance, Before = Instance }: Change): string {
  const { Node, ID, Address, State, Tags } = Instance;
  const tags = from(Before.Tags.join(','), Tags.join(','));
  const words = [signs[Change], Node, ID, from(Before.Address, Address), from(Before.State, State)];
  return (tags === '' ? words : [...words, `[${tags}]`]).join(' ');
}
