/** The gateway is killed at every point of a referral, on both engines. */
import { killAll } from './run.ts'

killAll('gateway')
