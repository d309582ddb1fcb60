/** What else hangs on a loaded configuration: banner, DebugConfig, reload, what is not built yet, start checks. */

import { describe, expect, it } from 'vitest';
import { banner } from '../../../../src/agent/config/banner.ts';
import { leavesOf } from '../../../../src/agent/config/field.ts';
import { parseAgentFlags } from '../../../../src/agent/config/flags.ts';
import { reloadableDiff, reloaded } from '../../../../src/agent/config/reload.ts';
import { schema } from '../../../../src/agent/config/schema.ts';
import { setupError, startError } from '../../../../src/agent/config/start-checks.ts';
import { noEffectWarning, refusal } from '../../../../src/agent/config/unsupported.ts';
import recorded from '../../../data/config/debug-config.json' with { type: 'json' };
import { fakeHost, loaded } from './fake-host.ts';

const { files } = fakeHost({});

describe('the banner', () => {
  const show = (gossipEncrypted: boolean, ...argv: string[]) =>
    banner(loaded(argv), { nodeId: 'b0b', version: 'v1', gossipEncrypted });

  it('of a development agent', () => {
    expect(show(false, '-dev', '-node=ban', '-http-port=1')).toBe(
      [
        '==> Starting Consul agent...',
        "           Version: 'v1'",
        "           Node ID: 'b0b'",
        "         Node name: 'ban'",
        "        Datacenter: 'dc1' (Segment: '<all>')",
        '            Server: true (Bootstrap: false)',
        '       Client Addr: [127.0.0.1] (HTTP: 1, HTTPS: -1, gRPC: 8502, DNS: 8600)',
        '      Cluster Addr: 127.0.0.1 (LAN: 8301, WAN: 8302)',
        '           Encrypt: Gossip: false, TLS-Outgoing: false, TLS-Incoming: false, Auto-Encrypt-TLS: false',
        '',
        '==> Log data will now stream in as it occurs:',
        '',
        '',
      ].join('\n'),
    );
  });

  it('of a client, and of a server that bootstraps with encryption', () => {
    const client = show(false, '-data-dir=/d', '-bind=127.0.0.1', '-datacenter=dc9');
    expect(client).toContain("        Datacenter: 'dc9' (Segment: '')\n            Server: false (Bootstrap: false)\n");
    const server = show(true, '-data-dir=/d', '-bind=127.0.0.1', '-server', '-bootstrap-expect=1');
    expect(server).toContain('            Server: true (Bootstrap: true)\n');
    expect(server).toContain('Encrypt: Gossip: true');
  });
});

describe('DebugConfig', () => {
  const ports = { http: 7001, server: 7002, serf_lan: 7003, serf_wan: 7004 };
  const host = fakeHost({ '/c.json': JSON.stringify(recorded.config) });
  const { debug } = loaded(
    [
      ...['-dev', '-bind=127.0.0.1', '-client=127.0.0.1', '-dns-port=-1', '-grpc-port=-1', '-config-file=/c.json'],
      ...[`-http-port=${ports.http}`, `-server-port=${ports.server}`],
      ...[`-serf-lan-port=${ports.serf_lan}`, `-serf-wan-port=${ports.serf_wan}`],
      ...['-node=conf-node', '-node-id=5d7f6a10-0000-4000-8000-0000000000a1'],
    ],
    host,
  ).config;
  const asJson = (value: unknown): Record<string, unknown> =>
    JSON.parse(JSON.stringify(value)) as Record<string, unknown>;
  const filled = JSON.stringify(recorded.expect)
    .replace(/"<port:(\w+)>"/g, (_, name: string) => String(ports[name as keyof typeof ports]))
    .replace(/<port:(\w+)>/g, (_, name: string) => String(ports[name as keyof typeof ports]));
  const expected = JSON.parse(filled) as Record<string, unknown>;

  it('has every field as recorded', () => {
    const actual = asJson(debug);
    const ours = Object.fromEntries(Object.keys(expected).map((name) => [name, actual[name]]));
    expect(ours).toEqual(expected);
  });

  it('has no field that was not recorded, but for those that differ from run to run', () => {
    const extra = Object.keys(debug).filter((name) => !Object.hasOwn(expected, name));
    expect(extra).toEqual([
      'Cache',
      'ConsulServerHealthInterval',
      'DataDir',
      'RPCConfig',
      'Revision',
      'UIConfig',
      'Version',
      'VersionPrerelease',
    ]);
  });

  it('hides secrets wherever they stand', () => {
    const { config } = loaded([
      '-dev',
      '-hcl=acl { tokens { default = "s3cret" } } encrypt = "czNjcmV0" key_file = "s3cret"',
      '-hcl=service { name = "a" token = "s3cret" } watches = [{ type = "key", token = "s3cret" }]',
      '-hcl=connect { ca_config { private_key = "s3cret", root_cert = "r" } } telemetry { circonus_api_token = "s3cret" }',
      '-retry-join=provider=aws secret_access_key=s3cret tag_key=s3cret tag_value=v',
      '-hcl=ui_config { metrics_proxy { add_headers = [{ name = "Authorization", value = "s3cret" }] } }',
    ]);
    const text = JSON.stringify(config.debug);
    expect(text).not.toContain('s3cret');
    expect(text).not.toContain('czNjcmV0');
    expect(config.debug['RetryJoinLAN']).toEqual(['provider=aws secret_access_key=hidden tag_key=hidden tag_value=v']);
  });
});

