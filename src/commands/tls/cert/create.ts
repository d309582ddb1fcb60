import { createCertificate, type Purpose, validityOf } from '../../../cli/agent-certificates.ts';
import { freePair, readPem, savePair } from '../../../cli/certificate-files.ts';
import { CliError, defineCommand } from '../../../cli/command.ts';
import { flag, formatFlag } from '../../../cli/flags.ts';
import { toJson, wantsJson } from '../../../cli/format.ts';
import { parseIp } from '../../../lib/sockaddr/ip.ts';
import {
  type Certificate,
  generateKey,
  parseCertificate,
  parsePrivateKey,
  privateKeyPem,
} from '../../../lib/x509/index.ts';

const serverWarning = `==> WARNING: Server Certificates grants authority to become a
    server and access all state in the cluster including root keys
    and all ACL tokens. Do not distribute them to production hosts
    that are not server nodes. Store them as securely as CA keys.
`;

const caFile = '#DOMAIN#-agent-ca.pem';
const caKeyFile = '#DOMAIN#-agent-ca-key.pem';

export default defineCommand({
  summary: 'Create a new certificate',
  usage: 'tls cert create [options]',
  description: `Makes a certificate signed by the CA of "tc tls ca create", and saves it here with its key. Files are numbered, none is written over.

Servers get the name server.DATACENTER.DOMAIN, which agents with verify_server_hostname ask for.`,
  examples: [
    ['tls cert create -server -dc=dc1', 'For a server of dc1:'],
    ['tls cert create -client', 'For a client agent:'],
    ['tls cert create -cli', 'For commands and browsers that talk to agents:'],
  ],
  flags: {
    'additional-dnsname': flag.strings('One more DNS name.'),
    'additional-ipaddress': flag.strings('One more IP address.'),
    ca: flag.string('File with the certificate of the CA.', { initial: caFile }),
    cli: flag.bool('For commands.'),
    client: flag.bool('For a client agent.'),
    days: flag.int('For how many days from now it is valid.', { initial: 365 }),
    dc: flag.string('Datacenter of the agent.', { initial: 'dc1' }),
    domain: flag.string('Domain of the cluster.', { initial: 'consul' }),
    key: flag.string('File with the key of the CA.', { initial: caKeyFile }),
    node: flag.string('With -server: name of the node, for a name of its own below that of the servers.'),
    server: flag.bool('For a server.'),
    format: formatFlag,
  },

  async run({ flags, out }) {
    const json = wantsJson(flags.format);
    const say = (text: string): void => {
      if (!json) out(text);
    };
    const purposes = (['server', 'client', 'cli'] as const).filter((purpose) => flags[purpose]);
    const [purpose] = purposes;
    if (purpose === undefined || purposes.length > 1)
      throw new CliError('Please provide either -server, -client, or -cli');
    if (flags.node !== '' && purpose !== 'server') throw new CliError('-node requires -server');

    const { dc, domain } = flags;
    const names = await freePair(`${dc}-${purpose}-${domain}`);
    const files = { ca: flags.ca.replace('#DOMAIN#', domain), key: flags.key.replace('#DOMAIN#', domain) };
    const caPem = await readPem(files.ca, 'Error reading CA');
    const keyPem = await readPem(files.key, 'Error reading CA key');
    if (purpose === 'server') say(serverWarning);
    say(`==> Using ${files.ca} and ${files.key}\n`);

    const caKey = privateKey(keyPem);
    if (!flags['additional-ipaddress'].every(parseIp)) throw new CliError('failed to parse certificate');
    const key = await generateKey();
    const wish = {
      ...validityOf(flags.days),
      purpose: purpose satisfies Purpose,
      datacenter: dc,
      domain,
      node: flags.node,
      dns: flags['additional-dnsname'],
      ips: flags['additional-ipaddress'],
    };
    const cert = createCertificate(wish, key, authority(caPem), caKey);
    await savePair(names, { cert, key: privateKeyPem(key) }, (file) => say(`==> Saved ${file}\n`));
    if (json) out(toJson({ Certificate: names.cert, Key: names.key }));
  },
});

function privateKey(pem: string): ReturnType<typeof parsePrivateKey> {
  try {
    return parsePrivateKey(pem);
  } catch {
    throw new CliError(pem.includes('-----BEGIN') ? 'failed to parse private key' : 'no PEM-encoded data found');
  }
}

function authority(pem: string): Certificate {
  try {
    return parseCertificate(pem);
  } catch (error) {
    throw new CliError(`failed to parse CA: ${(error as Error).message}`);
  }
}
