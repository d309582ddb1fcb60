/** The curves of the first page: the agent's load, and the metrics that were pinned. */
import { chart, niceTop } from '../../components/chart.ts';
import { framed, innerSize } from '../../components/frame.ts';
import { linkExplanation } from '../../components/link.ts';
import { age, compact, rate } from '../../format.ts';
import { type DatacenterSnapshot, sampleMs } from '../../models/datacenter.ts';
import type { History } from '../../models/history.ts';
import { metricHistories } from '../../models/metric-history.ts';
import type { Resource } from '../../models/resource.ts';
import { derived, type Readable } from '../../models/store.ts';
import { type Line, sanitize, span, type Tone, truncateStart } from '../../text.ts';
import type { Size, ViewContext } from '../view.ts';

export interface ChartPanel {
  readonly title: string;
  readonly history: History;
  readonly tone: Tone;
  readonly show: (value: number) => string;
}

export function loadPanels({ history }: DatacenterSnapshot): readonly ChartPanel[] {
  return [
    { title: 'Requests', history: history.httpPerSecond, tone: 'accent', show: rate },
    { title: 'Commits', history: history.commitsPerSecond, tone: 'good', show: rate },
    { title: 'DNS', history: history.dnsPerSecond, tone: 'value', show: rate },
    history.gossipPerSecond.length > 0
      ? { title: 'Gossip', history: history.gossipPerSecond, tone: 'info', show: rate }
      : { title: 'RPC', history: history.rpcPerSecond, tone: 'info', show: rate },
  ];
}

export function pinnedPanels(context: ViewContext): Readable<readonly ChartPanel[]> {
  const histories = metricHistories(context);
  return derived([histories, context.pinned], (known, pinned) =>
    pinned.map((name) => ({ title: name, history: known.get(name) ?? [], tone: 'warn', show: compact })),
  );
}

export function chartPanel(panel: ChartPanel, metrics: Resource<unknown>, size: Size, nowMs: number): Line[] {
  const inner = innerSize(size.width, size.height);
  const { history, tone, show } = panel;
  const shown = history.slice(-inner.width * 2);
  const now = shown.at(-1);
  const top = niceTop(Math.max(0, ...shown));
  const lines = chart(shown, { ...inner, tone, top });
  if (shown.length === 0) lines[0] = linkExplanation(metrics, nowMs) ?? [span('measuring …', 'muted')];
  const value = now === undefined ? '' : ` ${show(now)}`;
  const title = truncateStart(sanitize(panel.title), Math.max(4, inner.width - 2 - value.length));
  return framed(lines, {
    title: [span(title, 'plain', { bold: true }), span(value, tone, { bold: true })],
    note: shown.length === 0 || inner.width < 30 ? [] : [span(`top ${show(top)}`, 'muted')],
    footnote: [span(age(inner.width * 2 * sampleMs), 'muted')],
    ...size,
  });
}
