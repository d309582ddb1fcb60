/** How checks that speak TLS introduce themselves, and whom they trust. */
import type { ConnectionOptions } from 'node:tls';

export interface ProbeTls {
  readonly skipVerify: boolean;
  /** '' = the agent's, failing that the name of the address. */
  readonly serverName: string;
  /** The agent's own certificate, authorities and name, where checks use them. */
  readonly agent?: Pick<ConnectionOptions, 'ca' | 'cert' | 'key' | 'servername'>;
}

export const tlsOptions = ({ skipVerify, serverName, agent }: ProbeTls): ConnectionOptions => ({
  ...agent,
  rejectUnauthorized: !skipVerify,
  ...(serverName !== '' && { servername: serverName }),
});
