/** The open pages of the ledger's log: checkpoint, keys, and the proof that it only grew. No patient data, no token: anyone may verify. */
import express, { type Request, type Response, type Router } from 'express'
import type { Context } from './context.ts'
import { newestCheckpoint, proveGrowth, publishedLogKeys } from './ledger-proof.ts'
import { Problem } from './problem.ts'

export function logRoutes(context: Context): Router {
  const router = express.Router()
  router.get('/checkpoint', (_request, response) => sendCheckpoint(context, response))
  router.get('/keys', (_request, response) => sendKeys(context, response))
  router.get('/consistency', (request, response) => sendGrowth(context, request, response))
  return router
}

async function sendCheckpoint(context: Context, response: Response): Promise<void> {
  const newest = await newestCheckpoint(context.store)
  if (newest === undefined)
    throw new Problem('unavailable', 'nothing has been sealed yet; ask again in a second', {
      id: 'not-sealed',
      headers: { 'retry-after': '1' },
    })
  response.set('cache-control', 'no-store').type('text/plain; charset=utf-8').send(newest.note)
}

async function sendKeys(context: Context, response: Response): Promise<void> {
  response.set('cache-control', 'no-store').json({ keys: await publishedLogKeys(context) })
}

/** `from`: the size of a checkpoint somebody kept. Verified by RFC 9162 §2.1.4.2 against that checkpoint and the newest one. */
async function sendGrowth(context: Context, request: Request, response: Response): Promise<void> {
  const from = request.query['from']
  if (typeof from !== 'string' || !/^[1-9]\d{0,14}$/.test(from))
    throw new Problem('invalid', 'name the size of an older checkpoint in `from`, 1 or more', { id: 'log-size' })
  const proof = await proveGrowth(context, Number(from))
  if (proof === undefined) throw new Problem('not-found', 'the log never had this size', { id: 'log-size' })
  response.set('cache-control', 'no-store').json({
    from: Number(from),
    to: proof.checkpoint.size,
    proof: proof.path.map((hash) => hash.toString('base64')),
    checkpoint: proof.note,
  })
}
