/** Coordinate.*: where nodes are in the network, by Vivaldi coordinates. */
import type { Coord, Coordinate } from '../../../structs/coordinate.ts';
import { RpcError } from '../../errors.ts';
import type { Coordinate as GossipedCoordinate } from '../../gossip/serf/core/coordinate.ts';
import { listCoordinates } from '../../state/operator.ts';
import { fold } from '../../state/schema.ts';
import { answer, type MethodTable, noMeta } from '../context.ts';

const dimensions = 8;
/** A node that nobody has measured yet. */
const unmeasured: Coord = { Vec: new Array<number>(dimensions).fill(0), Error: 1.5, Adjustment: 0, Height: 1e-5 };

const toCoord = (coordinate: GossipedCoordinate | undefined): Coord | null =>
  coordinate === undefined ? null : { ...coordinate, Vec: [...coordinate.Vec] };

const isUsable = (coord: Coord): boolean =>
  coord.Vec?.length === dimensions &&
  [...coord.Vec, coord.Error, coord.Adjustment, coord.Height].every(Number.isFinite);

export const coordinateMethods: MethodTable = {
  'Coordinate.ListDatacenters': {
    kind: 'procedure',
    by: 'anybody',
    run({ config, nodeName, pools, forwarder }) {
      const wan = pools.wan();
      if (wan === null) {
        const own: Coordinate = { Node: nodeName, Segment: '', Coord: unmeasured };
        return answer([{ Datacenter: config.datacenter, AreaID: 'wan', Coordinates: [own] }]);
      }
      const maps = new Map<string, Coordinate[]>();
      for (const { name, datacenter } of forwarder.wanServers()) {
        const Coord = toCoord(wan.coordinateOf(`${name}.${datacenter}`));
        const list = maps.get(datacenter) ?? [];
        maps.set(datacenter, list);
        // Servers that have not answered a probe yet are left out.
        if (Coord !== null) list.push({ Node: name, Segment: '', Coord });
      }
      const sorted = [...maps].sort(([a], [b]) => (a < b ? -1 : 1));
      return answer(sorted.map(([Datacenter, Coordinates]) => ({ Datacenter, AreaID: 'wan', Coordinates })));
    },
  },
  'Coordinate.ListNodes': {
    kind: 'state',
    key: () => '',
    read(state, watch) {
      const { index, coordinates } = listCoordinates(state, watch);
      return { index, reply: { Coordinates: coordinates, ...noMeta } };
    },
  },
  'Coordinate.Node': {
    kind: 'state',
    key: (args) => args.Node ?? '',
    read(state, watch, args) {
      const { index, coordinates } = listCoordinates(state, watch);
      const own = coordinates.filter((one) => fold(one.Node) === fold(args.Node ?? ''));
      return { index, reply: { Coordinates: own, ...noMeta } };
    },
  },
  'Coordinate.Update': {
    kind: 'procedure',
    by: 'leader',
    run(context, args) {
      const coord = args.Coord ?? null;
      if (coord === null || !isUsable(coord)) throw new RpcError('incompatible coordinate');
      // Coordinates are a hint: those of unknown nodes are dropped when they are applied, not refused.
      context.coordinates.add({ Node: args.Node ?? '', Segment: args.Segment ?? '', Coord: coord });
      return answer({});
    },
  },
};
