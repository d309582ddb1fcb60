/**
 * The services and checks of this agent: registering, running, keeping and removing them. Everything that has an opinion on
 * them (API, files, restart) comes through here; what the catalog has to know follows from `state`.
 */
import { formatDurationMs, nsToMs } from '../../lib/duration.ts';
import type { Clock, Runtime } from '../../lib/runtime.ts';
import type { CheckType, HealthCheck, NodeService, ServiceDefinition } from '../../structs/catalog.ts';
import { checkKind, isScript, minIntervalMs, type Status } from '../checks/definition.ts';
import type { CheckRunner } from '../checks/runner.ts';
import { type CheckContext, startCheck } from '../checks/start.ts';
import type { TtlRunner } from '../checks/ttl.ts';
import { RpcError } from '../errors.ts';
import type { Logger } from '../telemetry/api.ts';
import {
  type CheckDefinition,
  type CheckRegistration,
  checkRegistrationOf,
  type Origin,
  registrationOf,
  type ServiceRegistration,
  serviceChecks,
} from './definitions.ts';
import type { PersistedCheckState, Persistence } from './persistence.ts';
import { type PortRange, sidecarIdOf, sidecarRegistration } from './sidecar.ts';
import type { LocalState } from './state.ts';

export interface ScriptRules {
  /** Of registrations over the API. */
  readonly remote: boolean;
  /** Of definitions in files. */
  readonly local: boolean;
}

export interface RegistryOptions {
  readonly state: LocalState;
  readonly checks: Omit<CheckContext, 'local'>;
  readonly persistence: Persistence;
  readonly scripts: ScriptRules;
  readonly sidecarPorts: PortRange;
  readonly runtime: Runtime;
  readonly logger: Logger;
}

/** What a check was like before it was registered anew. */
export type KnownHealth = (checkId: string) => Pick<HealthCheck, 'Status' | 'Output'> | undefined;

export class Registry {
  readonly state: LocalState;
  readonly #options: RegistryOptions;
  readonly #runners = new Map<string, CheckRunner>();
  /** Changes happen one after the other: what one has checked, no other changes before it is done. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: RegistryOptions) {
    this.#options = options;
    this.state = options.state;
  }

  get nodeName(): string {
    return this.#options.checks.nodeName;
  }

  get clock(): Clock {
    return this.#options.runtime.clock;
  }

  /** Rejects with BadRequest or RpcError; then nothing was registered. */
  registerService(definition: ServiceDefinition, token: string, replaceExistingChecks: boolean): Promise<void> {
    return this.#inTurn(async () => {
      const registrations = this.registrationsOf(definition, token);
      await Promise.all(registrations.map((one) => this.#persistService(one)));
      for (const one of registrations) {
        this.applyService(one, 'api', (id) => this.state.check(id)?.check);
        if (replaceExistingChecks) await this.#removeOtherChecks(one);
      }
    });
  }

