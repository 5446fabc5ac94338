/**
 * `carenet token`: an access token for one of the people of the sandbox, printed and nothing else. The key that vouches for them is written by the
 * sandbox start under its data folder; a gateway started by `serve` knows no such key and no such grant.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command } from 'commander'
import { exitCodeOf } from './arguments.ts'
import { type SandboxKey, sandboxToken } from './sandbox/client.ts'

interface TokenOptions {
  readonly as: string
  readonly purpose?: readonly string[]
  readonly patient?: string
  readonly reason?: string
  readonly note?: string
}

/** `args`: what follows `carenet token`. Resolves to the exit code; says on stderr why there is no token. */
export async function tokenCommand(args: readonly string[]): Promise<number> {
  const command = describe()
  const ended = exitCodeOf(command, args)
  if (ended !== undefined) return ended
  const { as, purpose = [], ...emergency } = command.opts<TokenOptions>()
  try {
    console.log(await sandboxToken(readKey(), { as, purposes: purpose, ...emergency }))
    return 0
  } catch (thrown) {
    console.error(`carenet token: ${reasonOf(thrown)}`)
    return 1
  }
}

function describe(): Command {
  return new Command('carenet token')
    .description('prints an access token for one of the people of the sandbox, and nothing else')
    .requiredOption('--as <name>', 'who, e.g. tertiary-doctor, patient-1, privacy-officer')
    .option('--purpose <code>', 'purpose of use, may repeat (default: TREAT, PATRQT or HOPERAT, by role)', collect)
    .option('--patient <id>', 'break-glass: the person it is for')
    .option('--reason <code>', 'break-glass: unconscious, emergency or no-guardian')
    .option('--note <text>', 'break-glass: what happened, in your own words')
    .addHelpText('after', '\nBreak-glass: --purpose TREAT --purpose BTG --patient ID --reason CODE --note TEXT')
    .allowExcessArguments(false)
    .exitOverride()
}

function collect(code: string, before: readonly string[] = []): readonly string[] {
  return [...before, code]
}

/** What the sandbox start left for us. Throws with the next step when it is absent or unreadable. */
export function readKey(): SandboxKey {
  const file = join(process.env['CARENET_DATA_DIR'] ?? '.data', 'sandbox', 'cli.json')
  if (!existsSync(file))
    throw new Error(`\`${file}\` is absent: start the sandbox with \`npm start\`, or set CARENET_DATA_DIR to its data folder`)
  const key: unknown = JSON.parse(readFileSync(file, 'utf8'))
  if (!isSandboxKey(key)) throw new Error(`\`${file}\` is damaged: remove it and start the sandbox again`)
  return key
}

/** What the sandbox start wrote into `cli.json`. */
export function isSandboxKey(key: unknown): key is SandboxKey {
  if (typeof key !== 'object' || key === null || !('privateKey' in key) || !('tokenEndpoint' in key)) return false
  return typeof key.privateKey === 'object' && key.privateKey !== null && typeof key.tokenEndpoint === 'string'
}

/** A gateway that does not answer shows as `fetch failed`; its cause says more. */
export function reasonOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown)
  if (thrown.name === 'TimeoutError') return 'the gateway did not answer in time'
  if (thrown.message === 'fetch failed') return 'the gateway does not answer: is the sandbox running?'
  return thrown.message
}
