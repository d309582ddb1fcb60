/** `tc agent`: reads the configuration, runs the agent, and translates signals into its end. */
import type { ServiceState } from '../agent/service-manager.ts';
import { CliError, defineCommand, type Examples } from '../cli/command.ts';
import { examplesText, nearest } from '../cli/help.ts';
import { consulVersion, ownVersion } from '../cli/version.ts';

/** How long an agent may take to leave, and to stop. */
const gracefulMs = 15_000;
const stopMs = 10_000;

const examples: Examples = [
  ['agent -dev', 'To try things: everything in memory, one server that elects itself:'],
  ['agent -server -bootstrap-expect=3 -data-dir=/var/lib/tc -retry-join=10.0.0.11', 'One of three servers:'],
  ['agent -data-dir=/var/lib/tc -config-dir=/etc/tc.d', 'A client with its configuration in files:'],
];

export default defineCommand({
  summary: 'Runs an agent',
  usage: 'agent [options]',
  examples,
  raw: true,
  async run({ args, out, err, isTerminal }) {
    const [
      { agentFlags, parseAgentFlags },
      { loadConfig },
      { reloaded },
      { nodeHost },
      { setupError },
      { banner },
      { createTelemetry },
      { nodeRuntime },
      { startAgent },
    ] = await Promise.all([
      import('../agent/config/flags.ts'),
      import('../agent/config/load.ts'),
      import('../agent/config/reload.ts'),
      import('../agent/config/host-node.ts'),
      import('../agent/config/start-checks.ts'),
      import('../agent/config/banner.ts'),
      import('../agent/telemetry/telemetry.ts'),
      import('../lib/runtime-node.ts'),
      import('../agent/agent.ts'),
    ]);
    const parsed = parseAgentFlags(args);
    if (parsed.kind === 'help') {
      const { helpText } = await import('../agent/config/usage.ts');
      out(helpText(agentFlags, examplesText(examples)));
      return 0;
    }
    if (parsed.kind === 'error') {
      err(parsed.message);
      const meant =
        parsed.unknown &&
        nearest(
          parsed.unknown,
          agentFlags.map(({ name }) => name),
        );
      if (meant && isTerminal('stderr')) err(`\nDid you mean -${meant}?\n`);
      return 1;
    }
    const load = () => {
      const result = loadConfig(parsed.flags, nodeHost, consulVersion);
      if (result.kind === 'error') throw new Error(result.message);
      const wrong = setupError(result.loaded, nodeHost.files);
      if (wrong !== undefined) throw new Error(wrong);
      return result.loaded;
    };
    const attempt = <T>(step: () => T): T => {
      try {
        return step();
      } catch (error) {
        throw new CliError(`==> ${(error as Error).message}`);
      }
    };
    const loaded = attempt(load);
    const { log, telemetry: settings } = loaded.config;
    const telemetry = attempt(() =>
      createTelemetry({ log, telemetry: settings, clock: nodeRuntime.clock, console: process.stdout }),
    );
    const { logger } = telemetry;
    const version = `v${consulVersion}+tc.${ownVersion}`;

    const tellServiceManager = (state: ServiceState): void => {
      if (!process.env['NOTIFY_SOCKET']) return;
      import('../agent/service-manager.ts')
        .then(({ notifyServiceManager }) => notifyServiceManager(state))
        .catch((error: Error) => logger.warn('Failed to notify the service manager', { error: error.message }));
    };
    const end = async (code: number, stop: () => Promise<void>): Promise<number> => {
      // Whatever hangs must not keep a service manager waiting.
      setTimeout(() => process.exit(code), stopMs).unref();
      await stop();
      logger.info('Exit code', { code });
      await telemetry.stop();
      return code;
    };
    process.on('uncaughtException', (error) => {
      logger.error('This is a bug in tc, please report it with these lines', { error: error.stack ?? error.message });
      telemetry.flushSync();
      process.exit(1);
    });

    let agent: Awaited<ReturnType<typeof startAgent>>;
    try {
      agent = await startAgent({
        loaded,
        version: consulVersion,
        revision: `tc-${ownVersion}`,
        runtime: nodeRuntime,
        files: nodeHost.files,
        telemetry,
        announce: (nodeId, gossipEncrypted) => {
          out(banner(loaded, { nodeId, version, gossipEncrypted }));
          telemetry.releaseConsole();
        },
        reload: (current) => {
          const result = reloaded(current, load(), nodeHost, consulVersion);
          if (result.kind === 'error') throw new Error(result.message);
          return result.loaded;
        },
      });
    } catch {
      return end(1, async () => {});
    }

    tellServiceManager('ready');
    const interrupted = new Promise<number>((resolve) => {
      let leaving = false;
      const onEnd = (signal: 'interrupt' | 'terminated', leaves: boolean): void => {
        logger.info('Caught', { signal });
        if (leaving || !leaves) {
          resolve(1);
          return;
        }
        leaving = true;
        logger.info('Gracefully shutting down agent...');
        setTimeout(() => resolve(1), gracefulMs).unref();
        agent.leave().then(
          () => {
            logger.info('Graceful exit completed');
            resolve(0);
          },
          (error: Error) => {
            logger.error('Error on leave', { error: error.message });
            resolve(1);
          },
        );
      };
      process.on('SIGINT', () => onEnd('interrupt', !loaded.config.skipLeaveOnInt));
      process.on('SIGTERM', () => onEnd('terminated', loaded.config.leaveOnTerm));
      process.on('SIGHUP', () => {
        logger.info('Caught', { signal: 'hangup' });
        agent.reload().catch((error: Error) => logger.error('Failed to reload configs', { error: error.message }));
      });
    });
    const code = await Promise.race([agent.ended, interrupted]);
    logger.info('Requesting shutdown');
    tellServiceManager('stopping');
    return end(code, () => agent.stop());
  },
});
