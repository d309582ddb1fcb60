/**
 * What `watch` prints and hands to its handlers: the structs of Consul's own client, whose fields, order and empty
 * values differ a little from the JSON of the API. Handlers in the field parse these.
 */

type Row = Readonly<Record<string, unknown>>;

/** A field that is left out when empty. */
const optional = Symbol('optional');

/** Fields in order, each with the value it has when the API leaves it out. */
type Shape = Readonly<Record<string, unknown>>;

const isEmpty = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  value === '' ||
  value === 0 ||
  value === false ||
  (typeof value === 'object' && Object.keys(value).length === 0);

function shaped(row: Row, shape: Shape): Row {
  const out: Record<string, unknown> = {};
  for (const [key, initial] of Object.entries(shape)) {
    const value = row[key];
    if (initial !== optional) out[key] = value ?? initial;
    else if (!isEmpty(value)) out[key] = value;
  }
  return out;
}

const indexes = { CreateIndex: 0, ModifyIndex: 0 };

const kvShape: Shape = { Key: '', ...indexes, LockIndex: 0, Flags: 0, Value: null, Session: '' };
const nodeShape: Shape = {
  ID: '',
  Node: '',
  Address: '',
  Datacenter: '',
  TaggedAddresses: null,
  Meta: null,
  ...indexes,
};
const eventShape: Shape = {
  ID: '',
  Name: '',
  Payload: null,
  NodeFilter: '',
  ServiceFilter: '',
  TagFilter: '',
  Version: 0,
  LTime: 0,
};
const serviceShape: Shape = {
  Kind: optional,
  ID: '',
  Service: '',
  Tags: null,
  Meta: null,
  Port: 0,
  Address: '',
  SocketPath: optional,
  TaggedAddresses: optional,
  Weights: null,
  EnableTagOverride: false,
  ...indexes,
};
const checkShape: Shape = {
  Node: '',
  CheckID: '',
  Name: '',
  Status: '',
  Notes: '',
  Output: '',
  ServiceID: '',
  ServiceName: '',
  ServiceTags: null,
  Type: '',
};
const definitionShape: Shape = {
  HTTP: '',
  Header: null,
  Method: '',
  Body: '',
  TLSServerName: '',
  TLSSkipVerify: false,
  TCP: '',
  Interval: '0s',
  Timeout: '0s',
  DeregisterCriticalServiceAfter: '0s',
};

const rows = (value: unknown): readonly Row[] => (value ?? []) as readonly Row[];
const row = (value: unknown): Row => (value ?? {}) as Row;

export const kvPair = (value: unknown): Row | null => (value === null ? null : shaped(row(value), kvShape));
export const kvPairs = (value: unknown): readonly (Row | null)[] | null =>
  value === null ? null : rows(value).map(kvPair);
export const nodes = (value: unknown): Row[] => rows(value).map((one) => shaped(one, nodeShape));
export const events = (value: unknown): Row[] => rows(value).map((one) => shaped(one, eventShape));

const check = (value: Row): Row => ({
  ...shaped(value, checkShape),
  Definition: shaped(row(value['Definition']), definitionShape),
  ...shaped(value, indexes),
});
export const checks = (value: unknown): Row[] => rows(value).map(check);

function service(value: Row): Row {
  const { Mode, ...proxy } = row(value['Proxy']);
  const modes = isEmpty(Mode) ? {} : { Mode };
  return {
    ...shaped(value, serviceShape),
    Proxy: { ...modes, MeshGateway: {}, Expose: {}, ...proxy },
    Connect: row(value['Connect']),
  };
}
export const serviceEntries = (value: unknown): Row[] =>
  rows(value).map((entry) => ({
    Node: shaped(row(entry['Node']), nodeShape),
    Service: service(row(entry['Service'])),
    Checks: checks(entry['Checks']),
  }));

/** Names and tags as they are. */
export const services = (value: unknown): Row => row(value);
