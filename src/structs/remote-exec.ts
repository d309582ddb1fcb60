/**
 * Remote execution: a user event tells agents of a job in the KV store, and they write what becomes of it beside it. All keys
 * belong to the session of whoever asked, and go with it.
 */

/** Name of the event; its payload is a `RemoteExecCall` as JSON. */
export const remoteExecEvent = '_rexec';

export interface RemoteExecCall {
  /** Where in the KV store the session's folder is. */
  readonly Prefix: string;
  readonly Session: string;
}

/** What to run, as JSON in the key `job`: a script, a line for the shell, or a program with its arguments. */
export interface RemoteExecJob {
  readonly Command: string;
  readonly Args: readonly string[] | null;
  /** Base64. */
  readonly Script: string | null;
  /** Nanoseconds that whoever asked waits for a sign of life. */
  readonly Wait: number;
}

/** The keys of one execution. Every node has a folder of its own: `ack`, `out/00000` and so on, `exit`. */
export const remoteExecKeys = ({ Prefix, Session }: RemoteExecCall) => {
  const folder = `${Prefix}/${Session}/`;
  return {
    folder,
    job: `${folder}job`,
    ack: (node: string) => `${folder}${node}/ack`,
    output: (node: string, number: number) => `${folder}${node}/out/${number.toString(16).padStart(5, '0')}`,
    exit: (node: string) => `${folder}${node}/exit`,
  };
};
