/** Every route of the API. What is not here is answered with 404. */
import { aclRoutes } from './acl.ts';
import { agentTokenRoutes } from './acl-agent-token.ts';
import { aclAuthRoutes } from './acl-auth.ts';
import { aclExplainRoutes } from './acl-explain.ts';
import { aclLegacyRoutes } from './acl-legacy.ts';
import { agentRoutes } from './agent.ts';
import { agentCheckRoutes } from './agent-checks.ts';
import { agentHealthRoutes } from './agent-health.ts';
import { agentServiceRoutes } from './agent-services.ts';
import { agentWatchRoutes } from './agent-watches.ts';
import type { Route } from './api.ts';
import { catalogRoutes } from './catalog.ts';
import { configRoutes } from './config.ts';
import { connectAuthorizeRoutes } from './connect-authorize.ts';
import { connectCaRoutes } from './connect-ca.ts';
import { coordinateRoutes } from './coordinate.ts';
import { debugRoutes } from './debug.ts';
import { discoveryChainRoutes } from './discovery-chain.ts';
import { eventRoutes } from './event.ts';
import { federationStateRoutes } from './federation-states.ts';
import { healthRoutes } from './health.ts';
import { intentionRoutes } from './intentions.ts';
import { internalUiRoutes } from './internal-ui.ts';
import { kvRoutes } from './kv.ts';
import { maintenanceRoutes } from './maintenance.ts';
import { operatorRoutes } from './operator.ts';
import { autopilotRoutes } from './operator-autopilot.ts';
import { keyringRoutes } from './operator-keyring.ts';
import { queryRoutes } from './query.ts';
import { sessionRoutes } from './session.ts';
import { snapshotRoutes } from './snapshot.ts';
import { statusRoutes } from './status.ts';
import { txnRoutes } from './txn.ts';

export const routes: readonly Route[] = [
  ...aclAuthRoutes,
  ...aclExplainRoutes,
  ...aclLegacyRoutes,
  ...aclRoutes,
  ...agentCheckRoutes,
  ...agentHealthRoutes,
  ...agentRoutes,
  ...agentServiceRoutes,
  ...agentTokenRoutes,
  ...agentWatchRoutes,
  ...autopilotRoutes,
  ...catalogRoutes,
  ...configRoutes,
  ...connectAuthorizeRoutes,
  ...connectCaRoutes,
  ...coordinateRoutes,
  ...debugRoutes,
  ...discoveryChainRoutes,
  ...eventRoutes,
  ...federationStateRoutes,
  ...healthRoutes,
  ...intentionRoutes,
  ...internalUiRoutes,
  ...keyringRoutes,
  ...kvRoutes,
  ...maintenanceRoutes,
  ...operatorRoutes,
  ...queryRoutes,
  ...sessionRoutes,
  ...snapshotRoutes,
  ...statusRoutes,
  ...txnRoutes,
];
