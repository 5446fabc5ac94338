// Released is made in release.ts alone: its class cannot be imported, so neither constructed nor extended.
import { ReleasedReply } from '../../gateway/released.ts' // forbidden: TS2459

export const forged = new ReleasedReply(200, {}, '{"resourceType":"Patient"}')
