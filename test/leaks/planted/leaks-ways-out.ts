/** Broken builds of the ways out that reach over many records: compartments, feeds, exports. */
import type { PlantedLeak } from './leaks.ts'

const passes = 'const passed = contents.filter(isShown)'
const passesIf = (condition: string): string => `const passed = contents.filter((content) => ${condition} || isShown(content))`
/** What judging would have let through, unjudged. */
const asItIs =
  'contents.map((content) => ({ type: content.facts.type, id: content.facts.id, version: content.version, updatedMs: content.updatedMs, custodian: content.facts.custodian, person: content.facts.person, text: content.peopleText }))'

export const waysOut: readonly PlantedLeak[] = [
  {
    name: 'compartment-ungated',
    about: 'a search in the compartment of a person is not judged',
    by: ['compartment-type', 'compartment-whole', 'compartment'],
    patches: [
      {
        file: 'interactions/search.ts',
        find: 'const views = await viewsFor(context, call, { type, persons, sight })',
        put: "const judgedViews = await viewsFor(context, call, { type, persons, sight })\n  const opened = judgedViews.groups.map((group) => ({ ...group, condition: { op: 'true' } as const }))\n  const views = scope.path.startsWith('Patient/') ? { ...judgedViews, groups: opened } : judgedViews",
      },
      { file: 'judged.ts', find: passes, put: passesIf('/^Patient.[^/$]+.[A-Z*]/.test(call.path)') },
    ],
  },
  {
    name: 'feed-without-the-view',
    about: 'the history of a type is read without the view and shown as it is',
    by: ['feed', 'type-history'],
    patches: [
      { file: 'store/versions.ts', find: 'const view = toSql(ask.condition, facts, add)', put: "const view = 'true'" },
      { file: 'judged.ts', find: passes, put: passesIf('/^[A-Z][A-Za-z]+._history$/.test(call.path)') },
    ],
  },
  {
    name: 'export-unjudged',
    about: 'an export is written of everybody’s records, and its files are not judged when they are downloaded',
    by: ['export'],
    patches: [
      { file: 'store/exports.ts', find: '...(job.isOwnOnly ? [`r.institution = ${add(job.institution)}`] : []),', put: '' },
      { file: 'store/exports.ts', find: "visibleSql(ask, 'r', add)].join", put: "'true'].join" },
      {
        file: 'release-export.ts',
        find: 'const parts = await judge(context, call, input.sight, contents)',
        put: `const parts = ${asItIs}`,
      },
    ],
  },
  {
    name: 'export-judged-once',
    about: 'an export is judged when it is written and not again when its files are downloaded',
    by: ['export-refused-since'],
    patches: [
      {
        file: 'release-export.ts',
        find: 'const parts = await judge(context, call, input.sight, contents)',
        put: `const parts = ${asItIs}`,
      },
    ],
  },
  {
    name: 'elements-kept',
    about: 'an element that is more sensitive than its record goes out with it',
    by: ['place-naming'],
    patches: [
      {
        file: 'redaction.ts',
        find: 'const refused = content.elements.filter((element) =>',
        put: "const refused = content.elements.filter((element) => element.path === '' &&",
      },
    ],
  },
  {
    name: 'places-of-the-past',
    about: 'an earlier version is judged without the sensitive places it names',
    by: ['place-naming'],
    patches: [
      {
        file: 'redaction.ts',
        find: 'labelledElements(resource, departments, isAbout ? { places, bases } : undefined)',
        put: 'labelledElements(resource, departments)',
      },
      { file: 'redaction.ts', find: '[...bases, ...places.named(left)]', put: 'bases' },
    ],
  },
]
