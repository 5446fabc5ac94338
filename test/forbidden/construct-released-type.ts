// The exported name is a type only.
import { type Released } from '../../gateway/released.ts'

export const forged = new Released(200, {}, '{}') // forbidden: TS1361|TS2693
