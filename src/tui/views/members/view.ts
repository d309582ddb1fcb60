/** View 2: the gossip pool. Enter shows all that a member tells about itself. */
import { framed, innerSize } from '../../components/frame.ts';
import { linkExplanation } from '../../components/link.ts';
import { positionNote } from '../../components/scroll-note.ts';
import { table } from '../../components/table.ts';
import { parseFilter } from '../../filter.ts';
import { createList } from '../../list.ts';
import type { DatacenterModel } from '../../models/datacenter.ts';
import type { Member } from '../../models/source.ts';
import { createStore } from '../../models/store.ts';
import { memberColumns, memberStates, memberText } from '../../rows/member-row.ts';
import { cellWidth, type Line, pad, sanitize, span } from '../../text.ts';
import { type Drawing, type Size, subscribeAll, type View } from '../view.ts';

export function membersView(datacenter: DatacenterModel): View {
  const filter = createStore('');
  const open = createStore(false);
  const list = createList<Member>({ keyOf: ({ name }) => name });
  let shown: { members: readonly Member[] | undefined; filter: string } | undefined;

  function refresh(): void {
    const members = datacenter.get().members.value;
    const text = filter.get();
    if (shown?.members === members && shown?.filter === text) return;
    shown = { members, filter: text };
    const passes = parseFilter(text);
    const all = (members ?? []).toSorted(byTrouble);
    list.setRows(passes ? all.filter((member) => passes(memberText(member))) : all);
  }

  function detailHeight(height: number): number {
    return open.get() ? Math.min(Math.floor(height / 2), 14) : 0;
  }

  datacenter.subscribe(refresh);
  filter.subscribe(refresh);

  return {
    id: 'members',
    title: 'Members',
    scopes: ['open', 'list'],
    filter,
    subscribe: subscribeAll([datacenter, list, open, filter]),
    run: async () => {},
    handle(command, { height }) {
      if (command === 'enter') {
        open.update((was) => !was);
        return true;
      }
      if (command === 'back' && open.get()) {
        open.set(false);
        return true;
      }
      return list.handle(command, height - 3 - detailHeight(height));
    },
    draw({ width, height, nowMs }: Drawing) {
      const { members } = datacenter.get();
      const below = detailHeight(height);
      const size = { width, height: height - below };
      const inner = innerSize(size.width, size.height);
      const lines = table({ columns: memberColumns, list: list.get(), ...inner, focused: true });
      if (list.get().rows.length === 0) {
        const reason = members.value === undefined ? 'asking for members …' : 'no member passes the filter';
        lines.push(linkExplanation(members, nowMs) ?? [span(reason, 'muted')]);
      }
      const note = positionNote(list.get());
      const panel = framed(lines, { title: [span('Members', 'plain', { bold: true })], note, ...size, focused: true });
      const current = list.current();
      return below > 0 && current ? [...panel, ...detail(current, { width, height: below })] : panel;
    },
  };
}

const order = { failed: 0, leaving: 1, none: 2, alive: 3, left: 4 } as const;

/** What needs a look comes first, then by name. */
function byTrouble(a: Member, b: Member): number {
  return order[a.status] - order[b.status] || (a.name < b.name ? -1 : 1);
}

function detail(member: Member, size: Size): Line[] {
  const { sign, tone } = memberStates[member.status];
  const tags = Object.entries(member.tags).sort(([a], [b]) => (a < b ? -1 : 1));
  const inner = innerSize(size.width, size.height);
  const widest = Math.min(24, Math.max(0, ...tags.map(([key]) => cellWidth(sanitize(key)))));
  const columns = Math.max(1, Math.floor(inner.width / 60));
  const perColumn = Math.ceil(tags.length / columns);
  const columnWidth = Math.floor(inner.width / columns);
  const lines = Array.from({ length: perColumn }, (_, row) =>
    Array.from({ length: columns }, (_, column) => tags[column * perColumn + row]).flatMap((tag) =>
      tag === undefined
        ? []
        : [
            span(`${pad(sanitize(tag[0]), widest)}  `, 'muted'),
            span(pad(sanitize(tag[1]), Math.max(0, columnWidth - widest - 2)), 'value'),
          ],
    ),
  );
  return framed(lines, {
    title: [span(`${sign} `, tone), span(sanitize(member.name), 'plain', { bold: true }), span(' tags', 'muted')],
    footnote: [span('esc closes', 'muted')],
    ...size,
  });
}
