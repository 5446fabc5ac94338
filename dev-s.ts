import { sandboxToken, callFhir, defaultPurpose } from './bin/sandbox/client.ts'
import { seededConsents, seededReferrals } from './bin/sandbox/stories.ts'
import { readFileSync } from 'node:fs'
const key = JSON.parse(readFileSync('/tmp/dev/sandbox/cli.json', 'utf8'))
const base = 'http://localhost:18080'
const tok = async (as: string, extra = {}) => sandboxToken(key, { as, purposes: [defaultPurpose(as)], ...extra })
const show = (label: string, r: { status: number; body: unknown }, n = 700) => console.log(label, r.status, JSON.stringify(r.body)?.slice(0, n))
const personOf = (t: string) => JSON.stringify(JSON.parse(Buffer.from(t.split('.')[1]!, 'base64url').toString())).match(/"person_id":"([^"]+)"/)?.[1]!
const p1 = await tok('patient-1')
const person = personOf(p1)
console.log('person 1', person)
const doc = await tok('tertiary-doctor')
show('summary before', await callFhir(base, doc, { method: 'GET', path: `Patient/${person}/$summary` }))
for (const c of seededConsents(new Date().toISOString()).slice(0, 1)) show('consent', await callFhir(base, p1, { method: 'POST', path: 'Consent', body: c.make(person) }))
for (const r of seededReferrals('2027-06-01')) { const x = await fetch('http://127.0.0.1:18082/referrals', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(r) }); console.log('desk', x.status, (await x.text()).slice(0, 200)) }
await new Promise(r => setTimeout(r, 4000))
const co = await tok('clinic-coordinator')
show('tasks', await callFhir(base, co, { method: 'GET', path: 'Task' }), 3000)
show('summary after', await callFhir(base, doc, { method: 'GET', path: `Patient/${person}/$summary` }), 3000)
const tasks = await fetch('http://127.0.0.1:18084/tasks'); console.log(tasks.status, (await tasks.text()).slice(0, 1500))
