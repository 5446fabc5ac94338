/**
 * Builds of the gateway that are known to leak, as replacements in its source. The kit must find each of them. A text that is no longer in its
 * file fails the test: move the plant, never drop it.
 */
import { waysOut } from './leaks-ways-out.ts'

export interface PlantedLeak {
  readonly name: string
  readonly about: string
  /** ids of the attacks that must catch it */
  readonly by: readonly string[]
  readonly patches: readonly Patch[]
}

export interface Patch {
  /** under gateway/ */
  readonly file: string
  readonly find: string
  readonly put: string
}

/** What judging would have let through, unjudged. */
const unjudged = (contents: string): string =>
  `${contents}.map((content) => ({ type: content.facts.type, id: content.facts.id, networkId: content.facts.id, version: content.version, updatedMs: content.updatedMs, custodian: content.facts.custodian, person: content.facts.person, text: content.peopleText }))`

const judgesRecords = `await judge(
    context,
    call,
    sight,
    [...records.values()].map((content) => ({ ...content, deleted: false })),
  )`
const judgesVersions = 'await judge(context, call, sight, past)'
/** `asked`: whether this request is of the kind that is not judged */
const versionsUnjudged = (asked: string): readonly Patch[] => [
  { file: 'release-history.ts', find: judgesRecords, put: `${asked} ? ${unjudged('[...records.values()]')} : ${judgesRecords}` },
  { file: 'release-history.ts', find: judgesVersions, put: `${asked} ? ${unjudged('past')} : ${judgesVersions}` },
]
/** a statement's text with its view taken out */
const unseen = (text: string, at: string): string =>
  `${text}.replace(visible(make, ${at}), () => \`(r.type = '\${(${at}).types[0]}' and not r.deleted)\`)`
const counts = '`select count(*)::int as total from (select 1 from ${of} m limit ${make.add(countTo + 1)}) n`'
const countsUnseen = (isOf: string): Patch => ({
  file: 'store/search.ts',
  find: counts,
  put: counts.replace('${of}', `\${hits.startsWith('${isOf}') ? \`(\${${unseen('hits', "{ alias: 'r', types: input.types }")}})\` : of}`),
})
const passes = 'const passed = contents.filter(isShown)'
const passesIf = (condition: string): string => `const passed = contents.filter((content) => ${condition} || isShown(content))`