  /** A service and its sidecar, if it has one, with all that can be wrong checked. `planned` come with it. Throws. */
  registrationsOf(
    definition: ServiceDefinition,
    token: string,
    origin: Origin = 'api',
    planned: readonly NodeService[] = [],
  ): ServiceRegistration[] {
    const main = registrationOf(definition);
    const all = [{ ...main, token: main.token || token }];
    const section = definition.Connect?.SidecarService ?? null;
    if (section !== null) {
      const others = [...planned, ...this.state.services().map(({ service }) => service)];
      all.push(sidecarRegistration(main.service, all[0]!.token, section, others, this.#options.sidecarPorts));
    }
    for (const { checks } of all) for (const check of checks) this.#demandScripts(check, origin);
    return all;
  }

  async #removeOtherChecks(registration: ServiceRegistration): Promise<void> {
    const kept = new Set(serviceChecks(this.nodeName, registration).map(({ check }) => check.CheckID));
    for (const { check } of this.state.checksOf(registration.service.ID)) {
      if (!kept.has(check.CheckID)) await this.#removeCheck(check.CheckID);
    }
  }

  /** Without asking and without writing anything. */
  applyService(registration: ServiceRegistration, origin: Origin, known: KnownHealth): void {
    const { service, token } = registration;
    this.state.setService(service, token, origin);
    for (const { check, type } of serviceChecks(this.nodeName, registration)) {
      const before = known(check.CheckID);
      const now = before === undefined ? check : { ...check, Status: before.Status, Output: before.Output };
      this.applyCheck({ check: now, type, token }, origin);
    }
  }

  /** Rejects with BadRequest or RpcError; then nothing was registered. */
  registerCheck(definition: CheckDefinition, token: string): Promise<void> {
    return this.#inTurn(async () => {
      const registration = this.checkRegistrationOf(definition, token, 'api');
      await this.#persistCheck(registration);
      this.applyCheck(registration, 'api');
    });
  }

  checkRegistrationOf(definition: CheckDefinition, token: string, origin: Origin): CheckRegistration {
    const registration = checkRegistrationOf(this.nodeName, definition, origin);
    this.#demandScripts(registration.type, origin);
    const bound = this.#bound(registration.check);
    return { ...registration, check: bound, token: registration.token || token };
  }

  /** The check with what it takes over from its service. */
  #bound(check: HealthCheck): HealthCheck {
    if (check.ServiceID === '') return check;
    const entry = this.state.service(check.ServiceID);
    if (entry === undefined) throw new RpcError(`ServiceID "${check.ServiceID}" does not exist`);
    return { ...check, ServiceName: entry.service.Service, ServiceTags: entry.service.Tags };
  }

  /** A check that runs nothing: maintenance. */
  registerMark(check: HealthCheck, token: string): Promise<void> {
    return this.#inTurn(async () => {
      await this.#options.persistence.saveCheck({ Check: check, ChkType: null, Token: token, Source: 'remote' });
      this.state.setCheck(check, null, token, 'api');
    });
  }

  applyCheck({ check, type, token }: CheckRegistration, origin: Origin): void {
    const { CheckID } = check;
    this.#runners.get(CheckID)?.stop();
    if (type.Interval > 0 && nsToMs(type.Interval) < minIntervalMs) {
      const how = { check: CheckID, minimum_interval: formatDurationMs(minIntervalMs) };
      this.#options.logger.warn('check has interval below minimum', how);
    }
    this.state.setCheck(check, type, token, origin);
    const context = { ...this.#options.checks, local: this.state };
    const runner = startCheck(context, type, CheckID, token, ({ status, output }) =>
      this.#report(CheckID, status, output),
    );
    this.#runners.set(CheckID, runner);
  }

  #report(id: string, status: Status, output: string): void {
    const before = this.state.check(id)?.check.Status;
    if (before !== undefined && before !== status) {
      const { logger } = this.#options;
      if (status === 'critical') logger.warn('Check is now critical', { check: id });
      else logger.debug('Check status updated', { check: id, status });
    }
    this.state.report(id, status, output);
  }

  /** False when there is no such service. Its checks and its sidecar go with it. */
  deregisterService(id: string): Promise<boolean> {
    return this.#inTurn(() => this.#removeService(id));
  }

  async #removeService(id: string): Promise<boolean> {
    if (!this.forgetService(id)) return false;
    // All of it before anybody else has a turn: the servers must not be told of checks whose service has gone.
    const checks = this.state.checksOf(id).map(({ check }) => check.CheckID);
    for (const check of checks) this.forgetCheck(check);
    const { persistence, logger } = this.#options;
    await persistence.removeService(id);
    for (const check of checks) {
      await persistence.removeCheck(check);
      logger.debug('removed check', { check });
    }
    logger.debug('removed service', { service: id });
    const sidecar = this.state.service(sidecarIdOf(id));
    if (sidecar?.service.LocallyRegisteredAsSidecar === true) await this.#removeService(sidecar.service.ID);
    return true;
  }

  /** Only here, not in the data directory. */
  forgetService(id: string): boolean {
    if (!this.state.removeService(id)) return false;
    for (const { check } of this.state.checksOf(id)) this.#runners.get(check.CheckID)?.stop();
    return true;
  }

  deregisterCheck(id: string): Promise<boolean> {
    return this.#inTurn(() => this.#removeCheck(id));
  }

  async #removeCheck(id: string): Promise<boolean> {
    if (!this.forgetCheck(id)) return false;
    await this.#options.persistence.removeCheck(id);
    this.#options.logger.debug('removed check', { check: id });
    return true;
  }

  forgetCheck(id: string): boolean {
    this.#runners.get(id)?.stop();
    this.#runners.delete(id);
    return this.state.removeCheck(id);
  }

  /** What the application says of a TTL check. */
  async updateTtl(id: string, status: Status, output: string): Promise<void> {
    const type = this.state.check(id)?.type ?? null;
    if (type === null || checkKind(type) !== 'ttl') {
      throw new RpcError(`CheckID "${id}" does not have associated TTL`);
    }
    const runner = this.#runners.get(id) as TtlRunner;
    const Output = runner.set(status, output);
    const { persistence, runtime } = this.#options;
    const Expires = Math.ceil((runtime.clock.wallMs() + runner.ttlMs) / 1000);
    await persistence.saveState({ CheckID: id, Status: status, Output, Expires });
  }

  /** Of all checks as they are now: for those that are registered anew. */
  health(): KnownHealth {
    const before = new Map(this.state.checks().map(({ check }) => [check.CheckID, check]));
    return (id) => before.get(id);
  }

  /** Scripts, TTL checks, checks, services: what agent/self tells. */
  counts(): { readonly monitors: number; readonly ttls: number; readonly checks: number; readonly services: number } {
    const checks = this.state.checks();
    const kinds = checks.map(({ type }) => (type === null ? null : checkKind(type)));
    return {
      monitors: kinds.filter((kind) => kind === 'script').length,
      ttls: kinds.filter((kind) => kind === 'ttl').length,
      checks: checks.length,
      services: this.state.services().length,
    };
  }

  /** Runs a change when those before it are done. */
  inTurn<T>(change: () => Promise<T>): Promise<T> {
    return this.#inTurn(change);
  }

  stop(): void {
    for (const runner of this.#runners.values()) runner.stop();
    this.#runners.clear();
    this.state.stop();
  }

  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const done = this.#last.then(change);
    this.#last = done.catch(() => {});
    return done;
  }

  async #persistService(registration: ServiceRegistration): Promise<void> {
    const { service, token } = registration;
    const { LocallyRegisteredAsSidecar } = service;
    const kept = { Token: token, Service: service, Source: 'remote', LocallyRegisteredAsSidecar };
    await this.#options.persistence.saveService(kept);
    await Promise.all(serviceChecks(this.nodeName, registration).map((one) => this.#persistCheck(one)));
  }

  async #persistCheck({ check, type, token }: CheckRegistration): Promise<void> {
    await this.#options.persistence.saveCheck({ Check: check, ChkType: type, Token: token, Source: 'remote' });
  }

  #demandScripts(check: CheckType, origin: Origin): void {
    if (!isScript(check)) return;
    const { remote, local } = this.#options.scripts;
    if (origin === 'api' && !remote) {
      throw new RpcError(
        "Scripts are disabled on this agent from remote calls; to enable, configure 'enable_script_checks' to true",
      );
    }
    if (origin === 'config' && !local) {
      throw new RpcError(
        "Scripts are disabled on this agent; to enable, configure 'enable_script_checks' or 'enable_local_script_checks' to true",
      );
    }
  }

  /** Brings back what was kept: services first, then checks with their state. Definitions of files come before. */
  async restore(): Promise<void> {
    const { persistence, runtime, logger } = this.#options;
    const { services, checks, states } = await persistence.load();
    for (const { Service, Token, Source, LocallyRegisteredAsSidecar } of services) {
      if (Service === null || Source === 'local') continue;
      if (this.state.service(Service.ID) !== undefined) {
        logger.debug('service exists, not restoring from file', { service: Service.ID });
        await persistence.removeService(Service.ID);
        continue;
      }
      this.state.setService(restoredService(Service, LocallyRegisteredAsSidecar), Token, 'api');
      logger.debug('restored service definition from file', { service: Service.ID });
    }
    const stateOf = new Map(states.map((state) => [state.CheckID, state]));
    const nowSeconds = runtime.clock.wallMs() / 1000;
    const keptChecks = new Set(checks.map(({ Check }) => Check?.CheckID));
    for (const { CheckID } of states) if (!keptChecks.has(CheckID)) await persistence.removeCheck(CheckID);
    for (const { Check, ChkType, Token, Source } of checks) {
      if (Check === null || Source === 'local') continue;
      const orphaned = Check.ServiceID !== '' && this.state.service(Check.ServiceID) === undefined;
      if (orphaned || this.state.check(Check.CheckID) !== undefined) {
        await persistence.removeCheck(Check.CheckID);
        continue;
      }
      if (ChkType === null) {
        this.state.setCheck(Check, null, Token, 'api');
        continue;
      }
      if (isScript(ChkType) && !this.#options.scripts.remote) {
        logger.warn('check from file is not restored: scripts are disabled', { check: Check.CheckID });
        continue;
      }
      this.applyCheck(
        { check: revived(Check, stateOf.get(Check.CheckID), nowSeconds), type: ChkType, token: Token },
        'api',
      );
      logger.debug('restored health check from file', { check: Check.CheckID });
    }
  }
}

const restoredService = (service: NodeService, LocallyRegisteredAsSidecar: boolean): NodeService => ({
  ...service,
  LocallyRegisteredAsSidecar,
  CreateIndex: 0,
  ModifyIndex: 0,
});

/** Critical until it is known better, as nothing should be sent to a service whose health nobody knows. */
function revived(check: HealthCheck, state: PersistedCheckState | undefined, nowSeconds: number): HealthCheck {
  if (state === undefined || state.Expires < nowSeconds) return { ...check, Status: 'critical', Output: '' };
  return { ...check, Status: state.Status, Output: state.Output };
}
