/** Store and adapters with a span around what takes time; what they do is unchanged. */
import type { EmrAdapter } from '../adapters/contract.ts'
import type { Store } from './store/store.ts'
import { inSpan, inSpanned, inTrace } from './trace.ts'

export function tracedStore(store: Store): Store {
  return {
    ...store,
    transaction: (work) => inSpan('store.transaction', {}, () => store.transaction(work)),
    snapshot: (work) => inSpan('store.snapshot', {}, () => store.snapshot(work)),
  }
}

/** What an EMR sends by itself begins a trace; a referral it brings carries that trace to the receiver. */
export function tracedAdapter(institution: string, adapter: EmrAdapter): EmrAdapter {
  const about = { institution, kind: adapter.description.kind }
  const listen = adapter.listen?.bind(adapter)
  const replay = adapter.replay?.bind(adapter)
  return {
    description: adapter.description,
    check: (signal) => inSpan('adapter.check', about, () => adapter.check(signal)),
    fetch: (query, signal) => inSpanned('adapter.fetch', about, adapter.fetch(query, signal)),
    deliver: (parcel, signal) => inSpan('adapter.deliver', about, () => adapter.deliver(parcel, signal)),
    ...(listen === undefined
      ? {}
      : {
          listen: (take, signal, refuse) => listen((parcel) => inTrace({ ...incoming }, about, () => take(parcel)), signal, refuse),
        }),
    ...(replay === undefined ? {} : { replay: (raw, take) => inSpan('adapter.replay', about, () => replay(raw, take)) }),
    close: () => adapter.close(),
  }
}

const incoming = { name: 'adapter.take', kind: 'consumer', traceparent: undefined, tracestate: undefined, requestId: '' } as const
