/** Prints what the generator makes of a day and a seed, as three hashes: people with their year of care, agreements, and the visits alone. */
import { createHash } from 'node:crypto'
import { agreements } from '../../../adapters/sandbox/population/agreements.ts'
import { population } from '../../../adapters/sandbox/population/population.ts'

const [asOf = '', seed = '0'] = process.argv.slice(2)
const people = population(asOf, Number(seed))
const hash = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex')
const visits = people.flatMap((person) => person.visits)
console.log([people, agreements(people, asOf, Number(seed)), visits].map(hash).join(' '))
