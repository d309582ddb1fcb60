import { createAuthority, validityOf } from '../../../cli/agent-certificates.ts';
import { pairNames, refuseToOverwrite, savePair } from '../../../cli/certificate-files.ts';
import { defineCommand } from '../../../cli/command.ts';
import { flag, formatFlag } from '../../../cli/flags.ts';
import { toJson, wantsJson } from '../../../cli/format.ts';
import { generateKey, privateKeyPem } from '../../../lib/x509/index.ts';

export default defineCommand({
  summary: 'Create a new consul CA',
  usage: 'tls ca create [options]',
  description: `Makes the authority that signs the certificates of agents, and saves its certificate and its key here.

Every agent needs the certificate. The key belongs on no agent: whoever has it can become a server.`,
  examples: [
    ['tls ca create', 'For the domain "consul":'],
    ['tls ca create -name-constraint -domain=corp.example', 'One that can only certify names below the domain:'],
  ],
  flags: {
    'additional-name-constraint': flag.strings('One more domain that the CA may certify, with -name-constraint.'),
    'cluster-id': flag.string('ID of the cluster, a UUID: the CA then also names the trust domain of its services.'),
    'common-name': flag.string('Common name of the CA; "Consul Agent CA" and a number when left out.'),
    days: flag.int('For how many days from now it is valid.', { initial: 1825 }),
    domain: flag.string('Domain of the cluster. The names of the files begin with it.', { initial: 'consul' }),
    'name-constraint': flag.bool('The CA can only certify names below the domain, and localhost.'),
    format: formatFlag,
  },

  async run({ flags, out }) {
    const json = wantsJson(flags.format);
    const say = (text: string): void => {
      if (!json) out(text);
    };
    const names = pairNames(`${flags.domain}-agent-ca`);
    await refuseToOverwrite(names);
    const key = await generateKey();
    const cert = createAuthority(
      {
        ...validityOf(flags.days),
        commonName: flags['common-name'],
        permittedDomains: flags['name-constraint']
          ? [...flags['additional-name-constraint'], 'localhost', flags.domain]
          : [],
        uri: flags['cluster-id'] === '' ? '' : `spiffe://${flags['cluster-id']}.${flags.domain}`,
      },
      key,
    );
    await savePair(names, { cert, key: privateKeyPem(key) }, (file) => say(`==> Saved ${file}\n`));
    if (json) out(toJson({ Certificate: names.cert, Key: names.key }));
  },
});
