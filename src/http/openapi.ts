/** The description of our API, from the schemas that its routes check and answer by. */
import swagger from '@fastify/swagger'
import type { FastifyInstance, FastifyPluginAsync, FastifySchema } from 'fastify'
import type { Gate } from '../identity/gate.ts'
import { ERRORS } from '../protocol/errors.ts'
import { admits } from './admit.ts'

export type ApiFacts = { readonly baseUrl: string; readonly version: string }

const PROBLEM = {
  description: 'Refused, or failed. `code` says why; the codes never change their meaning.',
  content: {
    'application/problem+json': {
      schema: {
        type: 'object',
        required: ['status', 'title', 'detail', 'code'],
        properties: {
          status: { type: 'integer' },
          title: { type: 'string', description: 'The same for every answer with this code.' },
          detail: { type: 'string', description: 'What a person reads: the fault and its fix.' },
          code: { enum: Object.keys(ERRORS) },
        },
      },
    },
  },
}

/** Every route below `outrigger/api/v1/` that is added to the scope from now on is in the document. */
export function describeApi({ baseUrl, version }: ApiFacts): (scope: FastifyInstance) => Promise<void> {
  // The router has decoded addresses; the document's are relative to the server in it.
  const base = decodeURI(baseUrl).slice(0, -1)
  const api = `${base}/outrigger/api/v1/`
  return async (scope) => {
    await scope.register(swagger, {
      openapi: {
        openapi: '3.1.0',
        info: {
          title: 'Outrigger',
          version,
          description:
            'Who may use this server, and what goes on in it. People sign in with a token or a cookie; requests that change something need an Origin of this server when they are signed in by cookie.',
        },
        // Paths are put right behind it; without any it is the root.
        ...(base === '' ? {} : { servers: [{ url: baseUrl.slice(0, -1) }] }),
        components: {
          securitySchemes: {
            token: { type: 'http', scheme: 'bearer' },
            cookie: { type: 'apiKey', in: 'cookie', name: 'outrigger-session' },
          },
        },
        security: [{ token: [] }, { cookie: [] }],
      },
      stripBasePath: false,
      transform: ({ schema = {}, url }: { schema?: FastifySchema | undefined; url: string }) => ({
        schema: url.startsWith(api) ? withProblem(schema) : { ...schema, hide: true },
        url: url.slice(base.length),
      }),
    })
  }
}

/** `openapi.json`: for whoever may see the server at all. */
export function openApiRoute({ gate }: { readonly gate: Gate }): FastifyPluginAsync {
  return async (scope) => {
    let document: string | undefined
    scope.get(
      '/outrigger/api/v1/openapi.json',
      {
        onRequest: admits(gate, 'state.read'),
        schema: {
          summary: 'This document',
          response: { 200: { type: 'object', description: 'OpenAPI 3.1.' } },
        },
      },
      async (_request, reply) => {
        document ??= JSON.stringify(scope.swagger())
        return await reply.type('application/json; charset=utf-8').send(document)
      },
    )
  }
}

function withProblem(schema: FastifySchema): FastifySchema {
  return { ...schema, response: { ...(schema.response as object | undefined), default: PROBLEM } }
}
