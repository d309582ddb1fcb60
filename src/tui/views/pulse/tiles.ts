/** Four tiles: leader, members, services, checks. One glance each: a word, the numbers, the last minutes. Pure. */
import { chart } from '../../components/chart.ts';
import { framed, innerSize } from '../../components/frame.ts';
import { linkBadge } from '../../components/link.ts';
import { age, compact } from '../../format.ts';
import type { CheckState } from '../../models/check.ts';
import type { DatacenterSnapshot } from '../../models/datacenter.ts';
import type { History } from '../../models/history.ts';
import { isUp, toleratedFailures } from '../../models/overview.ts';
import type { Resource } from '../../models/resource.ts';
import type { ServiceHealth } from '../../models/service-health.ts';
import { checkStates, memberStates, type StateLook } from '../../rows/state.ts';
import { type Line, lineWidth, sanitize, span, type Tone } from '../../text.ts';
import { signs } from '../../theme.ts';
import type { Size } from '../view.ts';

interface Tile {
  readonly title: string;
  readonly headline: Line;
  readonly numbers: Line;
  /** Drawn where there is a third line. */
  readonly curve?: { readonly samples: History; readonly tone: Tone };
}

export function drawTile({ title, headline, numbers, curve }: Tile, size: Size): Line[] {
  const inner = innerSize(size.width, size.height);
  const loud = curve?.samples.slice(-inner.width * 2).some((value) => value > 0) ?? false;
  const lines = [
    headline,
    numbers,
    ...(curve === undefined
      ? []
      : chart(curve.samples, {
          width: inner.width,
          height: Math.max(1, inner.height - 2),
          tone: loud ? curve.tone : 'border',
        })),
  ];
  return framed(lines, { title: [span(title, 'plain', { bold: true })], ...size });
}

type Counted = readonly [look: StateLook, value: number];

/** Numbers with their signs: loud where they are not zero; zeros go first when there is too little room. */
function numbers(all: readonly Counted[], width: number): Line {
  const shown = (kept: readonly Counted[]): Line =>
    kept.flatMap(([{ sign, tone }, value], index) => [
      span(index === 0 ? '' : '  '),
      span(`${sign} ${compact(value)}`, value === 0 ? 'muted' : tone, { bold: value > 0 && tone !== 'good' }),
    ]);
  const line = shown(all);
  return lineWidth(line) <= width ? line : shown(all.filter(([, value], index) => index === 0 || value > 0));
}

function unknown(title: string, resource: Resource<unknown>, nowMs: number): Tile {
  const badge = linkBadge(resource.link, nowMs);
  return {
    title,
    headline: [{ ...badge, tone: badge.tone === 'good' ? 'muted' : (badge.tone ?? 'muted') }],
    numbers: [],
  };
}

export function leaderTile({ overview, leader, leaderSince }: DatacenterSnapshot, nowMs: number): Tile {
  const title = 'Leader';
  const lasted = age(nowMs - leaderSince.ms);
  if (overview.leader === undefined) {
    if (leader.value !== '') return unknown(title, leader, nowMs);
    return {
      title,
      headline: [span(`${signs.bad} none`, 'bad', { bold: true })],
      numbers: [span(leaderSince.seen ? `for ${lasted}` : '', 'bad')],
    };
  }
  const { servers } = overview;
  const up = servers.filter(isUp).length;
  const tolerated = toleratedFailures(servers);
  const safe = up === servers.length;
  const health: Line =
    servers.length === 0
      ? []
      : [
          span(`${up}/${servers.length} up`, safe ? 'good' : 'bad'),
          span(`, ${tolerated} spare`, tolerated === 0 && servers.length > 1 ? 'warn' : 'muted'),
        ];
  return {
    title: leaderSince.seen ? `Leader for ${lasted}` : `Leader > ${lasted}`,
    headline: [
      span(`${signs.leader} `, 'accent'),
      span(sanitize(overview.leader.node ?? overview.leader.address), 'plain', { bold: true }),
    ],
    numbers: health,
  };
}

export function membersTile({ overview, members, history }: DatacenterSnapshot, width: number, nowMs: number): Tile {
  const title = 'Members';
  if (overview.members === undefined) return unknown(title, members, nowMs);
  const { alive, failed, left, leaving } = overview.members;
  return {
    title,
    headline:
      members.value?.length === 0 ? nothingShown : headline(failed, 'failed', 'bad', `all ${compact(alive)} alive`),
    numbers: numbers(
      [
        [memberStates.alive, alive],
        [memberStates.failed, failed],
        [memberStates.left, left + leaving],
      ],
      width,
    ),
    curve: { samples: history.failed, tone: 'bad' },
  };
}

/** Every datacenter has members, services and checks: an empty list is one that was emptied on the way. */
const nothingShown: Line = [span(`${signs.denied} none to see`, 'warn')];

function headline(bad: number, word: string, tone: Tone, well: string): Line {
  return bad > 0
    ? [span(`${tone === 'bad' ? signs.bad : signs.warn} ${compact(bad)} ${word}`, tone, { bold: true })]
    : [span(`${signs.good} ${well}`, 'good')];
}

const shownStates: readonly CheckState[] = ['passing', 'warning', 'critical', 'maintenance'];

export function servicesTile(
  snapshot: DatacenterSnapshot,
  services: readonly ServiceHealth[],
  width: number,
  nowMs: number,
): Tile {
  const title = 'Services';
  if (snapshot.services.value === undefined) return unknown(title, snapshot.services, nowMs);
  const inState = (state: CheckState) => services.filter((service) => service.state === state).length;
  const [critical, warning] = [inState('critical'), inState('warning')];
  return {
    title,
    headline:
      critical > 0
        ? headline(critical, 'critical', 'bad', '')
        : Object.keys(snapshot.services.value).length === 0
          ? nothingShown
          : headline(warning, 'warn', 'warn', `all ${compact(services.length)} healthy`),
    numbers: numbers(
      shownStates.map((state) => [checkStates[state], inState(state)] as const),
      width,
    ),
    curve: { samples: snapshot.history.warning, tone: 'warn' },
  };
}

export function checksTile({ overview, checks, history }: DatacenterSnapshot, width: number, nowMs: number): Tile {
  const title = 'Checks';
  if (overview.checks === undefined) return unknown(title, checks, nowMs);
  const { critical, warning, passing } = overview.checks;
  return {
    title,
    headline:
      critical > 0
        ? headline(critical, 'critical', 'bad', '')
        : checks.value?.length === 0
          ? nothingShown
          : headline(warning, 'warn', 'warn', `all ${compact(passing)} pass`),
    numbers: numbers(
      shownStates.map((state) => [checkStates[state], overview.checks![state]] as const),
      width,
    ),
    curve: { samples: history.critical, tone: 'bad' },
  };
}
