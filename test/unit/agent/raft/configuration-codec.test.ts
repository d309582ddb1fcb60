import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Configuration, Suffrage } from '../../../../src/agent/raft/api.ts';
import { BadConfiguration, configurationCodec } from '../../../../src/agent/raft/configuration-codec.ts';

const suffrages: Suffrage[] = ['voter', 'nonvoter', 'staging'];
const anyConfiguration: fc.Arbitrary<Configuration> = fc
  .array(
    fc.record({ suffrage: fc.constantFrom(...suffrages), id: fc.string({ maxLength: 60 }), address: fc.string() }),
    { maxLength: 40 },
  )
  .map((servers) => ({ servers }));

describe('the configuration entry', () => {
  it('is, byte for byte, what a recorded server wrote', () => {
    // From a recorded AppendEntries with all log types (wire/raft).
    const recorded =
      '81a7536572766572739383a741646472657373ae3132372e302e302e313a38333030a24944da0024' +
      '31313131313131312d323232322d333333332d343434342d353535353535353535353031a8537566667261676500' +
      '83a741646472657373ae3132372e302e302e323a38333030a24944da0024' +
      '31313131313131312d323232322d333333332d343434342d353535353535353535353032a8537566667261676501' +
      '83a741646472657373ae3132372e302e302e333a38333030a24944da0024' +
      '31313131313131312d323232322d333333332d343434342d353535353535353535353033a8537566667261676502';
    const id = (n: number): string => `11111111-2222-3333-4444-55555555550${n}`;
    const configuration: Configuration = {
      servers: suffrages.map((suffrage, i) => ({ suffrage, id: id(i + 1), address: `127.0.0.${i + 1}:8300` })),
    };
    expect(configurationCodec.decode(Buffer.from(recorded, 'hex'))).toEqual(configuration);
    expect(Buffer.from(configurationCodec.encode(configuration)).toString('hex')).toBe(recorded);
  });

  it('comes back as it was', () => {
    fc.assert(
      fc.property(anyConfiguration, (configuration) => {
        expect(configurationCodec.decode(configurationCodec.encode(configuration))).toEqual(configuration);
      }),
    );
  });

  it('is refused when it is garbage or cut short, and with no other error', () => {
    fc.assert(
      fc.property(anyConfiguration, fc.nat(), (configuration, cut) => {
        const bytes = configurationCodec.encode(configuration);
        expect(() => configurationCodec.decode(bytes.subarray(0, cut % bytes.length))).toThrow(BadConfiguration);
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        try {
          configurationCodec.decode(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(BadConfiguration);
        }
      }),
    );
  });
});
