/** A reply without what two gateways may write differently. */
import type { Reply, TestGateway } from '../support/gateway-client.ts'

/** Ids by the order in which they appear, times and sealed links by a word; whatever is left must be equal. */
export function masked(
  gateway: Pick<TestGateway, 'url'>,
  reply: Reply | undefined,
): { status: number | undefined; headers: object; text: string } {
  const ids = new Map<string, string>()
  const words = (text: string): string =>
    text
      .replaceAll(gateway.url, 'BASE')
      .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, (id) => {
        ids.set(id, ids.get(id) ?? `id-${ids.size}`)
        return ids.get(id) ?? ''
      })
      .replaceAll(/_page=[\w-]+/g, '_page=sealed')
      .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z|\w{3}, \d\d \w{3} \d{4} [\d:]+ GMT/g, 'TIME')
      .replaceAll(/(versionId":"|W\/")[\w-]{22}"/g, '$1hash"')
  const headers = [...(reply?.headers ?? [])].filter(([name]) => !['date', 'x-request-id', 'content-length'].includes(name))
  const text = words(reply?.text ?? '')
  return { status: reply?.status, headers: Object.fromEntries(headers.map(([name, value]) => [name, words(value)])), text }
}
