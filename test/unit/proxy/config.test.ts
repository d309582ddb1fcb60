import { describe, expect, it } from 'vitest';
import { configOf, shuffled } from '../../../src/proxy/config.ts';
import { createLog, levelOf } from '../../../src/proxy/log.ts';

const sidecar = {
  ID: 'web-sidecar-proxy',
  Service: 'web-sidecar-proxy',
  Kind: 'connect-proxy',
  Address: '',
  Port: 21000,
};

describe('the configuration of a proxy', () => {
  it('comes from its registration', () => {
    const upstreams = [
      { DestinationName: 'db', LocalBindPort: 9191, Config: { connect_timeout_ms: '500' } },
      { DestinationName: 'near', DestinationType: 'prepared_query', LocalBindPort: 9192, Datacenter: 'dc2' },
      { DestinationName: 'by chain alone' },
    ];
    const registered = { DestinationServiceName: 'web', LocalServicePort: 8080, Upstreams: upstreams };
    expect(configOf({ ...sidecar, Proxy: registered })).toEqual({
      service: 'web',
      inbound: {
        listen: { host: '0.0.0.0', port: 21000 },
        local: { host: '127.0.0.1', port: 8080 },
        localConnectTimeoutMs: 1000,
        handshakeTimeoutMs: 10_000,
      },
      upstreams: [
        {
          name: 'db',
          kind: 'service',
          datacenter: '',
          listen: { host: '127.0.0.1', port: 9191 },
          connectTimeoutMs: 500,
        },
        {
          name: 'near',
          kind: 'prepared_query',
          datacenter: 'dc2',
          listen: { host: '127.0.0.1', port: 9192 },
          connectTimeoutMs: 10_000,
        },
      ],
      exposed: [],
    });
  });

  it('may be changed by settings of the proxy', () => {
    const Config = {
      bind_address: '10.0.0.1',
      bind_port: 7,
      local_service_address: '[::1]:8',
      handshake_timeout_ms: 5,
    };
    const { inbound } = configOf({ ...sidecar, Proxy: { DestinationServiceName: 'web', Config } });
    expect(inbound).toMatchObject({
      listen: { host: '10.0.0.1', port: 7 },
      local: { host: '::1', port: 8 },
      handshakeTimeoutMs: 5,
    });
  });

  it('exposes paths of the service, by HTTP alone', () => {
    const path = { Path: '/metrics', ListenerPort: 21500, LocalPathPort: 8080 };
    const of = (Protocol: string) =>
      configOf({ ...sidecar, Proxy: { DestinationServiceName: 'web', Expose: { Paths: [{ ...path, Protocol }] } } });
    expect(of('http').exposed).toEqual([
      { path: '/metrics', listen: { host: '0.0.0.0', port: 21500 }, local: { host: '127.0.0.1', port: 8080 } },
    ]);
    expect(() => of('http2')).toThrow('exposed path /metrics: protocol http2 is not supported yet');
  });

  it('has no public side without a port, and is only for proxies', () => {
    expect(configOf({ ...sidecar, Port: 0 }).inbound).toBeNull();
    expect(() => configOf({ ...sidecar, Kind: '' })).toThrow('service web-sidecar-proxy is not a connect-proxy');
  });

  it('is tried in random order, everything once', () => {
    const all = Array.from({ length: 20 }, (_, i) => i);
    expect(shuffled(all).sort((a, b) => a - b)).toEqual(all);
  });
});

describe("the proxy's log", () => {
  it('has the form of the agent, and leaves out what is too low', () => {
    const lines: string[] = [];
    const log = createLog('info', false, (line) => lines.push(line));
    log('debug', 'no');
    log('info', 'started', { service: 'web', error: new Error('a b') });
    expect(lines).toEqual([expect.stringMatching(/^ {4}\S+Z \[INFO\] {2}proxy: started: service=web error="a b"\n$/)]);
  });

  it('may be JSON', () => {
    const lines: string[] = [];
    createLog('trace', true, (line) => lines.push(line))('warn', 'x', { a: 1 });
    expect(JSON.parse(lines[0]!)).toMatchObject({ '@level': 'warn', '@message': 'x', '@module': 'proxy', a: 1 });
  });

  it('knows the levels by name', () => {
    expect(['INFO', 'err', 'Trace', 'loud'].map(levelOf)).toEqual(['info', 'error', 'trace', undefined]);
  });
});
