/** Certificates and limits of a whole agent, as whoever connects to its ports sees them. */
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import https from 'node:https';
import net from 'node:net';
import { join } from 'node:path';
import tls from 'node:tls';
import { beforeAll, describe, expect, it } from 'vitest';
import { firstBytes } from '../../../src/agent/rpc/listener.ts';
import { type TestAuthority, testAuthority } from '../../unit/agent/tls/fixtures.ts';
import { type ClusterNode, Playground, until } from '../cluster/node.ts';
import { freePort } from '../free-port.ts';

let ca: TestAuthority;
beforeAll(async () => {
  ca = await testAuthority();
});

class Place {
  readonly ground: Playground;
  node!: ClusterNode;
  https = 0;

  constructor(ground: Playground) {
    this.ground = ground;
  }

  static async make(settings = ''): Promise<Place> {
    const place = new Place(await Playground.make('plain'));
    const { ground } = place;
    const file = (name: string): string => join(ground.directory, name);
    await writeFile(file('ca.pem'), ca.pem);
    await place.certify();
    place.https = await freePort();
    const files = `ca_file = "${file('ca.pem')}" cert_file = "${file('cert.pem')}" key_file = "${file('key.pem')}"`;
    const args = [`-https-port=${place.https}`, `-hcl=${files} ${settings}`];
    [place.node] = (await ground.servers(1, args)) as [ClusterNode];
    return place;
  }

  /** Another certificate in the files. @returns its serial number */
  async certify(): Promise<string> {
    const { cert, key } = await ca.issue(['server.dc1.consul', 'localhost']);
    await writeFile(join(this.ground.directory, 'cert.pem'), cert);
    await writeFile(join(this.ground.directory, 'key.pem'), key, { mode: 0o600 });
    return new X509Certificate(cert).serialNumber;
  }

  get ports(): readonly { readonly port: number; readonly first: Uint8Array }[] {
    return [
      { port: this.https, first: new Uint8Array() },
      { port: this.node.ports.rpc, first: Uint8Array.of(firstBytes.tls) },
    ];
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.ground[Symbol.asyncDispose]();
  }
}

/** What came of a handshake: version, cipher, serial number of the certificate. Rejects when there was none. */
async function shake(to: Place['ports'][number], options: tls.ConnectionOptions = {}) {
  const plain = net.connect(to.port, '127.0.0.1');
  await once(plain, 'connect');
  plain.write(to.first);
  const socket = tls.connect({ socket: plain, ca: ca.pem, servername: 'localhost', ...options });
  try {
    await once(socket, 'secureConnect');
    const serial = new X509Certificate(socket.getPeerCertificate().raw).serialNumber;
    return { version: socket.getProtocol(), cipher: socket.getCipher().standardName, serial };
  } finally {
    socket.destroy();
  }
}

describe('certificates', () => {
  it('are taken over with SIGHUP on both ports, without a connection lost, and the old ones stay if the new are wrong', async () => {
    await using place = await Place.make();
    const { node, ports, ground } = place;
    const keep = new https.Agent({ keepAlive: true, maxSockets: 1, ca: ca.pem, servername: 'localhost' });
    const ask = async (): Promise<boolean> => {
      const request = https.get({ host: '127.0.0.1', port: place.https, path: '/v1/status/leader', agent: keep });
      const [response] = await once(request, 'response');
      response.resume();
      await once(response, 'end');
      return request.reusedSocket;
    };
    const serials = async (): Promise<string[]> =>
      (await Promise.all(ports.map((to) => shake(to)))).map((one) => one.serial);
    const [before] = await serials();
    expect(await ask()).toBe(false);

    const next = await place.certify();
    expect(next).not.toBe(before);
    process.kill(node.pid, 'SIGHUP');
    await until('both show the new one', async () => (await serials()).every((serial) => serial === next));
    expect(await ask()).toBe(true);

    await writeFile(join(ground.directory, 'cert.pem'), 'no certificate');
    const from = node.output.length;
    process.kill(node.pid, 'SIGHUP');
    await until('the log says why not', async () => /\[ERROR\] .*cert/.test(node.output.slice(from)));
    expect(await serials()).toEqual([next, next]);
    expect(await ask()).toBe(true);
    keep.destroy();
  });
});

describe('limits', () => {
  it('tls_min_version is the least that either port speaks', async () => {
    await using place = await Place.make('tls_min_version = "tls13"');
    for (const to of place.ports) {
      await expect(shake(to, { maxVersion: 'TLSv1.2' })).rejects.toThrow();
      expect((await shake(to)).version).toBe('TLSv1.3');
    }
  });

  it('tls_cipher_suites are all that either port speaks below TLS 1.3', async () => {
    const suite = 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384';
    await using place = await Place.make(`tls_cipher_suites = "${suite}"`);
    for (const to of place.ports) {
      const older = { maxVersion: 'TLSv1.2' } as const;
      await expect(shake(to, { ...older, ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256' })).rejects.toThrow();
      expect(await shake(to, older)).toMatchObject({ version: 'TLSv1.2', cipher: suite });
    }
    // Below 1.2 only on demand.
    for (const to of place.ports) {
      const ancient = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
      await expect(shake(to, ancient)).rejects.toThrow();
    }
  });
});
