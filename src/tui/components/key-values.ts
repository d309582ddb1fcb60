/** Names and values side by side, in as many columns as there is room for, by name. */
import { cellWidth, type Line, pad, sanitize, span } from '../text.ts';

const columnWidth = 60;
const widestName = 24;

export function keyValueLines(values: Readonly<Record<string, string>>, width: number): Line[] {
  const pairs = Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1));
  const names = Math.min(widestName, Math.max(0, ...pairs.map(([key]) => cellWidth(sanitize(key)))));
  const columns = Math.max(1, Math.floor(width / columnWidth));
  const perColumn = Math.ceil(pairs.length / columns);
  const cells = Math.floor(width / columns);
  return Array.from({ length: perColumn }, (_, row) =>
    Array.from({ length: columns }, (_, column) => pairs[column * perColumn + row]).flatMap((pair) =>
      pair === undefined
        ? []
        : [
            span(`${pad(sanitize(pair[0]), names)}  `, 'muted'),
            span(pad(sanitize(pair[1]), Math.max(0, cells - names - 2)), 'value'),
          ],
    ),
  );
}
