/** Where `?filter=` expressions take hold. Until they can be evaluated, one that would change the answer is refused. */
import { RpcError } from '../../errors.ts';

export function refuseFilter(args: { readonly Filter?: string }): void {
  if (args.Filter) throw new RpcError('Filter expressions are not supported yet');
}