export const plantedLeaks: readonly PlantedLeak[] = [
  {
    name: 'total-of-the-store',
    about: 'the total of a search counts what the view hides',
    by: ['counts', 'membership', 'post-search'],
    patches: [countsUnseen('select r.shard')],
  },
  {
    name: 'filter-after-the-page',
    about: 'a page is cut before the view filters it, though its total is right',
    by: ['page-arithmetic'],
    patches: [
      {
        file: 'store/search.ts',
        find: 'const page = `select * from ${of} q',
        put: `const page = \`select * from \${hits.startsWith('select r.shard') ? \`(\${${unseen('hits', "{ alias: 'r', types: input.types }")}})\` : of} q`,
      },
    ],
  },
  {
    name: 'persons-counted-unseen',
    about: 'the total of a person search counts persons of whom nothing is visible',
    by: ['counts', 'page-link', 'match'],
    patches: [countsUnseen('select distinct')],
  },
  {
    name: 'vread-unjudged',
    about: 'a version is read by its id without judging the record',
    by: ['vread'],
    patches: versionsUnjudged("call.params['version'] !== undefined"),
  },
  {
    name: 'history-unjudged',
    about: 'the history of a record is shown without judging it',
    by: ['history'],
    patches: versionsUnjudged("call.path.endsWith('/_history')"),
  },
  {
    name: 'gone-tells',
    about: 'a deleted record answers 410 to whom it was never visible',
    by: ['hidden-or-missing', 'conditions'],
    patches: [
      {
        file: 'release.ts',
        find: 'const last = content?.deleted === true ? parts : []',
        put: 'const last = content?.deleted === true ? [content] : []',
      },
    ],
  },
  {
    name: 'forbidden-not-missing',
    about: 'a hidden record answers 403 where a missing one answers 404',
    by: ['hidden-or-missing', 'spellings'],
    patches: [
      {
        file: 'release.ts',
        find: "    if (last.length > 0) throw new Problem('gone'",
        put: "    if (content !== undefined && last.length === 0) throw new Problem('forbidden', 'refused by consent')\n    if (last.length > 0) throw new Problem('gone'",
      },
    ],
  },
  {
    name: 'references-kept',
    about: 'a visible record goes on naming the refused records it points at',
    by: ['reference-words', 'narrative', 'elements'],
    patches: [
      {
        file: 'redaction.ts',
        find: 'const isLed = (id: string): Lead => leadsOf(id, content)',
        put: "const isLed = (id: string): Lead => (leadsOf(id, content), 'yes')",
      },
    ],
  },
  {
    name: 'display-kept',
    about: 'a reference to a refused record goes, its display stays',
    by: ['reference-words', 'narrative'],
    patches: [
      {
        file: 'redaction.ts',
        find: 'without(redact(resource, paths), refersTo(isHidden))',
        put: "without(redact(resource, paths), ({ path, value }) => path.endsWith('.reference') && refersTo(isHidden)({ path: '', value: { reference: value } }))",
      },
    ],
  },
  {
    name: 'narrative-kept',
    about: 'narrative stays on a record from which a refused reference was taken',
    by: ['narrative', 'reference-words'],
    patches: [
      {
        file: 'redaction.ts',
        find: 'peopleText: octetsOf(stringifyExact(left))',
        put: "peopleText: octetsOf(stringifyExact('text' in resource ? { ...left, text: resource.text } : left))",
      },
      // another house's narrative is dropped whatever it says: only without that does the first one show
      { file: 'spelling.ts', find: 'isAtHome(spelling.house, content) ? text : withoutNarrative(text)', put: 'text' },
    ],
  },
  {
    name: 'search-by-hidden-reference',
    about: 'a record is found by the refused record it points at',
    by: ['reference-search', 'missing-and-not'],
    patches: [
      {
        file: 'store/search-view.ts',
        find: "if (pointer === undefined || at.types.every((type) => type === 'Consent')) return [labelled]",
        put: "if (at.alias !== '') return [labelled]",
      },
    ],
  },
  {
    name: 'has-through-hidden',
    about: 'a person is found by a hidden record that points at them (_has)',
    by: ['has-chain'],
    patches: [
      {
        file: 'store/search-sql.ts',
        find: 'and ${visible(make, from)} and ${clauseSql(make, from, clause)}',
        put: "and ${from.alias}.type = '${type}' and ${clauseSql(make, from, clause)}",
      },
    ],
  },
  {
    name: 'page-link-unbound',
    about: 'a page link works for whoever presents it',
    by: ['page-link'],
    patches: [
      {
        file: 'sealed.ts',
        find: 'return Buffer.from(`${caller.subject}\\n${caller.institution}\\n${caller.role}`)',
        put: "return Buffer.from(caller.role === '' ? '' : 'anybody')",
      },
    ],
  },
  {
    name: 'post-search-ungated',
    about: 'search by POST is not judged',
    by: ['post-search'],
    patches: [
      {
        file: 'interactions/search.ts',
        find: 'const views = await viewsFor(context, call, { type, persons, sight })',
        put: "const judgedViews = await viewsFor(context, call, { type, persons, sight })\n  const opened = judgedViews.groups.map((group) => ({ ...group, condition: { op: 'true' } as const }))\n  const views = call.method === 'POST' ? { ...judgedViews, groups: opened } : judgedViews",
      },
      { file: 'judged.ts', find: passes, put: passesIf("call.path.endsWith('/_search')") },
    ],
  },
  {
    name: 'batch-ungated',
    about: 'entries of a batch are not judged',
    by: ['batch'],
    patches: [
      {
        file: 'interactions/entries.ts',
        find: '  return {\n    ...call,\n    method,',
        put: "  return {\n    ...call,\n    requestId: 'batched',\n    method,",
      },
      { file: 'judged.ts', find: passes, put: passesIf("call.requestId === 'batched'") },
    ],
  },
  {
    name: 'summary-before-the-view',
    about: '$summary reads a bounded number of records and judge them then',
    by: ['everything', 'reference-words'],
    patches: [
      { file: 'operations/summary.ts', find: 'condition: sight.condition,', put: "condition: { op: 'true' }," },
      { file: 'operations/summary.ts', find: 'const maxStored = 5_000', put: 'const maxStored = 8' },
    ],
  },
  {
    name: 'summary-confirms-persons',
    about: '$summary answers an empty document for a person the caller has nothing to do with',
    by: ['everything'],
    patches: [
      {
        file: 'release-person.ts',
        find: 'if (parts.length === 0 && input.mustHave) {',
        put: 'if (parts.length === 0 && input.person === "") {',
      },
    ],
  },
  {
    name: 'everything-unjudged',
    about: '$everything shows what it was given',
    by: ['everything'],
    patches: [
      {
        file: 'operations/everything.ts',
        find: 'after, limit: limit + 1, condition, party })',
        put: "after, limit: limit + 1, condition: { op: 'true' }, party })",
      },
      {
        file: 'release-everything.ts',
        find: 'const { parts, standing } = await judgeRested(context, call, sight, asked.flat())',
        put: `const [parts, standing] = [${unjudged('asked.flat()')}, undefined]`,
      },
    ],
  },
  {
    name: 'match-tells-hidden-persons',
    about: '$match grades patients of other institutions',
    by: ['match'],
    patches: [
      { file: 'operations/match.ts', find: 'institution: call.caller.institution,', put: '' },
      {
        file: 'release-person.ts',
        find: 'const parts = await judge(context, call, input.sight, input.held.map(open))\n  const own = parts.filter((part) => part.custodian === call.caller.institution)',
        put: `const own = ${unjudged('input.held.map(open)')}`,
      },
    ],
  },
  {
    name: 'audit-of-others',
    about: 'a patient reads the audit log about somebody else',
    by: ['audit-log'],
    patches: [
      {
        file: 'interactions/search-public.ts',
        find: 'asked.persons.filter((person) => !isOwnOnly || own.includes(person))',
        put: 'asked.persons',
      },
    ],
  },
  {
    name: 'fault-on-hidden',
    about: 'a hidden record is a fault where a missing one is not found',
    by: ['hidden-or-missing'],
    patches: [
      {
        file: 'release.ts',
        find: '  if (part === undefined || content?.deleted === true) {\n    await record',
        put: "  if (part === undefined || content?.deleted === true) {\n    if (content?.deleted === false) throw new TypeError('refused')\n    await record",
      },
    ],
  },
  ...waysOut,
]

/** The patched source. Throws when a text is not there exactly once. */
export function planted(leak: PlantedLeak, file: string, source: string): string {
  return leak.patches
    .filter((patch) => patch.file === file)
    .reduce((text, { find, put }) => {
      const places = text.split(find).length - 1
      if (places !== 1) throw new Error(`planted leak \`${leak.name}\`: its text stands ${places} times in gateway/${file}, not once`)
      return text.replace(find, () => put)
    }, source)
}
