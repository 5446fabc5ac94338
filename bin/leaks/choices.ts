/** Turns the words in braces of an attack into values: the same choice for both stores, each in its own ids. */
import { system } from '../../fhir-profiles/codes.ts'
import type { Attack } from './attacks.ts'
import type { Random } from './random.ts'
import { patientResource, birthOf, localIdOf, nameOf, numberSystem, type World, type WorldPerson, type WorldRecord } from './world.ts'
import { nameSystem, type Json } from './world-records.ts'
import { consentOf } from './world-consent.ts'
import type { Ask } from './server.ts'

/** A text per store: `here` is the one that holds what is refused. */
export interface Twin {
  readonly here: string
  readonly there: string
}

export interface TwinIds {
  readonly world: World
  readonly here: ReadonlyMap<string, string>
  readonly there: ReadonlyMap<string, string>
}

export interface TwinAsk {
  readonly as: string
  readonly here: Ask
  readonly there: Ask
}

/** One request of an attack, seeded. `as`: who of those it names is able to ask on both servers. */
export function chosen(random: Random, attack: Attack, as: string, ids: TwinIds): TwinAsk {
  const template = random.pick(attack.requests)
  const text = filled(random, template, ids)
  return { as, here: askOf(as, text.here), there: askOf(as, text.there) }
}

function askOf(as: string, text: string): Ask {
  const [head = '', ...body] = text.split('\n\n')
  const [line = '', ...headers] = head.split('\n')
  const space = line.indexOf(' ')
  return {
    as,
    method: line.slice(0, space),
    path: encodeURI(line.slice(space + 1)).replaceAll('%25', '%'),
    headers: Object.fromEntries(headers.map((header) => [header.split(':')[0]?.toLowerCase() ?? '', header.replace(/^[^:]*: /, '')])),
    ...(body.length === 0 ? {} : { body: body.join('\n\n') }),
  }
}

