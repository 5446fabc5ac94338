/** A small browser and an app with PKCE, over real HTTP: cookies by path, redirects one at a time, forms as the page writes them. */
import { createHash, randomBytes } from 'node:crypto'
import { passwordOf, type Reply, type RunningServer } from './running-server.ts'

export const callback = 'http://localhost:9999/callback'

export interface Page {
  readonly status: number
  readonly text: string
  readonly headers: Headers
  /** value of Location, empty when it does not redirect */
  readonly location: string
}

export interface Browser {
  get(url: string, headers?: Readonly<Record<string, string>>): Promise<Page>
  post(url: string, form: Readonly<Record<string, string>>, headers?: Readonly<Record<string, string>>): Promise<Page>
  readonly cookies: Map<string, { value: string; path: string }>
}

export function browser(): Browser {
  const cookies: Browser['cookies'] = new Map()
  const send = async (
    url: string,
    init: { readonly method?: string; readonly body?: URLSearchParams; readonly headers: Readonly<Record<string, string>> },
  ): Promise<Page> => {
    const { pathname } = new URL(url)
    const cookie = [...cookies].flatMap(([name, { value, path }]) => (pathname.startsWith(path) ? [`${name}=${value}`] : [])).join('; ')
    const headers = { ...init.headers, ...(cookie === '' ? {} : { cookie }) }
    const response = await fetch(url, { ...init, headers, redirect: 'manual' })
    for (const line of response.headers.getSetCookie()) keep(cookies, line)
    const location = response.headers.get('location') ?? ''
    return { status: response.status, text: await response.text(), headers: response.headers, location }
  }
  return {
    cookies,
    get: (url, headers = {}) => send(url, { headers }),
    post: (url, form, headers = {}) => send(url, { method: 'POST', body: new URLSearchParams(form), headers }),
  }
}

function keep(cookies: Browser['cookies'], line: string): void {
  const [pair = '', ...attributes] = line.split(/; */)
  const [name = '', value = ''] = pair.split('=')
  const path = attributes.find((attribute) => /^path=/i.test(attribute))?.slice(5) ?? '/'
  if (value === '' || /expires=Thu, 01 Jan 1970/i.test(line)) cookies.delete(name)
  else cookies.set(name, { value, path })
}

export interface Authorization {
  readonly url: string
  readonly verifier: string
  readonly state: string
}

/** What an app sends the browser to; `changes` spoil it, an empty text leaves a parameter out. */
export function authorization(server: RunningServer, changes: Readonly<Record<string, string>> = {}): Authorization {
  const verifier = randomBytes(32).toString('base64url')
  const state = randomBytes(8).toString('base64url')
  const params = {
    response_type: 'code',
    client_id: 'viewer',
    redirect_uri: callback,
    scope: 'user/*.rs user/Task.crus patient/*.rs',
    aud: `${server.url}/fhir/R4`,
    state,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...changes,
  }
  const given = Object.entries(params).filter(([, value]) => value !== '')
  return { url: `${server.url}/oauth/authorize?${new URLSearchParams(given).toString()}`, verifier, state }
}

export function csrfIn(page: Page): string {
  const token = /name="csrf" value="([^"]+)"/.exec(page.text)?.[1]
  if (token === undefined) throw new Error(`no form: ${page.status} ${page.text}`)
  return token
}

/** From the app to the sign-in page. */
export async function atSignIn(
  client: Browser,
  { url }: Pick<Authorization, 'url'>,
): Promise<{ readonly address: string; readonly page: Page }> {
  const sent = await client.get(url)
  if (sent.status !== 303) throw new Error(`not sent to the page: ${sent.status} ${sent.text}`)
  return { address: sent.location, page: await client.get(sent.location) }
}

export interface Person {
  readonly name: string
  readonly password?: string
  /** second page, for roles that have one */
  readonly purpose?: Readonly<Record<string, string>>
}

/** Through the pages until the browser is sent elsewhere than to them, or stays. */
export async function signIn(client: Browser, asked: Pick<Authorization, 'url'>, person: Person): Promise<Page> {
  const { address, page } = await atSignIn(client, asked)
  const first = { csrf: csrfIn(page), name: person.name, password: person.password ?? passwordOf(person.name) }
  let answer = await client.post(address, first)
  if (answer.location === address) {
    const second = await client.get(address)
    answer = await client.post(address, { csrf: csrfIn(second), purpose: 'TREAT', ...person.purpose })
  }
  return answer.location.startsWith(new URL(asked.url).origin) ? client.get(answer.location) : answer
}

export function codeIn(page: Page): string {
  const code = URL.parse(page.location)?.searchParams.get('code')
  if (typeof code !== 'string') throw new Error(`no code: ${page.status} ${page.location} ${page.text}`)
  return code
}

export async function exchange(
  server: RunningServer,
  asked: Pick<Authorization, 'verifier'>,
  changes: Readonly<Record<string, string>>,
): Promise<Reply> {
  const form = { grant_type: 'authorization_code', client_id: 'viewer', redirect_uri: callback, code_verifier: asked.verifier, ...changes }
  return server.post('/token', Object.fromEntries(Object.entries(form).filter(([, value]) => value !== '')))
}

/** The whole way: page, code, token. */
export async function tokenByPage(server: RunningServer, person: Person, client = browser()): Promise<Reply> {
  const asked = authorization(server)
  return exchange(server, asked, { code: codeIn(await signIn(client, asked, person)) })
}
