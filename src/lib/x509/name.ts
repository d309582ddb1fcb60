/** Distinguished names: whom a certificate is for and who issued it. */
import { type DerValue, der } from './der.ts';
import { nameAttributes } from './oids.ts';

export type Name = { readonly [attribute in keyof typeof nameAttributes]?: string };

const attributes = Object.entries(nameAttributes) as [keyof Name, string][];

/** In the order of the properties of `name`. */
export function encodeName(name: Name): Uint8Array {
  const parts = (Object.entries(name) as [keyof Name, string][]).map(([attribute, text]) =>
    der.set(der.sequence(der.oid(nameAttributes[attribute]), der.utf8(text))),
  );
  return der.sequence(...parts);
}

/** What of it has a name here; of an attribute that comes twice, the first. */
export function decodeName(value: DerValue): Name {
  const name: { -readonly [a in keyof Name]: string } = {};
  for (const part of value.sequence().flatMap((rdn) => rdn.set())) {
    const [type, text] = part.sequence();
    const known = attributes.find(([, oid]) => oid === type?.oid());
    if (known !== undefined && text !== undefined) name[known[0]] ??= text.text();
  }
  return name;
}
