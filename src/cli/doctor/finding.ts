/** What a check of `tc doctor` finds, and what the findings say together. */
import { columns } from '../format.ts';

/** `note`: could not be looked at, or is only worth knowing. */
export const severities = ['ok', 'note', 'warning', 'error'] as const;
export type Severity = (typeof severities)[number];

export interface Finding {
  /** What was looked at: `raft lag`. */
  readonly check: string;
  readonly severity: Severity;
  readonly message: string;
  /** What to do about it: where possible a command line. */
  readonly fix?: string;
}

export const ok = (check: string, message: string): Finding => ({ check, severity: 'ok', message });
export const note = (check: string, message: string, fix?: string): Finding => of('note', check, message, fix);
export const warning = (check: string, message: string, fix?: string): Finding => of('warning', check, message, fix);
export const error = (check: string, message: string, fix?: string): Finding => of('error', check, message, fix);

const of = (severity: Severity, check: string, message: string, fix?: string): Finding =>
  fix === undefined ? { check, severity, message } : { check, severity, message, fix };

/** 0: nothing worse than a note. 1: warnings. 2: errors. */
export function exitCodeOf(findings: readonly Finding[]): 0 | 1 | 2 {
  if (findings.some(({ severity }) => severity === 'error')) return 2;
  return findings.some(({ severity }) => severity === 'warning') ? 1 : 0;
}

const words: Readonly<Record<Severity, string>> = { ok: 'ok', note: 'note', warning: 'WARNING', error: 'ERROR' };

/** A line a finding, its fix below it. */
export function renderFindings(findings: readonly Finding[]): string {
  // Errors of the cluster may have several lines.
  const oneLine = (text: string): string => text.trim().replaceAll(/\s*\n\s*/g, ' ');
  const rows = findings.map(({ severity, check, message }) => [words[severity], check, oneLine(message)]);
  const lines = columns(rows).split('\n');
  const text = findings.map(({ fix }, at) => `${lines[at]}\n${fix === undefined ? '' : `  -> ${fix}\n`}`).join('');
  const count = (severity: Severity): number => findings.filter((one) => one.severity === severity).length;
  return `${text}\n${count('error')} errors, ${count('warning')} warnings, ${count('note')} notes, ${count('ok')} ok\n`;
}
