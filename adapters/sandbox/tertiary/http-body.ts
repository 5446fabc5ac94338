/** Small pieces of HTTP that both servers of the EMR need. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http'

const maxBodyBytes = 16_000_000

/** Rejects when the body is larger than the EMR takes. */
export async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request) {
    const part = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk))
    bytes += part.length
    if (bytes > maxBodyBytes) throw new Error('the body is too large')
    chunks.push(part)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** undefined = not a JSON object */
export function readObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.fromEntries(Object.entries(value)) : undefined
  } catch (cause) {
    if (cause instanceof SyntaxError) return undefined
    throw cause
  }
}

export function sendJson(response: ServerResponse, status: number, contentType: string, body: unknown): void {
  if (response.headersSent) return
  response.writeHead(status, { 'content-type': `${contentType}; charset=utf-8` }).end(JSON.stringify(body))
}

/** Listens on the loopback interface only; resolves to the port. */
export async function listenOn(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return address.port
}

export async function closeServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeAllConnections()
  await closed
}
