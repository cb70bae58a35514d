/** Of the routes of one resource. Registered below the base URL. */
export const RESOURCE_PATH = '/outrigger/api/v1/resources/:name'

export const NAME_PARAMETER = {
  type: 'object',
  required: ['name'],
  properties: { name: { type: 'string', description: 'the name of a resource' } },
} as const
