/** The filters of events that commands take: regular expressions, looked at before anything is asked. */
import { compileGoRegexp, GoRegexpError } from '../lib/go-regexp.ts';
import { CliError } from './command.ts';

export interface EventFilterFlags {
  readonly node: string;
  readonly service: string;
  readonly tag: string;
}

/** Throws a CliError with Consul's text. */
export function demandFilters({ node, service, tag }: EventFilterFlags): void {
  demandRegexp('node', node);
  demandRegexp('service', service);
  if (tag !== '' && service === '') throw new CliError('Cannot provide tag filter without service filter.');
  demandRegexp('tag', tag);
}

function demandRegexp(what: string, pattern: string): void {
  try {
    compileGoRegexp(pattern);
  } catch (error) {
    if (!(error instanceof GoRegexpError)) throw error;
    throw new CliError(`Failed to compile ${what} filter regexp: ${error.message}`);
  }
}
