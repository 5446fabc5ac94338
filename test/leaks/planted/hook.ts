/** Loaded by `node --import` before a gateway: its files are read with the planted leak that PLANTED_LEAK names, and nothing else is touched. */
import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { planted, plantedLeaks } from './leaks.ts'

const name = process.env['PLANTED_LEAK'] ?? ''
const leak = plantedLeaks.find((each) => each.name === name)
if (leak === undefined && name !== '') throw new Error(`there is no planted leak \`${name}\``)
const folder = new URL('../../../gateway/', import.meta.url).href

registerHooks({
  load(url, context, next) {
    const loaded = next(url, context)
    if (leak === undefined || !url.startsWith(folder)) return loaded
    const file = url.slice(folder.length)
    if (!leak.patches.some((patch) => patch.file === file)) return loaded
    const source = readFileSync(new URL(url), 'utf8')
    console.log(`planted ${file}`)
    return { ...loaded, source: planted(leak, file, source) }
  },
})
