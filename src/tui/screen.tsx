/** The screen: header, the active view, footer. Everything above the terminal is lines; this puts them there. */
import { Box, useApp, useInput, usePaste } from 'ink';
import { type ReactNode, useEffect, useReducer, useSyncExternalStore } from 'react';
import type { Clock } from '../lib/runtime.ts';
import type { App } from './app-state.ts';
import { footer } from './components/footer.ts';
import { header } from './components/header.ts';
import { help } from './components/help.ts';
import { linkExplanation } from './components/link.ts';
import { Rows, ThemeContext } from './components/rows.tsx';
import { keyNames } from './key-name.ts';
import type { DatacenterModel } from './models/datacenter.ts';
import type { Overview } from './models/overview.ts';
import { fitLine, type Line, sanitize, span } from './text.ts';
import type { Theme } from './theme.ts';
import type { Size } from './views/view.ts';

export interface ScreenProps {
  readonly app: App;
  readonly datacenter: DatacenterModel;
  readonly address: string;
  readonly theme: Theme;
  readonly clock: Clock;
  /** Of the terminal. */
  readonly size: Size;
  /** Handed out once: runs something while the terminal is as it was before the dashboard. */
  readonly onReady: (lendTerminal: LendTerminal) => void;
}

export type LendTerminal = (meanwhile: () => Promise<void>) => Promise<void>;

export function Screen({ app, datacenter, address, theme, clock, size, onReady }: ScreenProps): ReactNode {
  const { width, height } = size;
  const { suspendTerminal } = useApp();
  useEffect(() => onReady((meanwhile) => suspendTerminal(meanwhile)), [onReady, suspendTerminal]);
  const { active, help: helpOffset, typing } = useSyncExternalStore(app.subscribe, app.get);
  const { leader, overview } = useSyncExternalStore(datacenter.subscribe, datacenter.get);
  const view = app.view();
  useRedrawOn(view.subscribe);
  useAges(clock);

  const nowMs = clock.nowMs();
  const trouble = linkExplanation(leader, nowMs);
  const body: Size = { width, height: Math.max(0, height - 2 - (trouble === undefined ? 0 : 1)) };

  useInput((input, key) => {
    for (const name of keyNames(input, key)) app.press(name, body);
  });
  usePaste((text) => app.paste(text));

  const titles = app.views.map(({ title }) => title);
  const top: Line[] = [
    header({
      datacenter: overview.datacenter,
      address,
      link: leader.link,
      nowMs,
      tabs: titles,
      active,
      width,
    }),
  ];
  if (trouble !== undefined) top.push(fitLine([span(' '), ...trouble], width));
  const middle =
    helpOffset === undefined ? view.draw({ ...body, nowMs }) : help({ views: titles, ...body, offset: helpOffset });
  const bottom = footer({
    hints: app.hints(),
    filter: view.filter?.get() ?? '',
    typing,
    note: agentNote(overview),
    width,
  });
  const lines = [...top, ...middle.map((line) => fitLine(line, width)), bottom].slice(0, height);

  return (
    <ThemeContext value={theme}>
      <Box width={width} height={height} overflow="hidden">
        <Rows lines={lines} />
      </Box>
    </ThemeContext>
  );
}

/** Which agent all this comes from. */
function agentNote({ node, version }: Overview): Line {
  return node === '' ? [] : [span(`${sanitize(node)} ${sanitize(version)}`, 'muted')];
}

/** Draws anew when the view says that it changed. */
function useRedrawOn(subscribe: (listener: () => void) => () => void): void {
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  useEffect(() => subscribe(redraw), [subscribe]);
}

/** Ages and spans of time on screen go on without news from the datacenter. */
const ageMs = 1_000;

function useAges(clock: Clock): void {
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    let timer = clock.after(ageMs, tick);
    function tick(): void {
      redraw();
      timer = clock.after(ageMs, tick);
    }
    return () => timer.cancel();
  }, [clock]);
}
