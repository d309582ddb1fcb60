import { describe, expect, it } from 'vitest';
import type { NetworkInterface } from '../../../../src/lib/sockaddr/network.ts';
import { fakeHost, loaded, oneNetworkCard, refusalOf } from './fake-host.ts';

const configOf = (argv: readonly string[], files: Record<string, string> = {}) => loaded(argv, fakeHost(files)).config;

describe('development mode', () => {
  it('needs nothing and has its own defaults', () => {
    const config = configOf(['-dev']);
    expect(config).toMatchObject({
      devMode: true,
      nodeName: 'testhost',
      datacenter: 'dc1',
      primaryDatacenter: 'dc1',
      server: true,
      bootstrap: false,
      dataDir: '',
      bindAddr: '127.0.0.1',
      advertiseAddr: '127.0.0.1',
      httpAddrs: ['127.0.0.1:8500'],
      httpsAddrs: [],
      grpcAddrs: ['127.0.0.1:8502'],
      connect: { enabled: true, caProvider: 'consul', caConfig: {} },
      enableDebug: true,
      log: { level: 'DEBUG' },
      ui: { enabled: true, contentPath: '/ui/' },
      raft: { multiplier: 1, electionTimeoutMs: 52, heartbeatTimeoutMs: 35, leaderLeaseTimeoutMs: 20 },
      leaveOnTerm: false,
      skipLeaveOnInt: true,
      sessionTtlMinMs: 10_000,
      warnings: [],
    });
  });

  it('gives way to flags and files', () => {
    const config = configOf(['-dev', '-config-file=/c.json', '-http-port', '1234', '-ui=false'], {
      '/c.json': '{"log_level": "WARN", "connect": {"enabled": false}, "ports": {"grpc": -1}}',
    });
    expect(config).toMatchObject({
      log: { level: 'WARN' },
      connect: { enabled: false, caProvider: 'consul', caConfig: {} },
      grpcAddrs: [],
      httpAddrs: ['127.0.0.1:1234'],
      ui: { enabled: false },
    });
  });

  it('keeps nothing on disk although a data directory is named', () => {
    expect(configOf(['-dev', '-data-dir=/d']).dataDir).toBe('');
  });
});

describe('a durable server', () => {
  const server = ['-server', '-bootstrap-expect=1', '-data-dir=/data', '-bind=127.0.0.1'];

  it('that expects itself alone bootstraps', () => {
    const config = configOf(server);
    expect(config).toMatchObject({
      devMode: false,
      server: true,
      bootstrap: true,
      bootstrapExpect: 0,
      dataDir: '/data',
      log: { level: 'INFO', rotateDurationMs: 86_400_000 },
      raft: { multiplier: 5, electionTimeoutMs: 5000, heartbeatTimeoutMs: 5000, leaderLeaseTimeoutMs: 2500 },
      connect: { enabled: false, caProvider: 'consul', caConfig: {} },
    });
  });

  it('advertises the one private address when it listens everywhere', () => {
    const config = configOf(['-server', '-bootstrap', '-data-dir=/data']);
    expect(config).toMatchObject({
      bindAddr: '0.0.0.0',
      advertiseAddr: '10.1.2.3',
      advertiseAddrWan: '10.1.2.3',
      taggedAddresses: { lan: '10.1.2.3', lan_ipv4: '10.1.2.3', wan: '10.1.2.3', wan_ipv4: '10.1.2.3' },
    });
  });

  it('does not guess between several addresses', () => {
    const [lo, eth0] = oneNetworkCard.interfaces;
    const eth1 = { ...eth0!, name: 'eth1', addresses: [{ ip: '192.168.1.1', prefix: 24 }] };
    const withCards = (...interfaces: NetworkInterface[]) =>
      refusalOf(['-server', '-data-dir=/d'], fakeHost({}, { network: () => ({ defaultRoutes: [], interfaces }) }));
    expect(withCards(lo!, eth0!, eth1)).toBe(
      "Multiple private IPv4 addresses found. Please configure one with 'bind' and/or 'advertise'.",
    );
    expect(withCards(lo!)).toBe('No private IPv4 address found');
    expect(withCards(lo!, { ...eth0!, up: false })).toBe('No private IPv4 address found');
  });
});