describe('a reload', () => {
  const before = [
    '-dev',
    '-hcl=node_meta { a = "1" } log_level = "INFO" datacenter = "x" watches = [{ type = "nodes" }]',
  ];
  const after = [
    '-dev',
    '-hcl=node_meta { a = "2" } log_level = "WARN" datacenter = "y" watches = [{ type = "nodes" }] ports { http = 1 }',
    '-hcl=acl_token = "t"',
  ];

  it('names what it takes over and what waits for a restart', () => {
    expect(reloadableDiff(loaded(before).settings, loaded(after).settings)).toEqual({
      applied: ['node_meta', 'acl.tokens.default', 'log_level'],
      ignored: ['datacenter', 'ports.http'],
    });
    expect(reloadableDiff(loaded(before).settings, loaded(before).settings)).toEqual({ applied: [], ignored: [] });
  });

  it('gives the running configuration the values that may change', () => {
    const result = reloaded(loaded(before), loaded(after), fakeHost());
    if (result.kind === 'error') throw new Error(result.message);
    const { config } = result.loaded;
    expect(config).toMatchObject({ datacenter: 'x', log: { level: 'WARN' }, httpAddrs: ['127.0.0.1:8500'] });
    expect({ ...config.nodeMeta }).toEqual({ a: '2' });
    expect(config.debug).toMatchObject({ Datacenter: 'x' });
  });

  it('that makes no sense changes nothing', () => {
    const bad = loaded(before);
    const fresh = { ...bad, settings: { ...bad.settings, node_meta: { 'a b': '1' } } };
    expect(reloaded(bad, fresh, fakeHost())).toEqual({
      kind: 'error',
      message: "node_meta invalid: Couldn't load metadata pair ('a b', '1'): Key contains invalid characters",
    });
  });
});

describe('what is not built yet', () => {
  const of = (...fragments: string[]) => refusal(loaded(['-dev', ...fragments.map((text) => `-hcl=${text}`)]).settings);

  it('is refused where ignoring it would mislead', () => {
    const authorization = 'auto_config { authorization { enabled = true } }';
    expect(of(authorization)).toBe('auto_config.authorization is not supported yet');
    expect(of(authorization, 'connect { ca_provider = "vault" }')).toBe(
      'auto_config.authorization, connect.ca_provider are not supported yet',
    );
  });

  it('is accepted where it only tunes an absent part, with one remark', () => {
    const tuned = loaded(['-dev', '-hcl=addresses { grpc = "127.0.0.1" }', '-dns-port=-1']);
    expect(refusal(tuned.settings)).toBe(undefined);
    expect(noEffectWarning(tuned)).toBe('These settings have no effect yet: addresses.grpc');
    expect(noEffectWarning(loaded(['-dev', '-dns-port=53', '-grpc-port=-1']))).toBe(undefined);
  });

  it('leaves a development agent and a bootstrapped server alone', () => {
    expect(of()).toBe(undefined);
    expect(of('primary_datacenter = "DC1"', 'acl { enabled = false }')).toBe(undefined);
    const server = loaded(['-server', '-bootstrap', '-data-dir=/d', '-bind=127.0.0.1']);
    expect(setupError(server, files)).toBe(undefined);
    expect(startError(server)).toBe(undefined);
  });
});

