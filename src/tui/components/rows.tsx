/** The one component that prints: lines of spans become one text node, however many there are. */
import { Text } from 'ink';
import { createContext, memo, type ReactNode, useContext } from 'react';
import type { Line } from '../text.ts';
import { createTheme, type Theme } from '../theme.ts';

export const ThemeContext = createContext<Theme>(createTheme('16'));

/** The lines must be cut to the width they have: nothing is wrapped here. */
export const Rows = memo(function Rows({ lines }: { readonly lines: readonly Line[] }): ReactNode {
  const theme = useContext(ThemeContext);
  if (lines.length === 0) return null;
  return <Text wrap="truncate">{lines.map((line) => theme.paint(line)).join('\n')}</Text>;
});
