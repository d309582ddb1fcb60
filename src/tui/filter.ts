/** The text behind `/`: rows that contain it, whatever their case; after `!` those that do not. */

export type Filter = (text: string) => boolean;

/** Undefined when every row passes. */
export function parseFilter(text: string): Filter | undefined {
  const inverse = text.startsWith('!');
  const wanted = (inverse ? text.slice(1) : text).toLowerCase();
  if (wanted === '') return undefined;
  return (row) => row.toLowerCase().includes(wanted) !== inverse;
}
