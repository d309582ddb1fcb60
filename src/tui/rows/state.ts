/** Signs and tones of states, the same in every view. */
import type { CheckState } from '../models/check.ts';
import type { Severity } from '../models/events.ts';
import type { MemberStatus } from '../models/member.ts';
import { type Span, span, type Tone } from '../text.ts';
import { signs } from '../theme.ts';

export interface StateLook {
  readonly sign: string;
  readonly tone: Tone;
}

export const memberStates: Readonly<Record<MemberStatus, StateLook>> = {
  alive: { sign: signs.good, tone: 'good' },
  leaving: { sign: signs.warn, tone: 'warn' },
  left: { sign: signs.off, tone: 'muted' },
  failed: { sign: signs.bad, tone: 'bad' },
  none: { sign: signs.off, tone: 'muted' },
};

export const checkStates: Readonly<Record<CheckState, StateLook>> = {
  passing: { sign: signs.good, tone: 'good' },
  warning: { sign: signs.warn, tone: 'warn' },
  critical: { sign: signs.bad, tone: 'bad' },
  maintenance: { sign: signs.paused, tone: 'info' },
};

export const severities: Readonly<Record<Severity, StateLook>> = {
  good: { sign: signs.good, tone: 'good' },
  warn: { sign: signs.warn, tone: 'warn' },
  bad: { sign: signs.bad, tone: 'bad' },
  info: { sign: '·', tone: 'muted' },
};

export function stateCell({ sign, tone }: StateLook, word: string): Span {
  return span(`${sign} ${word}`, tone);
}
