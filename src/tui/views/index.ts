/** The views in the order of their numbers; a new one is a folder and a line here. */
import { checksView } from './checks/view.ts';
import { kvView } from './kv/view.ts';
import { logsView } from './logs/view.ts';
import { membersView, wanView } from './members/view.ts';
import { nodeView } from './node/view.ts';
import { pulseView } from './pulse/view.ts';
import { instanceView, serviceView } from './service/view.ts';
import { servicesView } from './services/view.ts';
import { sessionsView } from './sessions/view.ts';
import type { ViewDefinition } from './view.ts';

export const views: readonly ViewDefinition[] = [
  pulseView,
  membersView,
  servicesView,
  kvView,
  sessionsView,
  logsView,
  checksView,
  wanView,
  nodeView,
  serviceView,
  instanceView,
];
