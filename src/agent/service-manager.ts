/** Tells systemd how the agent does, by systemd's own program: Node has no datagram sockets of the kind that sd_notify takes. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** As sd_notify takes it: the options that systemd-notify has for these came with different versions. */
const states = { ready: 'READY=1', stopping: 'STOPPING=1' } as const;
export type ServiceState = keyof typeof states;

/** For units of Type=notify with NotifyAccess=all. Rejects when the program is not there or systemd does not listen. */
export async function notifyServiceManager(state: ServiceState): Promise<void> {
  await run('systemd-notify', [`--pid=${process.pid}`, states[state]], { timeout: timeoutMs });
}

const timeoutMs = 5_000;
