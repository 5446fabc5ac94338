/** What is remembered of each Task over restarts: whose it is, its last version told and the mark of it. No patient data. */
import type { AdapterPorts } from '../contract.ts'

export interface TaskMemory {
  /** delivered: the Task came from us and is answered; own: the hospital made it and it was told once */
  readonly origin: 'delivered' | 'own'
  /** meta.versionId last told; '' when only the delivery is known */
  readonly version: string
  /** see `markOf` */
  readonly mark: string
}

export async function recallTask(memory: AdapterPorts['memory'], taskId: string): Promise<TaskMemory | undefined> {
  const text = await memory.get(`task/${taskId}`)
  const [origin, version, mark] = text?.split(' ') ?? []
  if (version === undefined || mark === undefined) return undefined
  return { origin: origin === 'own' ? 'own' : 'delivered', version, mark }
}

export async function rememberTask(memory: AdapterPorts['memory'], taskId: string, { origin, version, mark }: TaskMemory): Promise<void> {
  await memory.set(`task/${taskId}`, `${origin} ${version} ${mark}`)
}
