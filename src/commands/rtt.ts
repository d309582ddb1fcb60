import { CliError, defineCommand, explain } from '../cli/command.ts';
import { flag, formatFlag } from '../cli/flags.ts';
import { toJson, wantsJson } from '../cli/format.ts';
import { agentApi } from '../client/agent.ts';
import type { ConsulHttp } from '../client/http.ts';
import { coordinateApi } from '../client/operator.ts';
import type { Coordinate } from '../client/types.ts';
import { distanceSeconds } from '../lib/coordinate.ts';

export default defineCommand({
  summary: 'Estimates network round trip time between nodes',
  usage: 'rtt [options] node1 [node2]',
  description:
    'Prints how long a round trip between two nodes takes, by the network coordinates that agents work out from their gossip; nothing is sent between the two. Without node2 the agent that is asked stands for it.',
  examples: [
    ['rtt n1 n2', 'Between two nodes:'],
    ['rtt -wan n1.dc1 n2.dc2', 'Between servers of two datacenters:'],
  ],
  http: 'agent',
  flags: {
    wan: flag.bool('Between servers, by the pool of all datacenters. Names are <node name>.<datacenter>.'),
    format: formatFlag,
  },

  async run({ args, flags, out, err, help, http }) {
    const json = wantsJson(flags.format);
    if (args.length < 1 || args.length > 2) {
      err(`One or two node names must be specified\n\n${help()}`);
      return 1;
    }
    const one = args[0]!;
    const [a, b, two] = flags.wan ? await acrossDatacenters(http(), one, args[1]) : await inside(http(), one, args[1]);
    if (a === undefined) throw new CliError(`Could not find a coordinate for node "${one}"`);
    if (b === undefined) throw new CliError(`Could not find a coordinate for node "${two}"`);
    const ms = distanceSeconds(a, b) * 1000;
    if (json) out(toJson({ From: one, To: two, Ms: ms }));
    else out(`Estimated ${one} <-> ${two} rtt: ${ms.toFixed(3)} ms (using ${flags.wan ? 'WAN' : 'LAN'} coordinates)\n`);
    return 0;
  },
});

type Found = readonly [Coordinate | undefined, Coordinate | undefined, second: string];

async function inside(http: ConsulHttp, one: string, two: string | undefined): Promise<Found> {
  const { value } = await explain('Error getting coordinates', coordinateApi(http).nodes());
  const second = two ?? (await ownName(http)).NodeName;
  const of = (node: string) => value.find((entry) => entry.Node === node)?.Coord;
  return [of(one), of(second), second];
}

async function acrossDatacenters(http: ConsulHttp, one: string, two: string | undefined): Promise<Found> {
  const refuse = (): never => {
    throw new CliError('Node names must be specified as <node name>.<datacenter> with -wan');
  };
  const parts = (name: string): readonly [string, string] => {
    const dot = name.lastIndexOf('.');
    return dot <= 0 || name.split('.').length !== 2 ? refuse() : [name.slice(0, dot), name.slice(dot + 1)];
  };
  parts(one);
  let second = two;
  if (second === undefined) {
    const { NodeName, Datacenter } = await ownName(http);
    second = `${NodeName}.${Datacenter}`;
  }
  parts(second);
  const datacenters = await explain('Error getting coordinates', coordinateApi(http).datacenters());
  const of = (name: string) => {
    const [node, dc] = parts(name);
    const { Coordinates = [] } = datacenters.find((entry) => entry.Datacenter === dc) ?? {};
    return Coordinates.find((entry) => entry.Node === node)?.Coord;
  };
  return [of(one), of(second), second];
}

async function ownName(http: ConsulHttp): Promise<{ readonly NodeName: string; readonly Datacenter: string }> {
  const { Config } = await explain('Unable to look up node name', agentApi(http).self());
  return { NodeName: String(Config['NodeName']), Datacenter: String(Config['Datacenter']) };
}
