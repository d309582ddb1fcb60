/** Network coordinates (Vivaldi) of nodes. Field order is declaration order (an array form is read by it). */
import { QueryMeta, WriteRequest } from './common.ts';
import { f64, type Infer, ptr, slice, str, struct } from './schema.ts';

export const Coord = struct('Coord', {
  Vec: slice(f64),
  Error: f64,
  Adjustment: f64,
  Height: f64,
});
export type Coord = Infer<typeof Coord>;

export const Coordinate = struct('Coordinate', {
  Node: str,
  Segment: str,
  Coord: ptr(Coord),
});
export type Coordinate = Infer<typeof Coordinate>;

export const DatacenterMap = struct('DatacenterMap', {
  Datacenter: str,
  AreaID: str,
  Coordinates: slice(Coordinate),
});
export type DatacenterMap = Infer<typeof DatacenterMap>;

export const IndexedCoordinates = struct('IndexedCoordinates', {
  Coordinates: slice(Coordinate),
  ...QueryMeta.type.fields,
});
export type IndexedCoordinates = Infer<typeof IndexedCoordinates>;

export const CoordinateUpdateRequest = struct('CoordinateUpdateRequest', {
  Datacenter: str,
  Node: str,
  Segment: str,
  Coord: ptr(Coord),
  ...WriteRequest.type.fields,
});
export type CoordinateUpdateRequest = Infer<typeof CoordinateUpdateRequest>;
