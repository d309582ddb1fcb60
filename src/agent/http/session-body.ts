/** The body of session/create: a Session on top of the defaults of a new one. */
import { JsonNumber, JsonObject, parseFirst } from '../../lib/go-json/index.ts';
import { decodeJsonValue } from '../../structs/json-decode.ts';
import { make } from '../../structs/make.ts';
import { Session } from '../../structs/session.ts';
import { refusing } from './decode-body.ts';

const defaultLockDelayNs = 15e9;
/** Numbers below this are meant as seconds. */
const nanosecondsFrom = 1000;

/** A session of this node that lives as long as the node does. Throws BadRequest. */
export function decodeSession(body: Buffer, nodeName: string): Session {
  const defaults = make(Session, {
    Node: nodeName,
    NodeChecks: ['serfHealth'],
    LockDelay: defaultLockDelayNs,
    Behavior: 'release',
  });
  if (body.length === 0) return defaults;
  return refusing('Request decode failed', () => {
    const document = parseFirst(body);
    const session = decodeJsonValue(Session, document, { unknownFields: 'ignore' });
    session.ID = '';
    session.Node ||= defaults.Node;
    session.Behavior ||= defaults.Behavior;
    // `Checks` is what node checks were called once.
    if (session.Checks !== null) session.NodeChecks = [...new Set([...(session.NodeChecks ?? []), ...session.Checks])];
    session.Checks = null;
    session.NodeChecks ??= defaults.NodeChecks;
    const delay = document instanceof JsonObject ? member(document, 'lockdelay') : undefined;
    if (delay === undefined || delay === null) session.LockDelay = defaults.LockDelay;
    else if (delay instanceof JsonNumber && session.LockDelay < nanosecondsFrom) session.LockDelay *= 1e9;
    return session;
  });
}

function member(object: JsonObject, lowerName: string): unknown {
  return object.members.findLast(([key]) => key.toLowerCase() === lowerName)?.[1];
}