describe('the order of sources', () => {
  const files = {
    '/one.json': JSON.stringify({ datacenter: 'one', node_meta: { a: '1', b: '1' }, recursors: ['127.0.0.2'] }),
    '/d/10.json': JSON.stringify({ datacenter: 'from10', services: [{ name: 's10' }], recursors: ['127.0.0.3'] }),
    '/d/20.hcl': 'datacenter = "from20"\nnode_meta { b = "2" }\nservice { name = "s20" }\ncheck { name = "c20" }',
    '/d/sub/30.json': '{"datacenter": "sub"}',
    '/d/skip.txt': 'x',
    '/d/empty.json': '  ',
  };
  const load = (...argv: string[]) => loaded(['-dev', ...argv], fakeHost(files));

  it('files and directories count in the order given, files of a directory by name', () => {
    expect(load('-config-dir=/d').config.datacenter).toBe('from20');
    expect(load('-config-file=/one.json', '-config-dir=/d').config.datacenter).toBe('from20');
    expect(load('-config-dir', '/d/', '--config-file=/one.json').config.datacenter).toBe('one');
    expect(load('-config-file=/d').config.datacenter).toBe('from20');
  });

  it('flags win over files, fragments over flags', () => {
    const { config } = load(
      '-hcl=node_meta { c = "hcl" b = "9" }',
      '-config-file=/one.json',
      '-node-meta=b:8:x',
      '-datacenter=FLAG',
    );
    expect(config.datacenter).toBe('flag');
    expect({ ...config.nodeMeta }).toEqual({ a: '1', b: '9', c: 'hcl' });
    expect({ ...load('-config-file=/one.json', '-node-meta=b:8:x', '-node-meta=d').config.nodeMeta }).toEqual({
      a: '1',
      b: '8:x',
      d: '',
    });
  });

  it('lists are appended: flags, files, fragments', () => {
    const { settings } = load(
      '-hcl=recursors = ["127.0.0.9"]',
      '-config-file=/one.json',
      '-config-dir=/d',
      '-recursor=127.0.0.1',
      '-recursor',
      '127.0.0.4',
    );
    expect(settings.recursors).toEqual(['127.0.0.1', '127.0.0.4', '127.0.0.2', '127.0.0.3', '127.0.0.9']);
  });

  it('single services and checks join the lists', () => {
    const { settings } = load('-config-dir=/d', '-hcl=service { name = "last" }');
    expect(settings.services.map(({ name }) => name)).toEqual(['s10', 's20', 'last']);
    expect(settings.checks.map(({ name }) => name)).toEqual(['c20']);
  });

  it('files of other kinds are skipped with a remark, unless the format is named', () => {
    expect(load('-config-dir=/d').config.warnings).toEqual([
      'skipping file /d/skip.txt, extension must be .hcl or .json, or config format must be set',
    ]);
    const named = fakeHost({ '/x.txt': 'datacenter = "fromtxt"' });
    expect(loaded(['-dev', '-config-format=hcl', '-config-file=/x.txt'], named).config.datacenter).toBe('fromtxt');
  });

  it('the environment counts when nothing else says it', () => {
    const env = { CONSUL_INTRO_TOKEN: 'jwt' };
    expect(loaded(['-dev'], fakeHost({}, { env })).settings.auto_config.intro_token).toBe('jwt');
    const fragment = '-hcl=auto_config { intro_token = "own" }';
    expect(loaded(['-dev', fragment], fakeHost({}, { env })).settings.auto_config.intro_token).toBe('own');
  });

  it('newer names win over older ones wherever they stand', () => {
    const { settings, config } = load(
      '-hcl=ui_config { enabled = false }',
      '-hcl=ui = true',
      '-hcl=acl_datacenter = "main"',
    );
    expect(settings.ui_config.enabled).toBe(false);
    expect(config.primaryDatacenter).toBe('main');
    expect(config.acl.enabled).toBe(true);
    expect(load('-hcl=ui = false').settings.ui_config.enabled).toBe(false);
  });
});

