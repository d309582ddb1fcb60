/** What is allowed but worth a remark, in the order it is said. */

import { goQuote } from '../../lib/go-format.ts';
import { parseIp } from '../../lib/sockaddr/ip.ts';
import { leavesOf } from './field.ts';
import { type Settings, schema } from './schema.ts';
import { type Source, valueAt } from './settings.ts';

const leaves = leavesOf(schema);

/** Remarks on keys that somebody wrote, from their rows in the schema. */
export function keyWarnings(written: Source): string[] {
  return leaves.flatMap(({ path, field }) => {
    if (field.deprecated === undefined || valueAt(written, path) === undefined) return [];
    return [field.deprecated];
  });
}

/** Looks at the sources after older names were resolved. */
export function enterpriseWarnings(written: Source): string[] {
  return leaves.flatMap(({ path, field }) => {
    if (field.enterprise === undefined || valueAt(written, path) === undefined) return [];
    return [`${goQuote(field.enterprise)} is a Consul Enterprise configuration and will have no effect`];
  });
}

/** Rules of the telemetry filter, with the ones that cannot be used reported. */
export function prefixFilter(rules: readonly string[], warn: (text: string) => void) {
  const allow: string[] = [];
  const deny: string[] = [];
  for (const rule of rules) {
    if (rule === '') warn('Cannot have empty filter rule in prefix_filter');
    else if (rule.startsWith('+')) allow.push(rule.slice(1));
    else if (rule.startsWith('-')) deny.push(rule.slice(1));
    else warn(`Filter rule must begin with either '+' or '-': ${goQuote(rule)}`);
  }
  return { allow, deny };
}

const deploymentTable = 'See https://www.consul.io/docs/internals/consensus.html#deployment-table';

/** Remarks on settings that are fine one by one. */
export function settingWarnings(settings: Settings, nodeName: string): string[] {
  const warnings: string[] = [];
  if (!/^[a-zA-Z0-9-]+$/.test(nodeName)) {
    warnings.push(
      `Node name ${goQuote(nodeName)} will not be discoverable via DNS due to invalid characters. Valid characters include all alpha-numerics and dashes.`,
    );
  } else if (nodeName.length > 63) {
    warnings.push(
      `Node name ${goQuote(nodeName)} will not be discoverable via DNS due to it being too long. Valid lengths are between 1 and 63 bytes.`,
    );
  }
  const expect = settings.bootstrap_expect;
  if (expect === 1) warnings.push('BootstrapExpect is set to 1; this is the same as Bootstrap mode.');
  if (expect === 2) {
    warnings.push(
      `bootstrap_expect = 2: A cluster with 2 servers will provide no failure tolerance. ${deploymentTable}`,
    );
  }
  if (expect > 2 && expect % 2 === 0) {
    warnings.push(
      `bootstrap_expect is even number: A cluster with an even number of servers does not achieve optimum fault tolerance. ${deploymentTable}`,
    );
  }
  if (expect > 1) warnings.push(`bootstrap_expect > 0: expecting ${expect} servers`);
  if (expect === 1 || settings.bootstrap) warnings.push('bootstrap = true: do not enable unless necessary');
  const sans = {
    'auto_encrypt.ip_san': settings.auto_encrypt.ip_san,
    'auto_config.ip_sans': settings.auto_config.ip_sans,
  };
  for (const [key, ips] of Object.entries(sans)) {
    for (const ip of ips) {
      if (parseIp(ip) === undefined) warnings.push(`Cannot parse ip ${goQuote(ip)} from ${key}`);
    }
  }
  return warnings;
}
