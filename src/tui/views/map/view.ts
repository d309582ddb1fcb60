/** A picture of the network: nodes by their Vivaldi coordinates, coloured by health; beside it how far they are. */
import type { CoordinateEntry } from '../../../client/index.ts';
import { framed, innerSize } from '../../components/frame.ts';
import { linkExplanation } from '../../components/link.ts';
import { latency } from '../../format.ts';
import { type CheckState, checkState, stateRank } from '../../models/check.ts';
import { distanceMs, roundTrips } from '../../models/coordinates.ts';
import { mapResource } from '../../models/feed.ts';
import { type MemberStatus, memberStatus } from '../../models/member.ts';
import { type Point, project } from '../../models/projection.ts';
import { derived, subscribeAll } from '../../models/store.ts';
import type { Column } from '../../rows/column.ts';
import { checkStates, memberStates, stateCell } from '../../rows/state.ts';
import * as queries from '../../source/queries.ts';
import { type Line, sanitize, span } from '../../text.ts';
import { tablePage } from '../table-page.ts';
import { beside, type Page, type ViewContext, type ViewDefinition } from '../view.ts';
import { drawPlane, type PlacedNode } from './plane.ts';

export const mapView: ViewDefinition = {
  id: 'map',
  title: 'Map',
  aliases: ['net', 'rtt'],
  help: 'The network by its round trips',
  open: openMap,
};

interface MapNode {
  readonly name: string;
  readonly entry: CoordinateEntry;
  readonly point: Point;
  readonly member: MemberStatus | undefined;
  readonly state: CheckState;
  /** From the agent that answers, milliseconds. */
  readonly rttMs: number | undefined;
}

/** Coordinates in milliseconds: numbers one can read. */
const msOf = (vector: readonly number[]) => vector.map((seconds) => seconds * 1000);

function openMap(context: ViewContext, argument: string): Page {
  const { datacenter } = context;
  const { members, checks } = datacenter.feeds;
  const coordinates = context.feed(queries.coordinates);
  const points = derived([coordinates], ({ value = [] }) => project(value.map(({ Coord }) => msOf(Coord.Vec))));
  const worst = derived([checks], ({ value = [] }) => {
    const states = new Map<string, CheckState>();
    for (const check of value) {
      const state = checkState(check);
      if (stateRank[state] < stateRank[states.get(check.Node) ?? 'passing']) states.set(check.Node, state);
    }
    return states;
  });
  const own = derived([datacenter], ({ overview }) => overview.node);
  const nodes = derived([coordinates, points, worst, members, own], (resource, all, states, { value = [] }, from) =>
    mapResource(resource, (entries): readonly MapNode[] => {
      const statuses = new Map(value.map((member) => [member.Name, memberStatus(member)]));
      const trip = roundTrips(entries, from);
      return entries.map((entry, index) => ({
        name: entry.Node,
        entry,
        point: all[index]!,
        member: statuses.get(entry.Node),
        state: states.get(entry.Node) ?? 'passing',
        rttMs: trip(entry.Node),
      }));
    }),
  );
  let current: MapNode | undefined;
  const table = tablePage<MapNode>(context, {
    crumb: 'Map',
    noun: 'node',
    rows: nodes,
    run: coordinates.run,
    keyOf: ({ name, entry }) => `${name} ${entry.Segment}`,
    columns,
    subject: ({ name, state, member }) => ({ text: name, state: member === 'failed' ? 'failed' : state }),
    order: (a, b) => (a.rttMs ?? -1) - (b.rttMs ?? -1),
    name: ({ name }) => name,
    raw: ({ entry }) => entry,
    enter: ({ name }) => context.go('node', name),
    empty: 'none yet',
    onCursor: (row) => {
      current = row;
    },
    also: [nodes],
  });
  table.filter?.set(argument);

  function whyNoMap(nowMs: number): Line {
    const resource = nodes.get();
    const why = resource.value === undefined ? linkExplanation(resource, nowMs) : undefined;
    const waiting =
      resource.value === undefined ? 'asking where the nodes are …' : 'no coordinates yet: nodes will send them';
    return why ?? [span(waiting, 'muted')];
  }

  return {
    ...table,
    subscribe: subscribeAll([table, nodes]),
    draw(drawing) {
      const { width, height } = drawing;
      const listWidth = Math.min(46, Math.floor(width * 0.4));
      // First: it tells what the cursor is on.
      const list = table.draw({ ...drawing, width: listWidth });
      const size = { width: width - listWidth, height };
      const inner = innerSize(size.width, size.height);
      const placed = (nodes.get().value ?? []).map(placedNode);
      return beside(
        framed(placed.length > 0 ? drawPlane(placed, current?.name, inner) : [whyNoMap(drawing.nowMs)], {
          title: planeTitle(nodes.get().value ?? [], current),
          ...size,
        }),
        list,
      );
    },
  };
}

function placedNode({ name, point, member, state }: MapNode): PlacedNode {
  const failed = member === 'failed' || member === 'leaving' || member === 'left';
  const { sign, tone } = failed ? memberStates[member] : checkStates[state];
  return { ...point, name: sanitize(name), sign, tone, rank: failed ? 0 : 1 + stateRank[state] };
}

function planeTitle(nodes: readonly MapNode[], current: MapNode | undefined): Line {
  const farthest = nodes.reduce<MapNode | undefined>(
    (far, node) =>
      current !== undefined && distance(node, current) > (far === undefined ? 0 : distance(far, current)) ? node : far,
    undefined,
  );
  return [
    span('Network', 'plain', { bold: true }),
    ...(current === undefined || farthest === undefined
      ? []
      : [
          span(
            ` farthest from ${sanitize(current.name)}: ${sanitize(farthest.name)}, ${latency(distance(farthest, current))}`,
            'muted',
          ),
        ]),
  ];
}

const distance = (a: MapNode, b: MapNode): number => (a === b ? 0 : distanceMs(a.entry.Coord, b.entry.Coord));

const columns: readonly Column<MapNode>[] = [
  {
    title: 'Node',
    width: 14,
    grow: 1,
    cell: ({ name, member, state }) => {
      const look = member === 'failed' ? memberStates.failed : checkStates[state];
      return stateCell(look, sanitize(name));
    },
    sortBy: ({ name }) => name,
  },
  {
    title: 'RTT',
    width: 8,
    align: 'right',
    cell: ({ rttMs }) => span(rttMs === undefined ? 'here' : latency(rttMs)),
    sortBy: ({ rttMs }) => rttMs ?? -1,
  },
  {
    title: 'Error',
    width: 6,
    align: 'right',
    from: 34,
    cell: ({ entry }) => span(`${Math.round(entry.Coord.Error * 100)} %`, entry.Coord.Error > 1 ? 'warn' : 'muted'),
    sortBy: ({ entry }) => entry.Coord.Error,
  },
];