/** Innermost words first, so that a word may stand within another. */
function filled(random: Random, template: string, ids: TwinIds): Twin {
  let [here, there] = [template, template]
  const chosenFrom: Chosen = { person: undefined }
  for (;;) {
    const word = /\{([a-z-]+(?::[^{}"]*)?)\}/.exec(here)
    const same = /\{([a-z-]+(?::[^{}"]*)?)\}/.exec(there)
    if (word === null || same === null) return { here, there }
    const value = valueOf(random, [word[1] ?? '', same[1] ?? ''], ids, chosenFrom)
    here = here.slice(0, word.index) + value.here + here.slice(word.index + word[0].length)
    there = there.slice(0, same.index) + value.there + there.slice(same.index + same[0].length)
  }
}

/** Whose record was named last: a search for it is about that person. */
interface Chosen {
  person: string | undefined
}

function valueOf(random: Random, [word, same]: readonly [string, string], ids: TwinIds, memory: Chosen): Twin {
  const [kind = '', ...rest] = word.split(':')
  const both = (text: string): Twin => ({ here: text, there: text })
  const { world } = ids
  const idOf = (name: string): Twin => ({ here: ids.here.get(name) ?? '', there: ids.there.get(name) ?? '' })
  const record = (from: readonly WorldRecord[]): Twin => {
    const one = random.pick(from)
    memory.person = one.person
    return idOf(one.name)
  }
  const someone = (): WorldPerson => random.pick(world.people)
  switch (kind) {
    case 'person':
      return idOf(random.pick(world.people.filter((person) => person.at.includes(world.asking))).name)
    case 'stranger':
      return idOf(random.pick(world.people.filter((person) => !person.at.includes(world.asking))).name)
    case 'stranger-or-random':
      return both(random.uuid())
    case 'their':
      return memory.person === undefined ? both(random.uuid()) : idOf(memory.person)
    case 'hidden':
      return record(
        typed(
          rest[0],
          world.records.filter(({ isRefused }) => isRefused),
        ),
      )
    case 'visible':
      return record(
        typed(
          rest[0],
          world.records.filter(({ isRefused }) => !isRefused),
        ),
      )
    // a refused record that a visible one points at, and a visible one that does
    case 'linked': {
      const linked = new Set(world.records.flatMap(({ pointsAt }) => pointsAt))
      return record(
        typed(
          rest[0],
          nonEmpty(
            world.records.filter(({ name }) => linked.has(name)),
            world.records,
          ),
        ),
      )
    }
    case 'linking':
      return record(
        typed(
          rest[0],
          nonEmpty(
            world.records.filter(({ pointsAt }) => pointsAt.length > 0),
            world.records,
          ),
        ),
      )
    case 'any':
      return record(typed(rest[0], world.records))
    case 'upper': {
      const { here, there } = record(
        typed(
          rest[0],
          world.records.filter(({ isRefused }) => isRefused),
        ),
      )
      return { here: here.toUpperCase(), there: there.toUpperCase() }
    }
    case 'local':
      return both(
        random.pick(
          typed(
            rest[0],
            world.records.filter(({ isRefused }) => isRefused),
          ),
        ).localId,
      )
    case 'any-identifier':
      return both(`${nameSystem}|${random.pick(world.records).name}`)
    // as another record of the same institution names it beside its reference
    case 'local-identifier': {
      const { localId } = random.pick(
        typed(
          rest[0],
          world.records.filter(({ isRefused }) => isRefused),
        ),
      )
      return both(`${nameSystem}|${localId}`)
    }
    case 'number': {
      const person = someone()
      const institution = random.pick(person.at)
      return both(`${numberSystem(institution)}|${localIdOf(institution, person.number)}`)
    }
    case 'name':
      return both(nameOf(someone().number))
    case 'birth':
      return both(birthOf(someone().number))
    case 'demographics': {
      const { id: _, ...patient } = patientResource(someone(), 'clinic')
      return both(
        JSON.stringify(random.below(2) === 0 ? patient : { ...patient, identifier: [], telecom: patient['telecom'] }).replace(
          '"identifier":[],',
          '',
        ),
      )
    }
    case 'condition':
      return { here: conditionText(rest.join(':'), world), there: conditionText(same.split(':').slice(1).join(':'), world) }
    case 'observation':
      return { here: observationText(rest, world), there: observationText(same.split(':').slice(1), world) }
    case 'consent':
      return { here: consentText(rest[0]), there: consentText(same.split(':')[1]) }
    case 'place':
      return both(`${system.institutionNumber}|${world.sensitive ?? '00000000'}`)
    case 'random':
      return both(random.uuid())
    default:
      return both(plain(random, kind))
  }
}

/** Those of the type, or all where there is none of it. */
function typed(type: string | undefined, from: readonly WorldRecord[]): readonly WorldRecord[] {
  return nonEmpty(
    from.filter((record) => record.type === type),
    from,
  )
}

function nonEmpty<T>(wanted: readonly T[], others: readonly T[]): readonly T[] {
  return wanted.length === 0 ? others : wanted
}

const words: Readonly<Record<string, readonly string[]>> = {
  code: ['E11', 'F32', 'F33', 'F41', 'B20', 'B24', 'I10', 'K29', 'J45', 'Z00', '8480-6', '8462-4', '2339-0', '24323-8', 'C09AA02', 'R51'],
  date: ['2019', '2020', '2021', '2021-06', '2021-01-01', '2021-12-31', '2022', '2023-05-15', '2026-03-02', '2020-07-11'],
  prefix: ['', 'eq', 'ne', 'gt', 'lt', 'ge', 'le', 'sa', 'eb'],
  bool: ['true', 'false'],
  total: ['accurate', 'estimate', 'none'],
  summary: ['count', 'true', 'data', 'text'],
  small: ['1', '2', '3'],
  direction: ['', '-'],
  value: ['90', '120', '150'],
  version: ['1', '2', '3', '0'],
  word: ['당뇨병', 'result', 'problems', '진료의뢰서', 'c1', 'value'],
  label: ['R', 'V', 'PSY', 'HIV', 'N'],
  type: ['Condition', 'Observation', 'Encounter', 'DiagnosticReport', 'Composition', 'List', 'Binary', 'Patient,Condition'],
}

function plain(random: Random, kind: string): string {
  const from = words[kind]
  if (from === undefined) throw new TypeError(`no attack may use the word \`${kind}\``)
  return random.pick(from)
}

function ownPatient(world: World): Json {
  const person = world.people.find((each) => each.at.includes(world.asking))
  return { reference: `Patient/${localIdOf(world.asking, person?.number ?? 0)}` }
}

function conditionText(id: string, world: World): string {
  return JSON.stringify({ resourceType: 'Condition', id, code: { text: 'written by the asking institution' }, subject: ownPatient(world) })
}

function observationText([id = '', target = '']: readonly string[], world: World): string {
  const status = { status: 'final', code: { text: 'written by the asking institution' }, subject: ownPatient(world) }
  return JSON.stringify({ resourceType: 'Observation', id, ...status, hasMember: [{ reference: `Observation/${target}` }] })
}

function consentText(person: string | undefined): string {
  return JSON.stringify(consentOf('permit-all', person ?? ''))
}
