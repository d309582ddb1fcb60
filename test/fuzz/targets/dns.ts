/** DNS queries over UDP and TCP against a small catalog: answered within limits, or not at all. */
import { Frames, framed } from '../../../src/agent/dns/frames.ts';
import { decodeMessage, receive } from '../../../src/agent/dns/wire/decode.ts';
import { MessageError } from '../../../src/agent/dns/wire/message.ts';
import { queryFor, World } from '../../unit/agent/dns/world.ts';
import { holds, type Target, unlessRefused } from '../target.ts';

const names = [
  ...['web.service.consul', 'v1.web.service.dc1.consul', '_web._tcp.service.consul', 'web.connect.consul'],
  ...[
    'big.service.consul',
    '_big._v1.service.consul',
    'n1.node.consul',
    'q.query.consul',
    'consul',
    '1.0.0.10.in-addr.arpa',
    '0a000001.addr.consul',
    'www.example',
  ],
];
const types = ['A', 'AAAA', 'ANY', 'SRV', 'TXT', 'SOA', 'NS', 'PTR', 'CNAME', 'AXFR'] as const;

export function dnsTarget(): Target {
  const meta = { key: 'v'.repeat(200), other: 'w'.repeat(200) };
  const instances = Array.from({ length: 30 }, (_, i) => ({
    node: `n${i}`,
    address: i % 5 === 4 ? `n${i}.example.test` : `10.0.0.${i}`,
    meta,
    service: { Service: 'web', Port: i, Tags: ['v1'] },
  }));
  /** More than are resolved at once. */
  const many = Array.from({ length: 600 }, (_, i) => ({
    node: `b${i}`,
    address: `10.1.${i >> 8}.${i & 255}`,
    service: { Service: 'big', Port: 80, Tags: ['v1'], Address: i % 3 === 0 ? `h${i}.example.test` : '' },
  }));
  const world = new World([...instances, ...many, { node: 'alpha', service: { Service: 'consul' } }]);
  world.catalog.executed = { Service: 'web' };
  return {
    corpus: names.flatMap((name) =>
      types.flatMap((type) => [queryFor(name, { type }), queryFor(name, { type, edns: 1232 })]),
    ),
    words: names.map((name) => queryFor(name).subarray(12).toString('latin1')),
    async run(input, dice) {
      unlessRefused(() => decodeMessage(input), MessageError);
      const network = dice.oneIn(3) ? 'tcp' : 'udp';
      const query = Buffer.from(network === 'udp' ? input : (new Frames().push(framed(input))[0] ?? input));
      // Mostly the catalog stands still, so that answers are repeated as well.
      if (dice.oneIn(50)) world.catalog.change([...instances.slice(0, dice.int(instances.length + 1)), ...many]);
      if (dice.oneIn(1000)) world.kept.clear();
      const answer = await world.responder.respond(query, { address: '127.0.0.1', port: 53, network });
      if (answer === null) return;
      holds(
        query.length >= 12 && answer.readUInt16BE(0) === query.readUInt16BE(0),
        'an answer has the id of its query',
      );
      const received = receive(query);
      const asked = received.kind === 'query' ? (received.query.edns?.udpBytes ?? 0) : 0;
      const limit = network === 'tcp' ? 65_535 : Math.max(512, asked);
      holds(answer.length <= limit, `an answer of ${answer.length} bytes where ${limit} are allowed`);
      decodeMessage(answer);
    },
  };
}
