/** The state of a line in words, with a sign: never a blank, never a guess. */
import { age } from '../format.ts';
import type { Link, Resource } from '../models/resource.ts';
import { type Line, type Span, sanitize, span } from '../text.ts';
import { signs } from '../theme.ts';

export function linkBadge(link: Link, nowMs: number): Span {
  const lasted = age(nowMs - link.sinceMs);
  switch (link.kind) {
    case 'connecting':
      return span(`${signs.busy} connecting ${lasted}`, 'warn');
    case 'live':
      return span(`${signs.good} live`, 'good');
    case 'no-leader':
      return span(`${signs.warn} no leader ${lasted}`, 'bad');
    case 'reconnecting':
      return span(`${signs.stale} reconnecting ${lasted}`, 'warn');
    case 'denied':
      return span(`${signs.denied} permission denied`, 'bad');
    case 'missing':
      return span(`${signs.off} not offered`, 'muted');
  }
}

/** Why a line is not live, and how old what is shown is. Undefined when there is nothing to explain. */
export function linkExplanation<T>({ link, value, confirmedMs }: Resource<T>, nowMs: number): Line | undefined {
  if (link.kind === 'live' || link.kind === 'connecting') return undefined;
  if (link.kind === 'no-leader') return [span(`${signs.warn} The servers have no leader: values may be stale`, 'bad')];
  const stale = value === undefined ? '' : ` · what is shown is ${age(nowMs - confirmedMs)} old`;
  const reason = sanitize(link.failure.message);
  switch (link.kind) {
    case 'denied':
      return [span(`${signs.denied} Permission denied`, 'bad'), span(` ${reason}`, 'muted')];
    case 'missing':
      return [span(`${signs.off} This agent does not offer it`, 'muted'), span(` ${reason}`, 'muted')];
    case 'reconnecting': {
      const what = link.failure.kind === 'unavailable' ? 'No answer' : 'No good answer';
      return [
        span(`${signs.stale} ${what} for ${age(nowMs - link.sinceMs)}`, 'warn'),
        span(`${stale} · ${reason}`, 'muted'),
      ];
    }
  }
}
