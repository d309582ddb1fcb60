/** How checks that speak TLS introduce themselves, and whom they trust. */
import type { ConnectionOptions } from 'node:tls';

export interface ProbeTls {
  readonly skipVerify: boolean;
  /** '' = the name of the address. */
  readonly serverName: string;
  /** The agent's own certificate and authorities, where checks use them. */
  readonly agent?: Pick<ConnectionOptions, 'ca' | 'cert' | 'key'>;
}

export const tlsOptions = ({ skipVerify, serverName, agent }: ProbeTls): ConnectionOptions => ({
  ...agent,
  rejectUnauthorized: !skipVerify,
  ...(serverName !== '' && { servername: serverName }),
});
