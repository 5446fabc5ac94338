#!/usr/bin/env node
// The command line's entry. Plain JavaScript, so that a Node too old for our sources can still say what to do; where `npm ci` has fetched
// a private Node (tools/runtime), it runs itself again with that one.
import { spawn } from 'node:child_process'
import { existsSync, realpathSync } from 'node:fs'
// named imports are looked for before anything runs: an old Node does not have `enableCompileCache`
import module from 'node:module'
import { fileURLToPath } from 'node:url'
import { isNodeRecent } from '../tools/runtime/version.mjs'

if (isNodeRecent(process.versions.node)) {
  // what was read of our sources once is not read again: a third of a start, and the memory of what strips their types. In a folder of ours, since
  // what is found there is run; where it cannot be written, nothing is kept
  module.enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/care-network', import.meta.url)))
  const { main } = await import('./cli.ts')
  process.exitCode = await main(process.argv)
} else {
  const names = process.platform === 'win32' ? ['node.exe'] : ['node']
  const found = names
    .map((name) => fileURLToPath(new URL(`../node_modules/.bin/${name}`, import.meta.url)))
    .find((path) => existsSync(path))
  if (found !== undefined && realpathSync(found) !== realpathSync(process.execPath)) runAgain(found)
  else {
    console.error(`carenet needs Node 22.18 or newer; this is ${process.versions.node} (${process.execPath})`)
    console.error('run `npm ci` without --ignore-scripts (it fetches a private Node), or install a newer Node')
    process.exitCode = 1
  }
}

function runAgain(node) {
  const child = spawn(node, process.argv.slice(1), { stdio: 'inherit' })
  const forward = (signal) => child.kill(signal)
  // at a terminal the child hears Ctrl-C itself; twice would mean "at once"
  const onInterrupt = process.stdin.isTTY ? () => undefined : forward
  process.on('SIGINT', onInterrupt)
  process.on('SIGTERM', forward)
  process.on('SIGHUP', forward)
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}