describe('an agent that starts minds', () => {
  it('levels of the log and node ids', () => {
    expect(setupError(loaded(['-dev', '-log-level=err']), files)).toBe(undefined);
    expect(setupError(loaded(['-dev', '-node-id=A0000000-0000-4000-8000-00000000000F']), files)).toBe(undefined);
    expect(setupError(loaded(['-dev', `-node-id=${'a'.repeat(36)}`]), files)).toBe(
      'failed to setup node ID: specified NodeID is invalid: uuid is improperly formatted',
    );
  });

  it('protocol versions, once it logs', () => {
    expect(startError(loaded(['-dev', '-protocol=1']))).toBe(
      "Failed to start Consul server: Protocol version '1' too low. Must be in range: [2, 3]",
    );
    expect(startError(loaded(['-protocol=1', '-data-dir=/d', '-bind=127.0.0.1']))).toBe(
      "Failed to start Consul client: Protocol version '1' too low. Must be in range: [2, 3]",
    );
    expect(startError(loaded(['-dev', '-protocol=4']))).toContain("'4' too high");
    expect(startError(loaded(['-dev', '-protocol=3']))).toBe(undefined);
  });
});

describe('flags', () => {
  it('are Go’s: one dash or two, with a sign or a word, booleans without', () => {
    const parsed = parseAgentFlags([
      '--dev',
      '-node',
      'n',
      '--http-port=1',
      '-server=false',
      '-join=a',
      '-join',
      'b',
      '--',
    ]);
    expect(parsed).toMatchObject({
      kind: 'flags',
      flags: {
        dev: true,
        values: { node_name: 'n', ports: { http: 1 }, server: false },
        lists: { start_join: ['a', 'b'] },
      },
    });
  });

  it.each([
    ['-dev=maybe', 'invalid boolean value "maybe" for -dev: strconv.ParseBool: parsing "maybe": invalid syntax'],
    [
      '-http-port=99999999999999999999',
      'invalid value "99999999999999999999" for flag -http-port: strconv.Atoi: parsing "99999999999999999999": value out of range',
    ],
    ['---dev', 'bad flag syntax: ---dev'],
    ['-=x', 'bad flag syntax: -=x'],
    ['-__proto__=x', 'flag provided but not defined: -__proto__'],
  ])('that are wrong are named: %s', (flag, line) => {
    const parsed = parseAgentFlags([flag]);
    expect(parsed.kind === 'error' && parsed.message.split('\n')[0]).toBe(line);
  });

  it('end at the first other word', () => {
    expect(parseAgentFlags(['-dev', 'x', '-nope'])).toMatchObject({
      message: '==> Unexpected extra arguments: [x -nope]\n',
    });
    expect(parseAgentFlags(['-dev', '--', '-nope'])).toMatchObject({
      message: '==> Unexpected extra arguments: [-nope]\n',
    });
  });
});

describe('the schema', () => {
  const leaves = leavesOf(schema);

  it('gives every flag to one key', () => {
    const flags = leaves.flatMap(({ field }) => field.flag ?? []);
    expect(new Set(flags).size).toBe(flags.length);
  });

  it('has the key that each older name stands for, of the same type', () => {
    for (const { field } of leaves) {
      if (field.oldNameOf === undefined) continue;
      expect(leaves.find(({ key }) => key === field.oldNameOf)?.field.type).toEqual(field.type);
    }
  });

  it('has defaults that pass all checks', () => {
    expect(loaded(['-server', '-bind=127.0.0.1', '-data-dir=/d']).config.warnings).toEqual([]);
  });
});
