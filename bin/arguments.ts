/** Reads a subcommand's own arguments. */
import { type Command, CommanderError } from 'commander'

/** undefined when they were read; else the exit code: help was asked for, or a fault was said. The command must `exitOverride()`. */
export function exitCodeOf(command: Command, args: readonly string[]): number | undefined {
  try {
    command.parse(args, { from: 'user' })
    return undefined
  } catch (thrown) {
    // commander has printed the help or the fault already
    if (thrown instanceof CommanderError) return thrown.exitCode
    throw thrown
  }
}
