/** The views in the order of their numbers; a new one is a folder and a line here. */
import { aclView } from './acl/view.ts';
import { checksView } from './checks/view.ts';
import { configView } from './config/view.ts';
import { eventsView } from './events/view.ts';
import { intentionsView } from './intentions/view.ts';
import { kvView } from './kv/view.ts';
import { logsView } from './logs/view.ts';
import { mapView } from './map/view.ts';
import { membersView, wanView } from './members/view.ts';
import { metricsView } from './metrics/view.ts';
import { nodeView } from './node/view.ts';
import { pulseView } from './pulse/view.ts';
import { queriesView } from './queries/view.ts';
import { raftView } from './raft/view.ts';
import { instanceView, serviceView } from './service/view.ts';
import { servicesView } from './services/view.ts';
import { sessionsView } from './sessions/view.ts';
import { timelineView } from './timeline/view.ts';
import type { ViewDefinition } from './view.ts';

export const views: readonly ViewDefinition[] = [
  pulseView,
  membersView,
  servicesView,
  kvView,
  sessionsView,
  raftView,
  metricsView,
  logsView,
  mapView,
  checksView,
  timelineView,
  intentionsView,
  eventsView,
  queriesView,
  configView,
  aclView,
  wanView,
  nodeView,
  serviceView,
  instanceView,
];