describe('loose values', () => {
  const one = (fragment: string) => loaded(['-dev', `-hcl=${fragment}`]).settings;

  it('are converted', () => {
    expect(one('ports { http = "0x10" dns = "8600" grpc = true }').ports).toMatchObject({
      http: 16,
      dns: 8600,
      grpc: 1,
    });
    expect(one('log_json = "1"').log_json).toBe(true);
    expect(one('log_json = 0').log_json).toBe(false);
    expect(one('node_name = 42').node_name).toBe('42');
    expect(one('node_name = true').node_name).toBe('1');
    expect(one('node_name = ["n"]').node_name).toBe('n');
    expect(one('recursors = "127.0.0.1"').recursors).toEqual(['127.0.0.1']);
    expect(one('{"recursors": {}}').recursors).toEqual([]);
    expect({ ...one('node_meta { a = 1 }\nnode_meta { b = 1.5 }').node_meta }).toEqual({ a: '1', b: '1.5' });
    expect(one('limits { rpc_rate = "2.5" }').limits.rpc_rate).toBe(2.5);
    expect(one('Node_Name = "n"').node_name).toBe('n');
    expect(one('check { name = "c" DockerContainerID = "d" tlsskipverify = true }').checks).toMatchObject([
      { docker_container_id: 'd', tls_skip_verify: true },
    ]);
    expect(one('{"node_name": null, "datacenter": "x"}')).toMatchObject({ datacenter: 'x' });
  });

  it.each([
    ['ports { http = "abc" }', `cannot parse 'ports.http' as int: strconv.ParseInt: parsing "abc": invalid syntax`],
    ['log_json = "yes"', `cannot parse 'log_json' as bool: strconv.ParseBool: parsing "yes": invalid syntax`],
    [
      'limits { rpc_rate = "x" }',
      `cannot parse 'limits.rpc_rate' as float: strconv.ParseFloat: parsing "x": invalid syntax`,
    ],
    [
      'node_name = ["a", "b"]',
      `'node_name' expected type 'string', got unconvertible type '[]interface {}', value: '[a b]'`,
    ],
    [
      'node_name { b = 1 a = {} }',
      `'node_name' expected type 'string', got unconvertible type 'map[string]interface {}', value: 'map[a:[map[]] b:1]'`,
    ],
    ['ports = 5', `'ports' expected a map, got 'int'`],
    ['ports { }\nports { }', `'ports' expected a map, got 'slice'`],
    ['node_meta = "x"', `'node_meta' expected a map, got 'string'`],
  ])('that cannot be converted are refused: %s', (fragment, problem) => {
    expect(refusalOf(['-dev', `-hcl=${fragment}`])).toBe(
      `failed to parse flags-0.hcl: 1 error(s) decoding:\n\n* ${problem}`,
    );
  });

  it('unknown keys are named with their paths, sorted', () => {
    const fragment =
      'zap = 1\nservices = [{ name = "a" }, { zip = 2 check { zop = 3 } }]\n"__proto__" { a = 1 }\nconstructor = 1';
    expect(refusalOf(['-dev', `-hcl=${fragment}`])).toBe(
      'failed to parse flags-0.hcl: 5 errors occurred:\n\t* invalid config key __proto__\n\t* invalid config key constructor\n' +
        '\t* invalid config key services[1].check.zop\n\t* invalid config key services[1].zip\n\t* invalid config key zap\n\n',
    );
  });

  it('a JSON file has to be an object', () => {
    const refusal = (text: string) => refusalOf(['-dev', '-config-file=/c.json'], fakeHost({ '/c.json': text }));
    expect(refusal('[]')).toBe(
      'failed to parse /c.json: json: cannot unmarshal array into Go value of type map[string]interface {}',
    );
    expect(refusal('{} x')).toBe("failed to parse /c.json: invalid character 'x' after top-level value");
  });
});

