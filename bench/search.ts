/** One search statement under a doctor's real view and under a view that permits everything, on PostgreSQL. */
import { view } from '../consent/view.ts'
import type { AccessRequest, Condition } from '../consent/types.ts'
import { system } from '../fhir-profiles/codes.ts'
import type { Clause, SearchInput } from '../gateway/store/search.ts'
import { environment, nowMs } from './corpus.ts'
import { medianMicroseconds } from './measure.ts'
import type { Measured } from './report.ts'
import { openBenchStore, persons, type BenchStore } from './store.ts'

const institution = 'tertiary'
const request: AccessRequest = {
  action: 'access',
  purposes: ['TREAT'],
  institution,
  receiver: ['practitioner:tertiary-doctor', 'role:doctor', 'dept:01', 'org:tertiary', 'org:network'],
  insideReceiver: ['practitioner:tertiary-doctor', 'dept:01'],
  basis: { inHouse: true, patientRequest: { kind: 'none' }, emergency: { kind: 'none' }, statute: { kind: 'none' } },
}

/** One patient, as a clinician asks; and everybody with an open referral at once, the widest view there is. */
const searches: readonly {
  readonly what: string
  readonly key: string
  readonly of: readonly (readonly string[])[]
  readonly perRound: number
}[] = [
  { what: 'one patient', key: 'one', of: persons.map((person) => [person]), perRound: 4 },
  { what: 'twenty patients', key: 'twenty', of: chunks(persons, 20), perRound: 1 },
  { what: 'all 200 patients', key: 'all', of: [persons], perRound: 1 },
]

export async function benchSearch(): Promise<readonly Measured[]> {
  const opened = await openBenchStore()
  try {
    const measured: Measured[] = []
    for (const search of searches) measured.push(...(await compare(opened, search)))
    return measured
  } finally {
    await opened.close()
  }
}

async function compare({ store }: BenchStore, search: (typeof searches)[number]): Promise<readonly Measured[]> {
  const inputs = await Promise.all(search.of.map(async (asked) => inputOf(await conditionOf(store, asked), asked)))
  const free = search.of.map((asked) => inputOf({ op: 'true' }, asked))
  const pick = (all: readonly SearchInput[], at: number): SearchInput => all[at % all.length] ?? inputOf({ op: 'false' }, [])
  const sample = await Promise.all([pick(inputs, 0), pick(free, 0)].map((input) => store.search(input)))
  const micros = await medianMicroseconds(
    [
      { name: 'view', perRound: search.perRound, run: (at) => store.search(pick(inputs, at)) },
      { name: 'free', perRound: search.perRound, run: (at) => store.search(pick(free, at)) },
      { name: 'making', perRound: search.perRound, run: async (at) => conditionOf(store, search.of[at % search.of.length] ?? []) },
    ],
    100,
    'wall',
  )
  const of = (name: string): number => micros.get(name) ?? Number.NaN
  const [seen, all] = sample.map(({ total }) => total)
  return [
    { what: `search of ${search.what}, permit-all view (first finds ${all})`, micros: of('free') },
    {
      what: `search of ${search.what}, the doctor’s view (first finds ${seen})`,
      micros: of('view'),
      figure: of('view') / of('free'),
      unit: '× permit-all',
      atMost: 1.3,
    },
    { what: `reading the consents of ${search.what} and making the view`, micros: of('making') },
  ]
}

/** As the gateway makes it: own records and those of persons it has to do with, under their consents. */
async function conditionOf(store: BenchStore['store'], asked: readonly string[]): Promise<Condition> {
  const rows = await store.consents.provisionsOf(asked)
  const seen = view(
    request,
    Map.groupBy(rows, (row) => row.person),
    environment,
    nowMs,
  )
  const reach: Condition = {
    op: 'or',
    of: [
      { op: 'custodian', is: institution },
      { op: 'persons', anyOf: asked },
    ],
  }
  return { op: 'and', of: [reach, seen.condition] }
}

function inputOf(condition: Condition, asked: readonly string[]): SearchInput {
  const clauses: readonly Clause[] = [
    { on: 'person', anyOf: asked },
    {
      on: 'row',
      param: 'code',
      test: { kind: 'token', anyOf: [{ system: system.loinc, codes: [1, 2, 3, 4].map((number) => `code-${number}`) }] },
    },
  ]
  const sort = [{ param: 'date', descending: true }]
  return {
    types: ['Observation'],
    views: { guarded: [], isSystem: false, groups: [{ of: { but: [] }, condition, party: undefined, onlyParty: undefined }] },
    clauses,
    sort,
    limit: 20,
    after: undefined,
    countTo: 1_000,
  }
}

function chunks(values: readonly string[], size: number): readonly (readonly string[])[] {
  return Array.from({ length: Math.ceil(values.length / size) }, (_, at) => values.slice(at * size, (at + 1) * size))
}
