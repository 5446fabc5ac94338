/** The subcommands. Each is loaded only when it is called, so that `--help` and `token` are quick. */
import { Command } from 'commander'

const configOption = ['--config <file>', 'the config file, see docs/configuration.md (default: CARENET_CONFIG)'] as const

/** Runs one command line; resolves to the exit code. A command that serves resolves when it has stopped cleanly. */
export async function main(argv: readonly string[]): Promise<number> {
  let code = 0
  const program = new Command('carenet').description('a gateway through which institutions exchange records under the patient’s consent')
  program
    .command('serve')
    .description('the gateway alone, for production')
    .option(...configOption)
    .action(async (options: { config?: string }) => {
      const { serve } = await import('../gateway/main.ts')
      await serve(options)
    })
  program
    .command('sandbox')
    .description('the sandbox network: gateway, database, three institutions with their EMRs, seeded people')
    .option('--population', '300 more invented people with a year of care; the records take minutes to arrive')
    .action(async (options: { population?: boolean }) => {
      const { sandbox } = await import('./sandbox.ts')
      await sandbox(options)
    })
  program
    .command('token')
    .description('sandbox only: prints an access token for one of its people, and nothing else (token --help)')
    // its own module reads what follows
    .helpOption(false)
    .allowUnknownOption()
    .argument('[options...]')
    .action(async (_options: readonly string[], _flags: unknown, command: Command) => {
      const { tokenCommand } = await import('./token.ts')
      code = await tokenCommand(command.args)
    })
  program
    .command('doctor')
    .description('checks what the gateway needs; exit 0 only when all is well')
    .option(...configOption)
    .action(async (options: { config?: string }) => {
      const { doctor } = await import('./doctor.ts')
      code = (await doctor({ ...options, env: process.env, print: (line) => console.log(line) })) ? 0 : 1
    })
  program
    .command('audit')
    .description('the ledger: who saw what, and whether it still says so')
    .command('verify')
    .description('finds any entry that was changed, moved, removed or put in, and names the unsealed tail; exit 0 only when all is well')
    .option(...configOption)
    .option('--checkpoint <file>', 'a checkpoint kept elsewhere (GET /audit/checkpoint), to find a rewritten and newly signed history too')
    .action(async (options: { config?: string; checkpoint?: string }) => {
      const { auditVerify } = await import('./audit.ts')
      code = (await auditVerify({ ...options, env: process.env, print: (line) => console.log(line) })) ? 0 : 1
    })
  program
    .command('leaks')
    .description(
      'asks two servers the same, one of which never held what is refused, and compares every byte; writes test records into both',
    )
    .requiredOption('--base <url>', 'the server that is filled with everything')
    .requiredOption('--other <url>', 'the server that never holds what is refused')
    .requiredOption('--tokens <file>', 'tokens by name, or the sandbox/cli.json of a sandbox')
    .option('--other-tokens <file>', 'the same for the other server (default: --tokens)')
    .option('--seed <n>', 'same seed, same people and requests', '20261122')
    .option('--requests <n>', 'how many to try', '2000')
    .action(async (options: { base: string; other: string; tokens: string; otherTokens?: string; seed: string; requests: string }) => {
      const { leaks } = await import('./leaks.ts')
      code = (await leaks({ ...options, print: (line) => console.log(line) })) ? 0 : 1
    })
  try {
    await program.parseAsync(argv)
  } catch (error) {
    console.error(`carenet: ${error instanceof Error ? error.message : String(error)}`)
    return 1
  }
  return code
}
