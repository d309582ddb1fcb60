/** `/v1/txn`: several operations as one. */

import { goQuote } from '../../lib/go-format.ts';
import { decodeJson } from '../../structs/json-decode.ts';
import { TxnReadResponse, TxnResponse } from '../../structs/txn.ts';
import { type TxnOpBody, TxnOpsBody } from '../../structs/txn-ops.ts';
import { BadRequest } from '../errors.ts';
import { type HttpAnswer, json } from './answer.ts';
import type { Api, Route } from './api.ts';
import type { ApiRequest } from './api-request.ts';
import { refusing } from './decode-body.ts';
import { readOptions, writeOptions } from './query-options.ts';
import { isWrite, toTxnOp } from './txn-ops.ts';

export const txnRoutes: readonly Route[] = [{ path: '/v1/txn', methods: ['PUT'], handler: txn }];

const maxOperations = 64;

async function txn(request: ApiRequest, api: Api): Promise<HttpAnswer> {
  const { txnMaxReqLen, kvMaxValueSize } = api.config.limits;
  const body = await request.readBody(Math.max(txnMaxReqLen, kvMaxValueSize), 'txn_max_req_len');
  const wanted = refusing('Failed to parse body', () => decodeJson(TxnOpsBody, body)) ?? [];
  refuseTooLarge(wanted, kvMaxValueSize);
  const Ops = wanted.map((op) => toTxnOp(op, api.config.datacenter)).filter((op) => op !== null);
  const { layout } = request;
  if (wanted.some(isWrite)) {
    const { reply } = await api.rpc.call('Txn.Apply', { ...writeOptions(request, api), Ops });
    return json(TxnResponse, reply, layout, statusOf(reply));
  }
  const { reply, meta } = await api.rpc.call('Txn.Read', { ...readOptions(request, api), Ops });
  const shown = { ...reply, KnownLeader: meta.KnownLeader, LastContact: meta.LastContact };
  const answer = json(TxnReadResponse, shown, layout, statusOf(reply));
  const freshness = [
    'X-Consul-Knownleader',
    String(meta.KnownLeader),
    'X-Consul-Lastcontact',
    String(Math.floor(meta.LastContact / 1e6)),
  ];
  return { ...answer, headers: [...answer.headers, ...freshness] };
}

function refuseTooLarge(ops: readonly TxnOpBody[], maxValueBytes: number): void {
  if (ops.length > maxOperations) {
    throw new BadRequest(`Transaction contains too many operations (${ops.length} > ${maxOperations})`, 413);
  }
  for (const { KV } of ops) {
    const sizeBytes = KV?.Value?.length ?? 0;
    if (sizeBytes > maxValueBytes) {
      const key = goQuote(KV!.Key);
      throw new BadRequest(`Value for key ${key} is too large (${sizeBytes} > ${maxValueBytes} bytes)`, 413);
    }
  }
}

const statusOf = (reply: TxnResponse): number => (reply.Errors !== null && reply.Errors.length > 0 ? 409 : 200);
