import { afterEach, describe, expect, test } from '@jest/globals'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePorts } from '../../support/ports.ts'
import { startNode } from '../../support/processes.ts'
import { listening } from '../hl7v2-mllp/bench.ts'
import { cleanUp, cleanups, folder, main, seeded, until } from './hospital-bench.ts'

afterEach(cleanUp)

describe('the program', () => {
  test('says one line when it listens, and stops cleanly', async () => {
    const [listenPort = 0, deskPort = 0, nobody = 0] = await freePorts(3)
    const file = join(folder(), 'hospital.json')
    writeFileSync(
      file,
      JSON.stringify({ dataFile: join(folder(), 'h.db'), listenPort, deskPort, peer: { host: '127.0.0.1', port: nobody } }),
    )
    const started = startNode(['--disable-warning=ExperimentalWarning', main, '--config', file])
    expect(await started.line(/hospital/)).toBe(`hospital EMR mllp://127.0.0.1:${listenPort} desk http://127.0.0.1:${deskPort}`)
    expect(await (await fetch(`http://127.0.0.1:${deskPort}/health`)).json()).toMatchObject({ ok: true, patients: 8, sent: 0, refused: 0 })
    expect(await started.stop()).toEqual({ code: 0, signal: null })
    expect(started.output().trim().split('\n').length).toBe(1)
  })

  test('killed at any moment, it loses nothing that was queued and repeats at most the message it was sending', async () => {
    let stored = 0
    const waiting: (() => void)[] = []
    const gateway = await listening(async () => {
      stored += 1
      if (stored % 4 === 0) await new Promise<void>((resolve) => waiting.push(resolve))
      return { outcome: 'ok' }
    })
    cleanups.push(() => gateway.stop())
    const file = join(folder(), 'hospital.json')
    writeFileSync(
      file,
      JSON.stringify({ dataFile: join(folder(), 'h.db'), listenPort: 0, deskPort: 0, peer: { host: '127.0.0.1', port: gateway.port } }),
    )
    let kills = 0
    for (;;) {
      const started = startNode(['--disable-warning=ExperimentalWarning', main, '--config', file])
      await started.line(/hospital/)
      await until(() => waiting.length > 0 || new Set(gateway.taken.map(({ id }) => id)).size === seeded)
      if (waiting.length === 0) {
        await started.stop()
        break
      }
      // The gateway has it, the hospital never hears so.
      await started.stop('SIGKILL')
      kills += 1
      waiting.splice(0).forEach((resolve) => resolve())
    }
    const ids = gateway.taken.map(({ id }) => id)
    expect(new Set(ids).size).toBe(seeded)
    expect(ids.length).toBeLessThanOrEqual(seeded + kills)
    expect(kills).toBeGreaterThan(3)
  }, 120_000)

  test('names every fault of its configuration', async () => {
    const file = join(folder(), 'hospital.json')
    writeFileSync(file, JSON.stringify({ deskPort: 'x', colour: 'red' }))
    const started = startNode(['--disable-warning=ExperimentalWarning', main, '--config', file])
    expect((await started.ended).code).toBe(1)
    for (const key of ['dataFile', 'listenPort', 'deskPort', 'peer', 'colour']) expect(started.output()).toContain(`\`${key}\``)
  })
})
