/**
 * `carenet demo`: walks through the stories of the running sandbox as a newcomer would, over its public HTTP alone, and says what it does and
 * what came back. Exit 0 only when every promise was kept. What it changes it puts back, so that it can be run again.
 */
import { Command, InvalidArgumentError } from 'commander'
import { chosenCast, generatedCasts, numbersOf, seededCast, type Cast } from './demo/cast.ts'
import { childAndGuardian, networkConsent } from './demo/consented.ts'
import { breakGlass } from './demo/emergency.ts'
import { namesakes } from './demo/namesakes.ts'
import { deniesPsychiatry, deniesTertiary, directedOnly, noConsent } from './demo/refused.ts'
import { stageOf, type Line, type Story } from './demo/stage.ts'
import { visitor, type Emergency, type Visitor } from './demo/visitor.ts'
import type { SandboxKey } from './sandbox/client.ts'
import { populationDay } from './sandbox/generated.ts'
import { exitCodeOf } from './arguments.ts'
import { readKey, reasonOf } from './token.ts'

export const stories: readonly Story[] = [
  networkConsent,
  noConsent,
  deniesTertiary,
  deniesPsychiatry,
  childAndGuardian,
  directedOnly,
  namesakes,
  breakGlass,
]

export interface Demonstration {
  /** the gateway, without `/fhir/R4` */
  readonly base: string
  readonly key: SandboxKey
  readonly plays: readonly { readonly story: Story; readonly cast: Cast }[]
  readonly print: (line: string) => void
}

/** Tells the stories one after another; resolves to the number of promises that were not kept. Throws when the gateway does not answer. */
export async function demonstrate({ base, key, plays, print }: Demonstration): Promise<number> {
  const known = new Map<string, Promise<Visitor>>()
  const as = (name: string, emergency?: Emergency): Promise<Visitor> => {
    if (emergency !== undefined) return visitor(base, key, name, emergency)
    const asked = known.get(name) ?? visitor(base, key, name)
    known.set(name, asked)
    return asked
  }
  let broken = 0
  for (const { story, cast } of plays) {
    const people = [cast.patient, ...(cast.other === undefined ? [] : [cast.other])]
    print(`story ${story.number}: ${story.title} — ${people.map((player) => `${player.name} (${numbersOf(player)})`).join(', ')}`)
    const stage = stageOf({ cast, as, write: (line) => print(textOf(line)) })
    await story.play(stage)
    broken += stage.broken()
    print('')
  }
  const told = `${plays.length} ${plays.length === 1 ? 'story' : 'stories'} told`
  print(broken === 0 ? `${told}, every promise kept` : `${told}, ${broken} promise${broken === 1 ? '' : 's'} broken`)
  return broken
}

const marks: Readonly<Record<Line['kind'], string>> = { step: '  ', shows: '    → ', kept: '    ok    ', broken: '    BROKEN ' }

function textOf({ kind, text }: Line): string {
  return marks[kind] + text
}

interface DemoOptions {
  readonly list?: true
  readonly person?: number
  readonly population?: true
}

/** `args`: what follows `carenet demo`. Resolves to the exit code. */
export async function demoCommand(args: readonly string[]): Promise<number> {
  const command = describe()
  const ended = exitCodeOf(command, args)
  if (ended !== undefined) return ended
  const options = command.opts<DemoOptions>()
  if (options.list === true) {
    for (const { number, title } of stories) console.log(`${number}  ${title}`)
    return 0
  }
  // the one argument, as `storyNumber` read it; undefined when nothing was said
  const numbers = (command.processedArgs[0] as readonly number[] | undefined) ?? []
  // A reader who has seen enough (`| head`) must not end the story between a withdrawal and the new signature.
  process.stdout.on('error', () => undefined)
  try {
    const key = readKey()
    const base = key.tokenEndpoint.replace(/\/oauth\/token$/, '')
    const plays = playsOf(numbers, options)
    return (await demonstrate({ base, key, plays, print: (line) => console.log(line) })) === 0 ? 0 : 1
  } catch (thrown) {
    console.error(`carenet demo: ${reasonOf(thrown)}`)
    return 1
  }
}

/** Seeded people, or generated ones of the same stories. Throws when nobody, or not this person, plays what is asked for. */
function playsOf(numbers: readonly number[], { person, population }: DemoOptions): Demonstration['plays'] {
  const wanted = stories.filter(({ number }) => numbers.length === 0 || numbers.includes(number))
  if (person === undefined && population !== true) return wanted.map((story) => ({ story, cast: seededCast(story.number) }))
  if (person !== undefined && person <= 9) {
    const own = wanted.filter(({ number }) => number === (person === 8 ? 7 : person))
    if (own.length === 0) throw new Error(`person ${person} plays another story, see --list`)
    return own.map((story) => ({ story, cast: seededCast(story.number) }))
  }
  const casts = generatedCasts(populationDay())
  if (person === undefined) return wanted.map((story) => ({ story, cast: chosenCast(casts, story.number) }))
  const found = casts.filter(({ cast }) => cast.patient.number === person)
  const plays = wanted.flatMap((story) => found.flatMap(({ story: of, cast }) => (of === story.number ? [{ story, cast }] : [])))
  if (plays.length === 0) throw new Error(`person ${person} has no such story to show now; --population chooses somebody who has`)
  return plays
}

function describe(): Command {
  return new Command('carenet demo')
    .description('walks through the stories of the running sandbox; exit 0 only when every promise was kept')
    .argument('[story...]', 'numbers of stories (default: all)', storyNumber)
    .option('--list', 'names the stories and does nothing')
    .option('--population', 'with generated people (the sandbox was started with --population, and all have arrived)')
    .option('--person <id>', 'the story of this person, e.g. 1042 or patient-1042', personNumber)
    .exitOverride()
}

function storyNumber(text: string, before: readonly number[] = []): readonly number[] {
  // 8 is told with 7
  const number = text === '8' ? 7 : Number(text)
  if (!stories.some((story) => story.number === number)) throw new InvalidArgumentError('stories are 1 to 9')
  return [...before, number]
}

function personNumber(text: string): number {
  const number = /^(?:patient-)?(\d+)$/.exec(text)?.[1]
  if (number === undefined) throw new InvalidArgumentError('a number, or patient- and a number')
  return Number(number)
}