describe('several problems', () => {
  it('are reported together, sorted', () => {
    const fragment =
      'retry_interval = "x"\nports { http = 70000 }\nclient_addr = "nothost"\ndns_config { service_ttl { "*" = "5" } }\nchecks = [{ interval = "1" }]';
    expect(refusalOf(['-dev', `-hcl=${fragment}`])).toBe(
      '5 errors occurred:\n' +
        '\t* checks[0].interval: invalid duration: "1": time: missing unit in duration "1"\n' +
        '\t* client_addr: invalid ip address: nothost\n' +
        '\t* dns_config.service_ttl[*]: invalid duration: "5": time: missing unit in duration "5"\n' +
        '\t* ports.http: invalid port: 70000\n' +
        '\t* retry_interval: invalid duration: "x": time: invalid duration "x"\n\n',
    );
  });
});

describe('addresses', () => {
  const dev = (...fragments: string[]) => configOf(['-dev', ...fragments.map((fragment) => `-hcl=${fragment}`)]);

  it('may be templates', () => {
    expect(dev('bind_addr = "{{ GetInterfaceIP \\"eth0\\" }}"').advertiseAddr).toBe('10.1.2.3');
    expect(dev('client_addr = "{{ GetPrivateIP }} 127.0.0.1"').httpAddrs).toEqual(['10.1.2.3:8500', '127.0.0.1:8500']);
  });

  it('of a bad template are refused with the reason', () => {
    expect(refusalOf(['-dev', '-client={{ Zap }}'])).toBe(
      '1 error occurred:\n\t* client_addr: unable to parse address template "{{ Zap }}": function "Zap" not defined\n\n',
    );
  });

  it('of one listener win over client_addr; sockets need no port', () => {
    expect(dev('addresses { http = "unix:///run/x.sock 127.0.0.2" }')).toMatchObject({
      httpAddrs: ['unix:///run/x.sock', '127.0.0.2:8500'],
      dnsAddrs: ['127.0.0.1:8600'],
    });
    expect(dev('addresses { http = "unix:///run/x.sock" }', 'ports { http = -1 }').httpAddrs).toEqual([
      'unix:///run/x.sock',
    ]);
  });

  it('of IPv6 are bracketed with a port, however they are written', () => {
    expect(dev('client_addr = "[::1] 0:0::2"')).toMatchObject({ httpAddrs: ['[::1]:8500', '[::2]:8500'] });
    expect(dev('advertise_addr = "fd00::1"', 'advertise_addr_ipv4 = "10.0.0.1"').taggedAddresses).toEqual({
      lan: 'fd00::1',
      lan_ipv4: '10.0.0.1',
      lan_ipv6: 'fd00::1',
      wan: 'fd00::1',
      wan_ipv6: 'fd00::1',
    });
  });

  it.each([
    ['bind_addr = "unix:///x"', 'bind_addr cannot be a unix socket'],
    ['bind_addr = ""', 'bind_addr cannot be empty'],
    ['client_addr = "unix:///x"', 'client_addr cannot be a unix socket'],
    ['advertise_addr_wan = "::"', 'Advertise WAN address cannot be 0.0.0.0, :: or [::]'],
    ['serf_lan = "10.0.0.1 10.0.0.2"', 'serf_lan cannot contain multiple addresses'],
    ['ports { https = 8500 }', 'HTTPS address 127.0.0.1:8500 already configured for HTTP'],
    ['ports { http = 8600 }', 'HTTP address 127.0.0.1:8600 already configured for DNS'],
    ['ports { serf_lan = 8300 }', 'Serf Advertise LAN address 127.0.0.1:8300 already configured for RPC Advertise'],
    [
      'ports { serf_wan = 8301 }',
      'Serf Advertise WAN address 127.0.0.1:8301 already configured for Serf Advertise LAN',
    ],
  ])('are refused where they make no sense: %s', (fragment, message) => {
    expect(refusalOf(['-dev', `-hcl=${fragment}`])).toBe(message);
  });
});

