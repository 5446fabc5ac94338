/** The subcommands. Each is loaded only when it is called, so that `--help` and `token` are quick. */
import { Command, Option } from 'commander'
import type { LeaksOptions } from './leaks.ts'

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
    .command('demo')
    .description('sandbox only: walks through its stories and says whether every promise was kept (demo --help)')
    // its own module reads what follows
    .helpOption(false)
    .allowUnknownOption()
    .argument('[options...]')
    .action(async (_options: readonly string[], _flags: unknown, command: Command) => {
      const { demoCommand } = await import('./demo.ts')
      code = await demoCommand(command.args)
    })
  program
    .command('doctor')
    .description('checks what the gateway needs; exit 0 only when all is well')
    .option(...configOption)
    .action(async (options: { config?: string }) => {
      const { doctor } = await import('./doctor.ts')
      code = (await doctor({ ...options, env: process.env, print: (line) => console.log(line) })) ? 0 : 1
    })
  const audit = program.command('audit').description('the ledger: who saw what, and whether it still says so')
  audit
    .command('verify')
    .description('finds any entry that was changed, moved, removed or put in, and names the unsealed tail; exit 0 only when all is well')
    .option(...configOption)
    .option('--checkpoint <file>', 'a checkpoint kept elsewhere (GET /audit/checkpoint), to find a rewritten and newly signed history too')
    .action(async (options: { config?: string; checkpoint?: string }) => {
      const { auditVerify } = await import('./audit.ts')
      code = (await auditVerify({ ...options, env: process.env, print: (line) => console.log(line) })) ? 0 : 1
    })
  audit
    .command('rotate-key')
    .description('a new key signs the checkpoints from now on; those of the old keys still verify')
    .option(...configOption)
    .action(async (options: { config?: string }) => {
      const { auditRotateKey } = await import('./audit.ts')
      await auditRotateKey({ ...options, env: process.env, print: (line) => console.log(line) })
    })
  program
    .command('backup')
    .description('the whole database as one file, also while the gateway runs; docs/operations.md')
    .requiredOption('--to <file>', 'a file that is not there yet')
    .option('--passphrase-file <file>', 'seals it (AES-256-GCM) under the first line of this file')
    .option(...configOption)
    .action(async (options: { config?: string; to: string; passphraseFile?: string }) => {
      const { backupCommand } = await import('./backup.ts')
      await backupCommand({ ...options, env: process.env, print: (line) => console.log(line) })
    })
  program
    .command('restore')
    .description('a backup into an empty database, PGlite or PostgreSQL, whichever it came from')
    .requiredOption('--from <file>', 'what `carenet backup` wrote')
    .option('--passphrase-file <file>', 'of a sealed backup')
    .option(...configOption)
    .action(async (options: { config?: string; from: string; passphraseFile?: string }) => {
      const { restoreCommand } = await import('./backup.ts')
      await restoreCommand({ ...options, env: process.env, print: (line) => console.log(line) })
    })
  const quarantine = program
    .command('quarantine')
    .description('messages that could not be taken: what rests, and taking it again once the mapping is fixed')
  const connection = (command: Command): Command =>
    command
      .option(...configOption)
      .option('--token <token>', 'access token of an integrator (default: CARENET_TOKEN; in the sandbox its own integrator)')
  connection(
    quarantine.command('list').description('one line per message: id, institution, when, kind, place, reason; never its content'),
  ).action(async (options: { config?: string; token?: string }) => {
    const { quarantineList } = await import('./quarantine.ts')
    code = (await quarantineList({ ...options, env: process.env, print: (line) => console.log(line) })) ? 0 : 1
  })
  connection(quarantine.command('replay').description('takes messages again, with the mapping and configuration of now'))
    .option('--id <id>', 'one message, by the id that `list` shows')
    .option('--all', 'everything that rests, in the order it came')
    .action(async (options: { config?: string; token?: string; id?: string; all?: boolean }) => {
      const { quarantineReplay } = await import('./quarantine.ts')
      code = (await quarantineReplay({ ...options, env: process.env, print: (line) => console.log(line) })) ? 0 : 1
    })
  addConsent(program)
  const exitWith = (value: number): void => {
    code = value
  }
  addTerminology(program, exitWith)
  addProfiles(program, exitWith)
  program
    .command('leaks')
    .description(
      'asks two servers the same, one of which never held what is refused, and compares every byte; writes test records into both',
    )
    .requiredOption('--base <url>', 'the server that is filled with everything')
    .requiredOption('--other <url>', 'the server that never holds what is refused')
    .requiredOption('--tokens <file>', 'tokens by name, or the sandbox/cli.json of a sandbox')
    .option('--other-tokens <file>', 'the same for the other server (default: --tokens)')
    .option('--sensitive <number>', 'number of a member that both hold as sensitive (PSY), for records to name')
    .option('--seed <n>', 'same seed, same people and requests', '20261122')
    .option('--requests <n>', 'how many to try', '2000')
    .action(async (options: Omit<LeaksOptions, 'print'>) => {
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

interface ExplainFlags {
  readonly url: string
  readonly language: 'ko' | 'en'
  readonly token?: string
  readonly person?: string
  readonly role?: string
  readonly institution?: string
  readonly department?: string
  readonly purpose?: string
  readonly date?: string
  readonly consent?: string
  readonly all?: boolean
}

function addConsent(program: Command): void {
  program
    .command('consent')
    .description('what consents say and do')
    .command('explain')
    .description('who could see what and why, and what an edited consent would change; a dry run, asked of a running gateway')
    .option('--url <address>', 'the gateway', 'http://localhost:8080')
    .option('--token <token>', 'an access token of the privacy officer, or of the patient (default: CARENET_TOKEN)')
    .option('--person <id>', 'the network person')
    .option('--role <role>', 'who asks: doctor, nurse, coordinator, patient or system (default: doctor)')
    .option('--institution <id>', 'where: directory id or 요양기관기호')
    .option('--department <code>', 'national department code')
    .option('--purpose <code>', 'v3-ActReason code (default: TREAT)')
    .option('--date <date>', 'FHIR date or dateTime (default: now)')
    .option('--consent <file>', 'the edited consent as FHIR JSON; what changes is printed')
    .option('--all', 'with --consent: also what does not change')
    .addOption(new Option('--language <language>', 'of the sentences').choices(['ko', 'en']).default('ko'))
    .action(async (flags: ExplainFlags) => {
      const { explainConsents } = await import('./consent.ts')
      await explainConsents({ ...flags, env: process.env, print: (line) => console.log(line) })
    })
}

function addTerminology(program: Command, exitWith: (code: number) => void): void {
  const terminology = program
    .command('terminology')
    .description('code systems under licence, from the files you were given; docs/terminology.md')
  const print = (line: string): void => console.log(line)
  terminology
    .command('add')
    .description('reads a release and compiles it into the data folder; it takes the place of the one before')
    .requiredOption('--kind <kind>', 'kcd, edi-procedure, edi-medication, edi-material, kd, loinc or snomed')
    .option('--release <name>', 'as its publisher names it, e.g. 2.80 or 20260701', '')
    .option(...configOption)
    .argument('<files...>', 'one file; of SNOMED CT the snapshot files of concepts, descriptions and relationships')
    .action(async (files: readonly string[], options: { kind: string; release: string; config?: string }) => {
      const { terminologyAdd } = await import('./terminology.ts')
      await terminologyAdd({ ...options, files, env: process.env, print })
    })
  terminology
    .command('list')
    .description('what is put in: kind, system, release, number of codes')
    .option(...configOption)
    .action(async (options: { config?: string }) => {
      const { terminologyList } = await import('./terminology.ts')
      await terminologyList({ ...options, env: process.env, print })
    })
  terminology
    .command('remove')
    .description('takes a release out of the data folder')
    .requiredOption('--kind <kind>', 'as in `list`')
    .option(...configOption)
    .action(async (options: { kind: string; config?: string }) => {
      const { terminologyRemove } = await import('./terminology.ts')
      exitWith((await terminologyRemove({ ...options, env: process.env, print })) ? 0 : 1)
    })
}

interface CheckFlags {
  readonly profile: readonly string[]
  readonly set: 'none' | 'kr-core' | 'care'
  readonly details?: boolean
  readonly language: 'ko' | 'en'
  readonly config?: string
}

function addProfiles(program: Command, exitWith: (code: number) => void): void {
  const profiles = program.command('profiles').description('what records are held against, and how an EMR fares; docs/validation.md')
  const print = (line: string): void => console.log(line)
  profiles
    .command('add')
    .description('puts a FHIR NPM package (R4) into the data folder; it takes the place of another version of it')
    .option(...configOption)
    .argument('<file>', 'FILE.tgz')
    .action(async (file: string, options: { config?: string }) => {
      const { profilesAdd } = await import('./profiles.ts')
      await profilesAdd({ ...options, file, env: process.env, print })
    })
  profiles
    .command('list')
    .description('the profiles known: KR Core, our guide, and packages put in')
    .option(...configOption)
    .action(async (options: { config?: string }) => {
      const { profilesList } = await import('./profiles.ts')
      await profilesList({ ...options, env: process.env, print })
    })
  profiles
    .command('remove')
    .description('takes a package out of the data folder')
    .option(...configOption)
    .argument('<name>', 'as in `list`')
    .action(async (name: string, options: { config?: string }) => {
      const { profilesRemove } = await import('./profiles.ts')
      exitWith((await profilesRemove({ ...options, name, env: process.env, print })) ? 0 : 1)
    })
  profiles
    .command('build')
    .description('compiles our guide from its sources (needs the development packages)')
    .option('--check', 'changes nothing; exit 1 where the committed files are not what the sources say')
    .action(async (options: { check?: boolean }) => {
      const { profilesBuild } = await import('./profiles.ts')
      exitWith(await profilesBuild(options))
    })
  profiles
    .command('check')
    .description('how sample files fare: a table of verdicts; exit 1 when one has an error')
    .argument('<paths...>', 'files or folders with .json, .ndjson or .xml')
    .option('--profile <url...>', 'hold every file against these, beside what it claims', [])
    .addOption(new Option('--set <set>', 'profiles by type, where none is named').choices(['none', 'kr-core', 'care']).default('kr-core'))
    .option('--details', 'every issue: line, place, and what is wrong')
    .addOption(new Option('--language <language>', 'of the details').choices(['ko', 'en']).default('ko'))
    .option(...configOption)
    .action(async (paths: readonly string[], flags: CheckFlags) => {
      const { profilesCheck } = await import('./profiles-check.ts')
      exitWith((await profilesCheck({ ...flags, paths, env: process.env, print })) ? 0 : 1)
    })
}
