import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeCheck, decodeService } from '../../../../src/agent/local/bodies.ts';
import { checkRegistrationOf, registrationOf, withOwnAddress } from '../../../../src/agent/local/definitions.ts';
import { JsonError } from '../../../../src/lib/go-json/index.ts';
import { serviceNamed, ttlCheck } from './support.ts';

const service = (body: unknown) => decodeService(Buffer.from(JSON.stringify(body)));
const check = (body: unknown) => decodeCheck(Buffer.from(JSON.stringify(body)));

describe('bodies of registrations', () => {
  it('take the other names of fields at every depth', () => {
    const decoded = service({
      name: 'web',
      enable_tag_override: true,
      tagged_addresses: { lan: { address: '10.0.0.1', port: 1 } },
      check: { args: ['true'], interval: '10s', deregister_critical_service_after: '1h', tls_skip_verify: true },
      connect: {
        sidecar_service: {
          proxy: {
            destination_service_name: 'x',
            upstreams: [{ destination_name: 'db', local_bind_port: 1 }],
            expose: { paths: [{ local_path_port: 2, listener_port: 3 }] },
            mesh_gateway: { mode: 'local' },
            transparent_proxy: { outbound_listener_port: 4 },
          },
        },
      },
    });
    expect(decoded).toMatchObject({
      Name: 'web',
      EnableTagOverride: true,
      TaggedAddresses: { lan: { Address: '10.0.0.1', Port: 1 } },
      Check: { ScriptArgs: ['true'], Interval: 10e9, DeregisterCriticalServiceAfter: 3600e9, TLSSkipVerify: true },
    });
    expect(decoded.Connect?.SidecarService?.Proxy).toMatchObject({
      DestinationServiceName: 'x',
      Upstreams: [{ DestinationName: 'db', LocalBindPort: 1 }],
      Expose: { Paths: [{ LocalPathPort: 2, ListenerPort: 3 }] },
      MeshGateway: { Mode: 'local' },
      TransparentProxy: { OutboundListenerPort: 4 },
    });
  });

  it('leave the names alone that users choose', () => {
    const decoded = service({
      Name: 'web',
      Meta: { enable_tag_override: 'x' },
      Proxy: { Config: { local_bind_port: 1, listener_port: { listener_port: 2 } } },
    });
    expect({ ...decoded.Meta }).toEqual({ enable_tag_override: 'x' });
    expect(JSON.stringify(decoded.Proxy?.Config)).toBe('{"local_bind_port":1,"listener_port":{"listener_port":2}}');
  });

  it('take the own name of a field where both are given', () => {
    expect(check({ Name: 'c', service_id: 'a', ServiceID: 'b' }).ServiceID).toBe('b');
    expect(check({ Name: 'c', service_id: 'a' }).ServiceID).toBe('a');
  });

  it('survive garbage: a definition or a JsonError, nothing else', () => {
    const names = ['Name', 'name', 'Check', 'Checks', 'args', 'Connect', 'sidecar_service', 'Proxy', 'Expose', 'TTL'];
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 5 },
        fc.constantFrom<unknown>(null, '', 'x', '10s', 5, -1, 1e300, true),
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom(...names), tie('tree'), { maxKeys: 4 }),
      ),
    }));
    fc.assert(
      fc.property(tree, (body) => {
        for (const decode of [service, check]) {
          try {
            decode(body);
          } catch (error) {
            expect(error).toBeInstanceOf(JsonError);
          }
        }
      }),
    );
  });
});

describe('what is wrong with a service', () => {
  it.each([
    [{}, 'Missing service name'],
    [{ Name: 'x', Address: '::' }, 'Invalid service address'],
    [{ Name: 'x', Meta: { 'a b': '' } }, "Invalid Service Meta: Couldn't load metadata pair ('a b', ''): Key contains"],
    [{ Name: 'x', Weights: { Passing: 0 } }, 'Invalid Weights: Passing must be greater than 0'],
    [{ Name: 'x', Kind: 'mesh-gateway' }, '1 error occurred:\n\t* Port must be non-zero for a mesh-gateway\n\n'],
    [{ Name: 'x', Checks: [{}] }, 'Invalid check: TTL must be > 0 for TTL checks'],
    [{ Name: 'x', Check: { TTL: '1s', Status: 'odd' } }, "Status for checks must 'passing', 'warning', 'critical'"],
  ])('%j is told', (body, text) => {
    expect(() => registrationOf(service(body))).toThrow(text);
  });
});

describe('what becomes of a definition', () => {
  it('an id from the name, weights of one, the own address among the tagged ones', () => {
    const { service: made, checks } = registrationOf(serviceNamed('web', { Address: '10.0.0.5', Port: 80 }));
    expect(made).toMatchObject({ ID: 'web', Service: 'web', Weights: { Passing: 1, Warning: 1 } });
    expect({ ...made.TaggedAddresses }).toEqual({
      lan_ipv4: { Address: '10.0.0.5', Port: 80 },
      wan_ipv4: { Address: '10.0.0.5', Port: 80 },
    });
    expect(checks).toEqual([]);
    expect(registrationOf(serviceNamed('web', { Check: ttlCheck() })).checks).toHaveLength(1);
  });

  it('addresses of IPv6 have their own names, hosts have none', () => {
    const tagged = (Address: string) => withOwnAddress({ Address, Port: 1, TaggedAddresses: null });
    expect(Object.keys(tagged('2001:db8::1') ?? {})).toEqual(['lan_ipv6', 'wan_ipv6']);
    expect(tagged('example.com')).toBeNull();
  });

  it('the type and intervals of a check, which definitions in files do not tell', () => {
    const definition = check({ Name: 'c', TCP: 'localhost:1', Interval: '90s' });
    expect(checkRegistrationOf('here', definition, 'api').check).toMatchObject({
      CheckID: 'c',
      Status: 'critical',
      Type: 'tcp',
      Interval: '1m30s',
      Timeout: '0s',
    });
    expect(checkRegistrationOf('here', definition, 'config').check.Type).toBe('');
  });
});