describe('rules', () => {
  it.each([
    [
      'node_meta { "consul-x" = "" }',
      `node_meta invalid: Couldn't load metadata pair ('consul-x', ''): Key prefix 'consul-' is reserved for internal use`,
    ],
    ['node_meta { "" = "v" }', `node_meta invalid: Couldn't load metadata pair ('', 'v'): Key cannot be blank`],
    [
      `node_meta { ${'k'.repeat(129)} = "v" }`,
      `node_meta invalid: Couldn't load metadata pair ('${'k'.repeat(129)}', 'v'): Key is too long (limit: 128 characters)`,
    ],
    [
      `node_meta { k = "${'\u00fc'.repeat(257)}" }`,
      `node_meta invalid: Couldn't load metadata pair ('k', '${'\u00fc'.repeat(257)}'): Value is too long (limit: 512 characters)`,
    ],
    [
      `node_meta { ${Array.from({ length: 65 }, (_, i) => `k${i} = "v"`).join(' ')} }`,
      'node_meta invalid: Node metadata cannot contain more than 64 key/value pairs',
    ],
    ['segment = "x"', 'Network segments are not supported in this version of Consul'],
    ['encrypt = "YWJj="', 'encrypt has invalid key: illegal base64 data at input byte 4'],
    ['encrypt = "YW=x"', 'encrypt has invalid key: illegal base64 data at input byte 3'],
    ['encrypt = "YWJjZA=="\nraft_protocol = 4', 'raft_protocol version 4 is not supported by this version of Consul'],
    [
      'http_config { allow_write_http_from = ["x"] }',
      '1 error occurred:\n\t* http_config.allow_write_http_from: invalid cidr: x\n\n',
    ],
    [
      'config_entries { bootstrap = [{ kind = "proxy-defaults" name = "global" }, { name = "x" }] }',
      'config_entries.bootstrap[1]: invalid config entry kind: ',
    ],
    ['config_entries { bootstrap = [{ kind = [{}] }] }', 'config_entries.bootstrap[0]: invalid config entry kind: '],
    ['node_name = ""', 'node_name cannot be empty'],
    ['cache { entry_fetch_rate = 0 }', 'cache.entry_fetch_rate must be strictly positive, was: 0'],
    ['cache { entry_fetch_rate = -0.5 }', 'cache.entry_fetch_rate must be strictly positive, was: -0.5'],
    ['cache { entry_fetch_max_burst = 0 }', 'cache.entry_fetch_max_burst must be strictly positive, was: 0'],
  ])('%s', (fragment, message) => {
    expect(refusalOf(['-dev', `-hcl=${fragment}`])).toBe(message);
  });

  it('a data directory that cannot be looked at is an error, one that does not exist is not', () => {
    const host = fakeHost();
    const locked = {
      ...host.files,
      kindOf: () => {
        throw Object.assign(new Error('x'), { code: 'EACCES' });
      },
    };
    const argv = ['-server', '-bind=127.0.0.1', '-data-dir=/d'];
    expect(refusalOf(argv, { ...host, files: locked })).toBe(
      'Error getting info on data_dir: stat /d: permission denied',
    );
    expect(loaded(argv, host).config.dataDir).toBe('/d');
  });
});

describe('remarks', () => {
  it('on Enterprise keys and older names', () => {
    const { warnings } = configOf([
      '-dev',
      '-read-replica',
      '-hcl=audit { enabled = true }',
      '-hcl=autopilot { upgrade_version_tag = "x" }',
      '-ui-dir=',
      '-hcl=ui_dir = "/x"',
    ]);
    expect(warnings).toEqual([
      "The 'ui_dir' field is deprecated. Use the 'ui_config.dir' field instead.",
      '"read_replica (or the deprecated non_voting_server)" is a Consul Enterprise configuration and will have no effect',
      '"audit" is a Consul Enterprise configuration and will have no effect',
      '"autopilot.upgrade_version_tag" is a Consul Enterprise configuration and will have no effect',
    ]);
  });

  it('on the older flag for read replicas too', () => {
    expect(configOf(['-dev', '-non-voting-server']).warnings).toHaveLength(1);
  });
});
