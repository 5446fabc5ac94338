/** A process of its own that writes and seals without end, and says on stdout what it was told is committed: something to kill. */
import { sealNext } from '../../gateway/seal.ts'
import { openDatabase } from '../../gateway/store/pool.ts'
import { logContext, write } from './log.ts'

const { DATABASE_URL: databaseUrl, CARENET_DATA_DIR: dataDir } = process.env
const database = await openDatabase(databaseUrl === undefined ? { dataDir: dataDir ?? '' } : { databaseUrl })
const context = logContext(database)
for (let turn = 0; ; turn += 1) {
  await write(context, 1 + (turn % 7))
  process.stdout.write(`written ${1 + (turn % 7)}\n`)
  const sealed = await sealNext(context)
  process.stdout.write(`sealed ${sealed}\n`)
}
