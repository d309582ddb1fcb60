/** What we are, and which Consul we are compatible with. */
import manifest from '../../package.json' with { type: 'json' };

export const ownVersion: string = manifest.version;

/** The Consul whose behaviour, formats and texts are kept. */
export const consulVersion = '1.10.7';

/** Protocol versions of the gossip between agents. */
export const protocol = { default: 2, min: 2, max: 3 } as const;
