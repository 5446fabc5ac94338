/**
 * One whole consent as a paragraph in Korean and in English, made from its compiled rules: what is told is what is enforced. Names of
 * institutions, departments and people are passed in. Pure.
 */
import { formatDate } from '../fhir-profiles/time.ts'
import { farFutureMs, farPastMs } from './instant.ts'
import { clauseOf, type Names } from './clause.ts'
import { networkController, treesOf, type Node } from './tree.ts'
import type { ProvisionRow } from './types.ts'
import { both, koreanDate, particle, type Bilingual } from './words.ts'

export type { Names } from './clause.ts'
export type { Bilingual } from './words.ts'

/** @param rows the rules of one consent; none = it says nothing now, whatever is written in it */
export function describe(rows: readonly ProvisionRow[], names: Names): Bilingual {
  const [tree] = treesOf(rows)
  if (tree === undefined) return { ko: '이 동의서는 현재 효력이 없습니다.', en: 'This consent has no effect at present.' }
  const { root } = tree
  const scope = scopeOf(tree.controller, names)
  if (root === undefined || root.row.unreadable) return joined([scope, unreadable])
  return joined([scope, clauseOf(root.row, undefined, names), ...exceptions(root, 1, names), ...endOf(root, names)])
}

const unreadable: Bilingual = {
  ko: '내용을 해석할 수 없어 모든 제공을 거부하는 것으로 처리합니다.',
  en: 'Its meaning cannot be read, so it is enforced as a refusal of everything.',
}

function scopeOf(controller: string, names: Names): Bilingual {
  if (controller === networkController)
    return {
      ko: '이 동의서는 네트워크의 모든 기관이 보유한 기록에 적용됩니다.',
      en: 'This consent applies to the records of every institution of the network.',
    }
  const name = names.actor(`org:${controller}`)
  return {
    ko: `이 동의서는 ${particle(name.ko, '이', '가')} 보유한 기록에만 적용됩니다.`,
    en: `This consent applies to the records of ${name.en} alone.`,
  }
}

/** Depth first: where an exception speaks it replaces what is said above it, and of several the refusal wins. */
function exceptions(node: Node, depth: number, names: Names): readonly Bilingual[] {
  return node.children.flatMap((child, at) => {
    const before = node.children[at - 1]
    const own = clauseOf(child.row, node.row, names)
    return [after(leadOf(depth, before), own), ...exceptions(child, depth + 1, names)]
  })
}

function leadOf(depth: number, before: Node | undefined): Bilingual {
  if (before !== undefined && before.children.length > 0) return { ko: '이와 별도로 ', en: 'Separately, ' }
  if (before !== undefined) return { ko: '또한 ', en: 'Also, ' }
  return depth === 1 ? { ko: '다만 ', en: 'However, ' } : { ko: '그 예외로 ', en: 'As an exception to that, ' }
}

function after(lead: Bilingual, sentence: Bilingual): Bilingual {
  return { ko: lead.ko + sentence.ko, en: lead.en + sentence.en.charAt(0).toLowerCase() + sentence.en.slice(1) }
}

/** When it ends, told last: it is what people ask first. A guardian's permits end at a birthday, the refusals do not. */
function endOf({ row }: Node, names: Names): readonly Bilingual[] {
  const { fromMs, untilMs } = row
  const from = fromMs > farPastMs ? formatDate(fromMs, names.timeZone) : undefined
  const until = untilMs < farFutureMs ? formatDate(untilMs, names.timeZone) : undefined
  if (from === undefined && until === undefined) return [{ ko: '종료일은 정해져 있지 않습니다.', en: 'It has no end date.' }]
  const ko = [from === undefined ? '' : `${koreanDate(from)}부터`, until === undefined ? '' : `${koreanDate(until)}까지`]
  const en = [from === undefined ? '' : `from ${from}`, until === undefined ? '' : `until ${until}`]
  const told = (parts: readonly string[]): string => parts.filter((part) => part !== '').join(' ')
  return [{ ko: `${told(ko)} 유효합니다.`, en: `It is in force ${told(en)}.` }]
}

function joined(sentences: readonly Bilingual[]): Bilingual {
  return both((language) => sentences.map((sentence) => sentence[language]).join(' '))
}
