/** Values that are wrong by themselves (durations, ports, addresses, …) are collected and reported together. */

import { DurationError, parseDurationMs } from '../../lib/duration.ts';
import { goQuote } from '../../lib/go-format.ts';
import type { Field, Fields } from './field.ts';
import { ConfigError, errorList } from './go-errors.ts';

export class Problems {
  private readonly texts: string[] = [];

  add(text: string): void {
    this.texts.push(text);
  }

  /** Throws ConfigError with everything that was collected, sorted. */
  report(): void {
    if (this.texts.length > 0) throw new ConfigError(errorList(this.texts.sort()));
  }

  /** -1 for a listener that is off. */
  port(key: string, port: number): number {
    if (port > 65535) {
      this.add(`${key}: invalid port: ${port}`);
      return -1;
    }
    return port <= 0 ? -1 : port;
  }

  /** Every duration of the settings, at any depth. */
  durations(values: Readonly<Record<string, unknown>>, fields: Fields, prefix = ''): void {
    for (const [name, field] of Object.entries(fields)) {
      const value = values[name];
      if (value !== undefined) this.durationsOf(value, field.type, prefix + name);
    }
  }

  private durationsOf(value: unknown, type: Field['type'], key: string): void {
    switch (type.kind) {
      case 'duration': {
        const fault = durationFault(value as string);
        if (fault !== undefined) this.add(`${key}: invalid duration: ${goQuote(value as string)}: ${fault}`);
        return;
      }
      case 'block':
        this.durations(value as Record<string, unknown>, type.fields, `${key}.`);
        return;
      case 'list':
        for (const [i, item] of (value as readonly unknown[]).entries())
          this.durationsOf(item, type.of, `${key}[${i}]`);
        return;
      case 'map':
        for (const [name, item] of Object.entries(value as object)) this.durationsOf(item, type.of, `${key}[${name}]`);
        return;
    }
  }
}

/** Milliseconds; 0 for a text that `Problems.durations` reports. */
export function durationMs(text: string): number {
  return durationFault(text) === undefined ? parseDurationMs(text) : 0;
}

function durationFault(text: string): string | undefined {
  try {
    parseDurationMs(text);
    return undefined;
  } catch (error) {
    if (error instanceof DurationError) return error.message;
    throw error;
  }
}
