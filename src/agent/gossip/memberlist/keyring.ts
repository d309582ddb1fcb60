/** The keys of an encrypted pool: the first is primary and writes, all may read (wire facts of memberlist, section 3). */

/** Thrown for keys that cannot be used so; the text goes to the operator. */
export class KeyringError extends Error {
  override readonly name = 'KeyringError';
}

const keySizes = [16, 24, 32];

const same = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((byte, i) => byte === b[i]);

export class Keyring {
  #keys: Uint8Array[] = [];

  /** @throws KeyringError for a key of a wrong length. */
  constructor(keys: readonly Uint8Array[] = []) {
    for (const key of keys) this.add(key);
  }

  /** Primary first. */
  get keys(): readonly Uint8Array[] {
    return this.#keys;
  }

  get primary(): Uint8Array | undefined {
    return this.#keys[0];
  }

  add(key: Uint8Array): void {
    if (!keySizes.includes(key.length)) throw new KeyringError('key size must be 16, 24 or 32 bytes');
    if (!this.#keys.some((k) => same(k, key))) this.#keys = [...this.#keys, key];
  }

  use(key: Uint8Array): void {
    const known = this.#keys.find((k) => same(k, key));
    if (known === undefined) throw new KeyringError('Requested key is not in the keyring');
    this.#keys = [known, ...this.#keys.filter((k) => k !== known)];
  }

  remove(key: Uint8Array): void {
    if (this.primary !== undefined && same(this.primary, key)) {
      throw new KeyringError('Removing the primary key is not allowed');
    }
    this.#keys = this.#keys.filter((k) => !same(k, key));
  }
}
