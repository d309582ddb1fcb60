/** Every route of the API. What is not here is answered with 404. */
import type { Route } from './api.ts';
import { kvRoutes } from './kv.ts';
import { statusRoutes } from './status.ts';

export const routes: readonly Route[] = [...kvRoutes, ...statusRoutes];
