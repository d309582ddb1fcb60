/** Asking an agent, as a program does that finds its port closed, hears no answer, or loses its connection. */
import { asError } from '../../../src/agent/raft/errors.ts';
import type { Answer, RpcCaller } from '../../../src/agent/rpc/caller.ts';
import type { Args, MethodName, Reply } from '../../../src/agent/rpc/signatures.ts';
import type { Process, World } from '../world.ts';

export type Outcome<R> =
  | { readonly kind: 'answer'; readonly answer: Answer<R> }
  /** It was not done and never will be. */
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'unknown'; readonly why: string };

/** Errors that promise that nothing was done. */
const harmless = [
  ...['No cluster leader', 'node is not the leader', 'leadership transfer in progress'],
  ...['invalid session', 'Invalid session'],
  ...['failed to get conn', 'connection refused'],
];
const patienceMs = 15_000;

/** An agent that answers requests; servers and client agents alike. */
export interface Endpoint {
  readonly id: string;
  readonly process: Process | null;
  /** null while it starts. */
  readonly caller: Pick<RpcCaller, 'call'> | null;
}

/** A request over HTTP to the agent of a server, and what becomes of it. */
export function ask<M extends MethodName>(
  world: World,
  to: Endpoint,
  method: M,
  args: Partial<Args<M>>,
): Promise<Outcome<Reply<M>>> {
  const { process } = to;
  return new Promise((resolve) => {
    let open = true;
    const finish = (outcome: Outcome<Reply<M>>): void => {
      if (!open) return;
      open = false;
      resolve(outcome);
    };
    if (process === null || to.caller === null) {
      world.after(1, () => finish({ kind: 'refused', why: 'connection refused' }));
      return;
    }
    const answered = (outcome: Outcome<Reply<M>>): void => void world.after(0.1, () => finish(outcome), process);
    const failed = (error: unknown): void => {
      const why = asError(error).message;
      answered({ kind: harmless.some((text) => why.includes(text)) ? 'refused' : 'unknown', why });
    };
    world.after(
      0.1,
      () => {
        try {
          const answer = to.caller!.call(method, args);
          if (answer instanceof Promise) answer.then((late) => answered({ kind: 'answer', answer: late }), failed);
          else answered({ kind: 'answer', answer });
        } catch (error) {
          failed(error);
        }
      },
      process,
    );
    world.after(patienceMs, () => finish({ kind: 'unknown', why: 'timeout' }));
    const look = (): void => {
      if (to.process !== process) finish({ kind: 'unknown', why: 'connection reset' });
      else if (open) world.after(200, look);
    };
    world.after(200, look);
  });
}
