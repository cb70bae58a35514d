/** What stands in the log where a secret was. */
export const REDACTED = '[redacted]'

const SECRET_PARAMETERS = ['token', 'access_token', 'ticket', 'code', '_xsrf']

const IN_TEXT = [
  // `?token=…` inside an error message or a proxied address.
  new RegExp(`([?&](?:${SECRET_PARAMETERS.join('|')})=)[^&#\\s"'\\\\]+`, 'gi'),
  // The secret of a guest link, as a part of its path.
  /(outrigger\/join\/)[^\s/?#"'\\]+/g,
  // `Authorization: token …`, also as escaped JSON.
  /(authorization\\?["']?\s*[:=]\s*\\?["']?(?:[a-z]+\s+)?)[^\s"',\\]+/gi,
]

/** The address with the values of credential parameters replaced, however their names are encoded. */
export function redactUrl(url: string): string {
  const queryAt = url.indexOf('?')
  if (queryAt < 0) return redactText(url)
  const parameters = url
    .slice(queryAt + 1)
    .split('&')
    .map((parameter) => {
      const [name = ''] = parameter.split('=', 1)
      return isSecret(name) ? `${name}=${REDACTED}` : parameter
    })
  return `${redactText(url.slice(0, queryAt))}?${parameters.join('&')}`
}

/** Free text without the credentials that this program knows how to recognize. */
export function redactText(text: string): string {
  return IN_TEXT.reduce((rest, pattern) => rest.replace(pattern, `$1${REDACTED}`), text)
}

function isSecret(encodedName: string): boolean {
  try {
    return SECRET_PARAMETERS.includes(decodeURIComponent(encodedName).toLowerCase())
  } catch {
    // Not even decodable: nothing of value is lost when its value goes.
    return true
  }
}
