/** The network interfaces of a machine as plain data. */

export interface NetworkView {
  /** In the order of the system. */
  readonly interfaces: readonly NetworkInterface[];
  /** Names of the interfaces that carry a default route. */
  readonly defaultRoutes: readonly string[];
}

export interface NetworkInterface {
  readonly name: string;
  readonly up: boolean;
  readonly loopback: boolean;
  /** IP addresses with their prefix lengths. */
  readonly addresses: readonly { readonly ip: string; readonly prefix: number }[];
}
