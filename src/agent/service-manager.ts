/** Tells systemd how the agent does, by systemd's own program: Node has no datagram sockets of the kind that sd_notify takes. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

export type ServiceState = 'ready' | 'stopping';

/** For units of Type=notify with NotifyAccess=all. Rejects when the program is not there or systemd does not listen. */
export async function notifyServiceManager(state: ServiceState): Promise<void> {
  await run('systemd-notify', [`--${state}`, `--pid=${process.pid}`], { timeout: timeoutMs });
}

const timeoutMs = 5_000;
