import { describe, expect, it } from 'vitest';
import type { Files } from '../../../../src/agent/config/host.ts';
import { decodeService } from '../../../../src/agent/local/bodies.ts';
import { readServiceFiles } from '../../../../src/agent/local/service-files.ts';

const files = (text: string): Files => ({ kindOf: () => 'file', readText: () => text, list: () => [] });

describe('services of files', () => {
  it('become bodies that say only what was said', () => {
    const read = readServiceFiles(
      ['web.hcl'],
      files(`service {
        name = "web" port = 80 tags = ["a"]
        meta { zero = "0" }
        weights { passing = 3 warning = 0 }
        check { http = "http://localhost/" interval = "10s" timeout = "1s" header { X = ["a", "b"] } }
        proxy { config { keep = 0 off = false } }
        connect { sidecar_service {} }
      }`),
    );
    expect(read.kind === 'ok' ? read.services : read.message).toEqual([
      {
        id: 'web',
        name: 'web',
        body: {
          Name: 'web',
          Tags: ['a'],
          Meta: { zero: '0' },
          Port: 80,
          Check: { HTTP: 'http://localhost/', Interval: 10e9, Timeout: 1e9, Header: { X: ['a', 'b'] } },
          Weights: { Passing: 3 },
          Proxy: { Config: { keep: 0, off: false } },
          Connect: { SidecarService: {} },
        },
      },
    ]);
  });

  it('become bodies that an agent understands as it would have understood the file', () => {
    const read = readServiceFiles(['x.json'], files('{"service": {"name": "x", "id": "y", "check": {"ttl": "9s"}}}'));
    const [one] = read.kind === 'ok' ? read.services : [];
    expect(decodeService(Buffer.from(JSON.stringify(one?.body)))).toMatchObject({
      Name: 'x',
      ID: 'y',
      Check: { TTL: 9e9 },
      Connect: null,
      Weights: null,
    });
  });

  it('go without their scripts, so that nobody takes them for registered', () => {
    const read = readServiceFiles(['x.hcl'], files('service { name = "x" check { args = ["true"] interval = "1s" } }'));
    expect(read.kind === 'ok' && read.services[0]?.body).toEqual({ Name: 'x', Check: { Interval: 1e9 } });
  });

  it('that cannot be read are told in the words of the configuration', () => {
    expect(readServiceFiles(['x.json'], files('{"Service": {"Zap": 1}}'))).toEqual({
      kind: 'error',
      message: 'failed to parse x.json: 1 error occurred:\n\t* invalid config key service.Zap\n\n',
    });
  });
});
