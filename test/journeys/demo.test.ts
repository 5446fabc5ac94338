/** `carenet demo` keeps its promises, twice in a row: what it changes it puts back. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { demonstrate, stories } from '../../bin/demo.ts'
import { seededCast } from '../../bin/demo/cast.ts'
import { eachNetwork } from '../support/sandbox.ts'

eachNetwork(
  'the demonstration of the stories',
  (network) => {
    test.each(['the first time', 'again'])('%s every promise of every story is kept', async () => {
      const lines: string[] = []
      const broken = await demonstrate({
        base: network().url,
        // written by `prepareFolder` in the shape that `carenet token` reads
        key: JSON.parse(readFileSync(join(network().dataDir, 'sandbox', 'cli.json'), 'utf8')),
        plays: stories.map((story) => ({ story, cast: seededCast(story.number) })),
        print: (line) => lines.push(line),
      })
      expect(lines.filter((line) => line.includes('BROKEN'))).toEqual([])
      expect([broken, lines.at(-1)]).toEqual([0, '8 stories told, every promise kept'])
      expect(lines.join('\n')).not.toMatch(/\d{6}-?[1-8]\d{6}/)
    })
  },
  { isSameOnBoth: true },
)
