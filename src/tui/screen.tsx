/** The bridge to the terminal library: painted rows go out, keys come in. */
import { Box, Text, useApp, useInput, usePaste } from 'ink';
import { memo, type ReactNode, useEffect, useSyncExternalStore } from 'react';
import type { App } from './app/app.ts';
import type { Frame } from './frame.ts';
import { keyNames } from './key-name.ts';

/** Runs something while the terminal is as it was before the dashboard. */
export type LendTerminal = (meanwhile: () => Promise<void>) => Promise<void>;

export interface ScreenProps {
  readonly app: App;
  readonly frame: Frame;
  /** Called once, when the terminal can be lent. */
  readonly onReady: (lendTerminal: LendTerminal) => void;
}

export function Screen({ app, frame, onReady }: ScreenProps): ReactNode {
  const rows = useSyncExternalStore(frame.subscribe, frame.get);
  const { suspendTerminal } = useApp();
  useEffect(() => onReady((meanwhile) => suspendTerminal(meanwhile)), [onReady, suspendTerminal]);
  useInput((input, key) => {
    const before = app.layer();
    const typing = app.prompt() !== undefined || before?.type !== undefined;
    for (const name of keyNames(input, key, typing)) {
      app.press(name, frame.body());
      // What came along with the question was not typed as its answer.
      const layer = app.layer();
      if (layer?.kind === 'confirm' && layer !== before) break;
    }
  });
  usePaste((text) => app.paste(text));
  return (
    <Box flexDirection="column">
      {rows.map((row, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a row of the screen is its place
        <Row key={index} text={row} />
      ))}
    </Box>
  );
}

/** Cut to the width of the screen already: nothing is wrapped. A space keeps the place of an empty row. */
const Row = memo(function Row({ text }: { readonly text: string }): ReactNode {
  return <Text wrap="truncate">{text === '' ? ' ' : text}</Text>;
});
