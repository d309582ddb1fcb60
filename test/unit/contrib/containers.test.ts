/** The files for containers are what their formats allow, and what they start is what an agent takes. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { DockerfileParser, type Instruction } from 'dockerfile-ast';
import { validate } from 'dockerfile-utils';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { setupError, startError } from '../../../src/agent/config/start-checks.ts';
import { fakeHost, loaded } from '../agent/config/fake-host.ts';

const folder = resolve(import.meta.dirname, '../../../contrib/docker');
const read = (name: string): string => readFileSync(resolve(folder, name), 'utf8');

/** What the agent of a command line would run with; throws what it would refuse. */
function configOf([command, ...flags]: readonly string[]) {
  expect(command).toBe('agent');
  const host = fakeHost({ '/etc/tc.d/': '' });
  const found = loaded([...flags.filter((flag) => !flag.startsWith('-config-dir')), '-bind=10.0.0.2'], host);
  expect([setupError(found, host.files), startError(found)]).toEqual([undefined, undefined]);
  return found.config;
}

describe('the Dockerfile', () => {
  const text = read('Dockerfile');
  const instructions = DockerfileParser.parse(text).getInstructions();
  const of = (keyword: string): Instruction[] => instructions.filter((one) => one.getKeyword() === keyword);
  const only = (keyword: string): Instruction => {
    const [first, ...more] = of(keyword);
    expect([keyword, more.length]).toEqual([keyword, 0]);
    return first!;
  };
  const argument = (keyword: string): string => only(keyword).getArgumentsContent() ?? '';
  const words = (keyword: string): string[] => JSON.parse(argument(keyword).replace(/^CMD /, '')) as string[];

  it('is one', () => {
    expect(validate(text)).toEqual([]);
    expect(validate(`${text}\nEXPOSED 1\n`)).toHaveLength(1);
  });

  it('has a Node that the package runs on', () => {
    const { engines } = JSON.parse(readFileSync(resolve(folder, '../../package.json'), 'utf8')) as {
      engines: { node: string };
    };
    const [, major] = /^node:(\d+)-/.exec(argument('FROM')) ?? [];
    expect(engines.node).toBe(`>=${major}.0.0`);
  });

  it('starts an agent that takes its flags, and exposes just its ports', () => {
    expect(words('ENTRYPOINT')).toEqual(['tc']);
    const config = configOf(words('CMD'));
    expect(argument('VOLUME')).toBe(config.dataDir);
    const { server, serfLan, serfWan, http, dns } = config.ports;
    const both = (port: number): string[] => [`${port}`, `${port}/udp`];
    const ports = [`${server}`, ...both(serfLan), ...both(serfWan), `${http}`, ...both(dns)];
    expect(argument('EXPOSE').split(' ')).toEqual(ports);
    expect(config.httpAddrs).toEqual([`0.0.0.0:${http}`]);
  });

  it('runs as nobody in particular, who owns what is written', () => {
    const user = argument('USER');
    expect(argument('RUN')).toContain(`--home-dir ${argument('VOLUME')} --create-home`);
    expect(argument('RUN')).toMatch(new RegExp(` ${user} +&& `));
    expect(argument('STOPSIGNAL')).toBe('SIGINT');
  });

  it('asks the agent for its health', async () => {
    const [program, option, script] = words('HEALTHCHECK');
    expect([program, option]).toEqual(['node', '-e']);
    const exitOf = async (answer: () => Promise<unknown>): Promise<number | undefined> => {
      let asked = '';
      let code: number | undefined;
      const fetched = (url: string) => {
        asked = url;
        return answer();
      };
      await new Function('fetch', 'process', `return ${script}`)(fetched, { exit: (value: number) => (code = value) });
      expect(asked).toBe(`http://127.0.0.1:${configOf(words('CMD')).ports.http}/v1/status/leader`);
      return code;
    };
    expect(await exitOf(async () => ({ ok: true }))).toBe(0);
    expect(await exitOf(async () => ({ ok: false }))).toBe(1);
  });
});

interface Service {
  readonly image: string;
  readonly hostname: string;
  readonly restart: string;
  readonly command: readonly string[];
  readonly ports?: readonly string[];
  readonly volumes: readonly string[];
}

describe('the compose file', () => {
  const file = parse(read('compose.yaml'), { merge: true, strict: true, uniqueKeys: true }) as {
    readonly services: Readonly<Record<string, Service>>;
    readonly volumes: Readonly<Record<string, null>>;
  };
  const services = Object.entries(file.services);
  const servers = services.filter(([, { command }]) => command.includes('-server'));

  it('has three servers and a client', () => {
    expect(servers.map(([name]) => name)).toEqual(['server1', 'server2', 'server3']);
    expect(services.map(([name]) => name)).toEqual(['server1', 'server2', 'server3', 'client']);
  });

  it('says nothing that compose does not know', () => {
    expect(Object.keys(file).filter((key) => !key.startsWith('x-'))).toEqual(['services', 'volumes']);
    const known = ['image', 'hostname', 'restart', 'command', 'ports', 'volumes'];
    for (const [name, service] of services) {
      expect([name, Object.keys(service).filter((key) => !known.includes(key))]).toEqual([name, []]);
      expect(['no', 'always', 'on-failure', 'unless-stopped']).toContain(service.restart);
      expect(service.hostname).toBe(name);
    }
  });

  it.each(services)('%s starts an agent that takes its flags', (_, { command, volumes }) => {
    const config = configOf(command);
    expect(config.joins.lan.retry).toEqual(servers.map(([name]) => name));
    if (config.server) expect(config.bootstrapExpect).toBe(servers.length);
    expect(volumes).toHaveLength(1);
    const [source, target] = volumes[0]!.split(':');
    expect(Object.keys(file.volumes)).toContain(source);
    expect(target).toBe(config.dataDir);
  });

  it('uses every volume once', () => {
    const used = services.flatMap(([, { volumes }]) => volumes.map((volume) => volume.split(':')[0]));
    expect(used.sort()).toEqual(Object.keys(file.volumes).sort());
  });

  it('shows on this machine alone what the client listens on', () => {
    const { command, ports } = file.services['client']!;
    const { http, dns } = configOf(command).ports;
    expect(ports).toEqual([`127.0.0.1:${http}:${http}`, `127.0.0.1:${dns}:${dns}/udp`]);
    for (const [, service] of servers) expect(service.ports).toBeUndefined();
  });
});
