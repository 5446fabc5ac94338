/** The open pages of the ledger's log: checkpoint, keys, and the proof that it only grew. No patient data, no token: anyone may verify. */
import express, { type Router } from 'express'
import type { Context } from './context.ts'
import { newestCheckpoint, proveGrowth, publishedLogKeys } from './ledger-proof.ts'
import { Problem } from './problem.ts'

export function logRoutes(context: Context): Router {
  const router = express.Router()
  router.get('/checkpoint', async (_request, response) => {
    const newest = await newestCheckpoint(context.store)
    if (newest === undefined) throw nothingSealed()
    response.set('cache-control', 'no-store').type('text/plain; charset=utf-8').send(newest.note)
  })
  router.get('/keys', async (_request, response) => {
    response.set('cache-control', 'no-store').json({ keys: await publishedLogKeys(context) })
  })
  router.get('/consistency/:size', async (request, response) => {
    const { size } = request.params
    if (!/^[1-9]\d{0,14}$/.test(size)) throw new Problem('invalid', 'name the size of an older checkpoint, 1 or more', { id: 'log-size' })
    const proof = await proveGrowth(context, Number(size))
    if (proof === undefined) throw new Problem('not-found', 'the log never had this size', { id: 'log-size' })
    response.set('cache-control', 'no-store').json({
      from: Number(size),
      to: proof.checkpoint.size,
      proof: proof.path.map((hash) => hash.toString('base64')),
      checkpoint: proof.note,
    })
  })
  return router
}

function nothingSealed(): Problem {
  return new Problem('unavailable', 'nothing has been sealed yet; ask again in a second', {
    id: 'not-sealed',
    headers: { 'retry-after': '1' },
  })
}
