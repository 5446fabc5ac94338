/** Records of one institution put straight into a store, as intake would index them, and found by what a system asks: no HTTP. */
import { parseJson } from '../../../fhir-profiles/json.ts'
import { isResource } from '../../../fhir-profiles/validate/validate.ts'
import type { Call, Context } from '../../../gateway/context.ts'
import { open } from '../../../gateway/held.ts'
import { prepare } from '../../../gateway/prepare.ts'
import { parseSearch, scopeOf } from '../../../gateway/search-request.ts'
import type { Views } from '../../../gateway/store/search.ts'
import { keyText } from '../../../gateway/logic/record-key.ts'

export const institution = 'clinic'

/** A search by the institution's own system: of the query only. */
export function callOf(query: readonly (readonly [string, string])[]): Call {
  return {
    requestId: '',
    method: 'GET',
    path: '',
    params: {},
    query,
    body: { kind: 'none' },
    ifMatch: '',
    ifNoneMatch: '',
    ifNoneExist: '',
    ifModifiedSince: '',
    prefer: '',
    address: '',
    admission: { jti: () => undefined, seen: () => {}, required: () => Promise.resolve() },
    caller: {
      subject: 'clinic-system',
      name: '',
      role: 'system',
      institution,
      departments: [],
      practitioner: '',
      person: '',
      purposes: ['TREAT'],
      scopes: ['system/*.cruds'],
      breakGlass: { kind: 'none' },
      jti: '',
      clientId: '',
    },
  }
}

export const ownViews: Views = {
  guarded: [],
  isSystem: true,
  groups: [{ of: { but: [] }, condition: { op: 'custodian', is: institution }, party: institution, onlyParty: undefined }],
}

/** Written in the order given, one millisecond apart. */
export async function index(
  context: Context,
  resources: readonly object[],
  { startMs = 1_767_225_600_000, person = null }: { startMs?: number; person?: string | null } = {},
): Promise<void> {
  const { store } = context
  const read = resources.map((resource) => {
    const parsed = parseJson(JSON.stringify(resource), { maxDepth: 60, maxBytes: 1_000_000 })
    if (!parsed.ok || !isResource(parsed.value)) throw new TypeError('a test resource is not one')
    return parsed.value
  })
  await store.transaction(async (tables) => {
    const keys = read.map((resource) => ({ institution, type: resource.resourceType, localId: resource.id ?? '' }))
    const ids = new Map((await tables.records.networkIds(keys, () => context.newId())).entries())
    const idOf = (type: string, localId: string): string | undefined => ids.get(keyText({ institution, type, local_id: localId }))
    const prepared = read.map((resource, at) =>
      prepare({
        resource,
        institution,
        localId: resource.id ?? '',
        id: idOf(resource.resourceType, resource.id ?? '') ?? '',
        version: 1,
        updatedMs: startMs + at,
        isNetworkForm: false,
        networkIdOf: idOf,
        person,
        custodianKeys: [],
        encounterSources: [],
        parties: [],
        source: 'urn:test',
        timeZone: context.config.timeZone,
      }),
    )
    await tables.records.write(
      prepared.map(({ row }) => row),
      prepared.flatMap((each) => each.index),
    )
  })
}

/** Local ids in the order found. */
export async function find(
  context: Context,
  type: string,
  query: readonly (readonly [string, string])[],
  views: Views = ownViews,
): Promise<readonly string[]> {
  const request = await parseSearch(context, callOf(query), scopeOf(type))
  const { clauses, sort, limit, countTo } = request
  const found = await context.store.search({ types: [type], views, clauses, sort, limit, after: request.place, countTo })
  return found.held.map((held) => open(held).localId)
}
